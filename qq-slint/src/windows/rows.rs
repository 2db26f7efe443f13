//! What a conversation's messages look like as rows: day lines, the unread line, groups by sender and time, states.

use std::collections::HashMap;

use ipc_schema::chat::{Message, State};
use ipc_schema::inert;
use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};
use qq_slint_ui::{Face, Mark, Row, RowKind, Say, Voice};
use slint::{ComponentHandle, SharedString};

use crate::{emoji, rich};

/// Messages of one sender within this many seconds stand together.
const TOGETHER: i64 = 300;

/// Something that stands in a conversation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Entry {
    Message(Message),
    /// What happened beside the messages: a shake. Lives as long as the window.
    Event {
        ts: String,
        text: String,
    },
}

impl Entry {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Message(message) => &message.text,
            Self::Event { text, .. } => text,
        }
    }

    /// When: RFC 3339, as the daemon says it.
    pub(super) fn ts(&self) -> &str {
        match self {
            Self::Message(message) => &message.ts,
            Self::Event { ts, .. } => ts,
        }
    }
}

/// The day on which a message was sent.
pub(crate) fn date(message: &Message, zone: &TimeZone) -> Option<Date> {
    local(&message.ts, zone).map(|when| when.date())
}

/// Who talks, and what marks stand where.
pub(crate) struct View<'a> {
    pub(crate) voice: &'a Voice,
    pub(crate) own: &'a str,
    pub(crate) own_face: Face,
    pub(crate) friend_name: &'a str,
    pub(crate) friend_face: Face,
    /// Before this message stands the line "New messages".
    pub(crate) unread_from: Option<&'a str>,
    /// The message that the search has found.
    pub(crate) found: Option<&'a str>,
    pub(crate) now: Timestamp,
    pub(crate) zone: TimeZone,
}

/// The rows as they stand, by the message's id: what a text is made of need not be found again, and a text may be long.
pub(crate) struct Drawn {
    rows: HashMap<SharedString, Row>,
    /// Whether everybody is called as before.
    same: bool,
}

impl Drawn {
    pub(crate) fn new(rows: impl Iterator<Item = Row>, same: bool) -> Self {
        Self { rows: rows.filter(|row| !row.id.is_empty()).map(|row| (row.id.clone(), row)).collect(), same }
    }
}

/// The rows of a conversation, oldest first.
pub(crate) fn rows<'a>(entries: impl Iterator<Item = &'a Entry>, view: &View<'_>, drawn: &Drawn) -> Vec<Row> {
    let mut rows = Vec::with_capacity(entries.size_hint().0 + 8);
    let mut day: Option<Date> = None;
    let mut last: Option<(String, i64)> = None;
    for entry in entries {
        let when = local(entry.ts(), &view.zone);
        let date = when.as_ref().map(Zoned::date);
        if date.is_some() && date != day {
            rows.push(line(RowKind::Day, day_text(date, view)));
            (day, last) = (date, None);
        }
        match entry {
            Entry::Event { text, .. } => {
                rows.push(line(RowKind::Event, text.clone()));
                last = None;
            }
            Entry::Message(message) => {
                if view.unread_from == Some(message.id.as_str()) {
                    rows.push(line(
                        RowKind::Unread,
                        view.voice.global::<Say>().invoke_unread_line().to_string(),
                    ));
                    last = None;
                }
                let second = when.as_ref().map_or(0, |when| when.timestamp().as_second());
                let together =
                    last.as_ref().is_some_and(|(from, at)| *from == message.from && second - at < TOGETHER);
                rows.push(row(message, when.as_ref(), !together, view, drawn));
                last = Some((message.from.clone(), second));
            }
        }
    }
    rows
}

fn line(kind: RowKind, text: String) -> Row {
    Row { kind, spoken: text.as_str().into(), text: text.into(), ..Row::default() }
}

fn row(message: &Message, when: Option<&Zoned>, first: bool, view: &View<'_>, drawn: &Drawn) -> Row {
    let mine = message.from == view.own;
    let time = when.map(|when| format!("{:02}:{:02}", when.hour(), when.minute())).unwrap_or_default();
    let say = view.voice.global::<Say>();
    let failed = mine && message.state == State::Failed;
    let why = message.why.clone().unwrap_or_else(|| say.invoke_undelivered().to_string());
    // Each sender counts their own: another one's message may have the same id.
    let before = drawn.rows.get(message.id.as_str()).filter(|row| row.mine == mine);
    let mut row = before.cloned().unwrap_or_else(|| text_row(message));
    if !drawn.same || row.spoken.is_empty() || row.time != time {
        let name = if mine { say.invoke_me() } else { view.friend_name.into() };
        row.spoken = say.invoke_spoken(name, row.text.clone(), time.as_str().into());
    }
    row.mine = mine;
    row.first = first;
    row.time = time.into();
    row.mark = if mine { mark(message.state) } else { Mark::None };
    row.why = if failed { why.into() } else { "".into() };
    row.found = view.found == Some(message.id.as_str());
    row.face = if mine { view.own_face.clone() } else { view.friend_face.clone() };
    row
}

/// What a message's row shows for as long as it is there: its text, and what that is made of.
fn text_row(message: &Message) -> Row {
    let text = harmless(&message.text);
    Row {
        kind: RowKind::Text,
        id: message.id.as_str().into(),
        has_emoji: !emoji::spots(&text).is_empty(),
        has_links: !rich::links(&text).is_empty(),
        large: emoji::is_large(&text),
        text: text.into(),
        ..Row::default()
    }
}

fn mark(state: State) -> Mark {
    match state {
        State::Queued => Mark::Waiting,
        State::Sent | State::Acked => Mark::Sent,
        State::Delivered => Mark::Delivered,
        State::Read => Mark::Read,
        State::Failed => Mark::Failed,
    }
}

/// Other people's text without what a text renderer would obey, but its lines. A tab, which it would draw as a missing
/// letter, is four blanks.
pub(super) fn harmless(text: &str) -> String {
    inert::body(&text.replace('\t', "    "))
}

fn local(ts: &str, zone: &TimeZone) -> Option<Zoned> {
    ts.parse::<Timestamp>().ok().map(|at| at.to_zoned(zone.clone()))
}

fn day_text(date: Option<Date>, view: &View<'_>) -> String {
    let Some(date) = date else { return String::new() };
    let say = view.voice.global::<Say>();
    let today = view.now.to_zoned(view.zone.clone()).date();
    if date == today {
        return say.invoke_today().to_string();
    }
    if today.yesterday().is_ok_and(|yesterday| yesterday == date) {
        return say.invoke_yesterday().to_string();
    }
    say.invoke_date(date.day().into(), date.month().into(), date.year().to_string().into()).to_string()
}
