//! Messages: sent ones, unread ones, conversations.

use ipc_schema::Error;
use ipc_schema::chat::{Exported, Message, Page, Peer, Sent, State, Unread};
use serde_json::Value;

use super::wrap::{self, cut};
use super::{Paint, Printer, Style};
use crate::Stop;
use crate::text::{Clock, columns, one_line, pad, several_lines};

/// Longer names are cut, so that there is room for what was said.
const NAME_MAX: usize = 16;
/// `09:30`.
const TIME: usize = 5;
/// Where there are fewer columns for the text, it stands under the name.
const TEXT_MIN: usize = 20;

impl Printer {
    /// `send`: the id for a program, a sentence for a person.
    pub(crate) fn sent(&self, to: &str, sent: &Sent) -> Result<(), Stop> {
        self.talk(&sentence(&one_line(to), sent));
        self.id(&sent.id)
    }

    /// `send` that did not get as far as it was to: the message may well be kept, so its id is said all the same.
    pub(crate) fn not_sent(&self, error: Error) -> Result<(), Stop> {
        if let Some(id) = error.fields.get("id").and_then(Value::as_str) {
            self.id(id)?;
        }
        Err(error.into())
    }

    fn id(&self, id: &str) -> Result<(), Stop> {
        if self.out_terminal || self.json { Ok(()) } else { self.text(&one_line(id)) }
    }

    /// `history`
    pub(crate) fn history(&self, page: &Page) -> Result<(), Stop> {
        self.reply(page, |paint| {
            let said = conversation(&page.messages, &Clock::here(), self.width, paint);
            match page.messages.first().and_then(|message| message.row).filter(|_| page.more) {
                Some(row) => format!("{}\n{said}", paint.dim(&format!("(older ones: --before {row})"))),
                None => said,
            }
        })?;
        if page.messages.is_empty() {
            self.talk("Nothing was said yet.");
        }
        Ok(())
    }

    /// A page of `chat export --format text`; `day` is the one that was named last.
    pub(crate) fn exported(&self, page: &Exported, day: &mut Option<String>) -> Result<(), Stop> {
        let messages: Vec<&Message> = page.messages.iter().map(|whole| &whole.message).collect();
        // Both names, so that every page has the same columns.
        let both = messages.iter().flat_map(|message| [&message.from, &message.to]);
        let names = both.map(|name| columns(&one_line(name))).max().unwrap_or(0).min(NAME_MAX);
        match said(&messages, day, names, &Clock::here().for_later(), (self.width, self.paint_out)) {
            lines if lines.is_empty() => Ok(()),
            lines => self.text(&lines.join("\n")),
        }
    }

    /// `read`
    pub(crate) fn unread(&self, unread: &Unread) -> Result<(), Stop> {
        self.reply(unread, |paint| conversation(&unread.messages, &Clock::here(), self.width, paint))?;
        if unread.messages.is_empty() {
            self.talk("Nothing new.");
        }
        if unread.more {
            self.talk("There is more: qqctl read");
        }
        Ok(())
    }
}

fn sentence(to: &str, sent: &Sent) -> String {
    let offline = sent.peer == Some(Peer::Offline);
    match sent.state {
        // Not refused, and not confirmed yet: nothing is wrong. `send` does not wait for that unless it is asked to.
        State::Queued | State::Sent => format!("Sending to {to}; kept here until the server has it."),
        State::Acked if offline => format!("{to} is off line; the message is kept and will be delivered."),
        State::Acked => format!("Sent to {to}; the server has it."),
        State::Delivered => format!("Delivered to {to}."),
        State::Read => format!("{to} has read it."),
        State::Failed => format!("It was not sent to {to}."),
    }
}

/// The days, and under each what was said: `09:30  bob  hi`. What does not fit into the terminal goes on below itself, and
/// so does a text of several lines: none of them can pass for another message.
fn conversation(messages: &[Message], clock: &Clock, width: Option<usize>, paint: Paint) -> String {
    let names =
        messages.iter().map(|message| columns(&one_line(&message.from))).max().unwrap_or(0).min(NAME_MAX);
    let messages: Vec<&Message> = messages.iter().collect();
    said(&messages, &mut None, names, clock, (width, paint)).join("\n")
}

/// The lines of a conversation that goes on after `today`.
fn said(
    messages: &[&Message],
    today: &mut Option<String>,
    names: usize,
    clock: &Clock,
    (width, paint): (Option<usize>, Paint),
) -> Vec<String> {
    let mut lines = Vec::new();
    for message in messages {
        let day = clock.day(&message.ts);
        if today.as_ref() != Some(&day) {
            lines.push(paint.bold(&day));
            *today = Some(day);
        }
        lines.extend(message_lines(message, clock, names, width, paint));
    }
    lines
}

fn message_lines(
    message: &Message,
    clock: &Clock,
    names: usize,
    width: Option<usize>,
    paint: Paint,
) -> Vec<String> {
    let name = cut(&one_line(&message.from), names);
    let head = format!("{}  {}  ", pad(&clock.time(&message.ts), TIME), pad(&name, names));
    let beside = columns(&head);
    // Beside a long name on a narrow terminal nothing would be left.
    let indent = if width.is_some_and(|width| width < beside + TEXT_MIN) { 2 } else { beside };
    let room = width.map(|width| width.saturating_sub(indent));
    let mut lines = text_lines(message, room, paint).into_iter();
    let mut all = if indent == beside {
        let first = lines.next().unwrap_or_default();
        vec![format!("{}{first}", paint.dim(&head)).trim_end().to_owned()]
    } else {
        vec![paint.dim(head.trim_end())]
    };
    // An empty line has no spaces at its end.
    all.extend(lines.map(|line| format!("{:indent$}{line}", "").trim_end().to_owned()));
    all
}

/// What was said, and behind it, where there is room, what became of it.
fn text_lines(message: &Message, room: Option<usize>, paint: Paint) -> Vec<String> {
    let mut lines = wrap::lines(&several_lines(&message.text), room);
    let Some(mark) = mark(message) else { return lines };
    let fits = |last: &&mut String| room.is_none_or(|room| columns(last) + 2 + columns(&mark) <= room);
    if let Some(last) = lines.last_mut().filter(fits) {
        last.push_str(&format!("  {}", paint.style(Style::Yellow, &mark)));
    } else {
        lines.extend(wrap::lines(&mark, room).iter().map(|line| paint.style(Style::Yellow, line)));
    }
    lines
}

/// What is said of a message that failed where the daemon does not say why.
pub(super) const NO_REASON: &str = "the server refused it";

/// How far one's own message has come, if that is worth a word.
fn mark(message: &Message) -> Option<String> {
    match message.state {
        State::Queued | State::Sent => Some("(waiting)".to_owned()),
        State::Failed => {
            Some(format!("(not sent: {})", one_line(message.why.as_deref().unwrap_or(NO_REASON))))
        }
        State::Acked | State::Delivered | State::Read => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(from: &str, ts: &str, text: &str) -> Message {
        Message {
            id: "m".into(),
            from: from.into(),
            to: "x".into(),
            text: text.into(),
            ts: ts.into(),
            state: State::Read,
            row: None,
            kind: None,
            reason: None,
            why: None,
        }
    }

    fn example() -> Vec<Message> {
        let mut last =
            message("小明", "2026-01-31T09:31:10.000Z", "今天晚上一起吃晚饭吗？我知道一家很好的饭馆。");
        last.state = State::Queued;
        vec![
            message("bob", "2026-01-30T23:59:00.000Z", "dinner?"),
            message("bob", "2026-01-31T09:30:00.000Z", "two lines\n09:31  小明  a lie"),
            last,
        ]
    }

    #[test]
    fn a_conversation_has_days_and_every_text_stands_under_itself() {
        let clock = Clock::utc("2026-01-31T12:00:00Z");
        assert_eq!(
            conversation(&example(), &clock, Some(40), Paint::NONE),
            "2026-01-30 Friday\n\
             23:59  bob   dinner?\n\
             2026-01-31 Saturday, today\n\
             09:30  bob   two lines\n\
             \x20            09:31  小明  a lie\n\
             09:31  小明  今天晚上一起吃晚饭吗？我知\n\
             \x20            道一家很好的饭馆。\n\
             \x20            (waiting)"
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let clock = Clock::utc("2026-01-31T12:00:00Z");
        for width in 26..90 {
            let text = conversation(&example(), &clock, Some(width), Paint::NONE);
            assert!(
                text.lines().all(|line| columns(line) <= width && line == line.trim_end()),
                "{width}:\n{text}"
            );
        }
    }

    #[test]
    fn where_nobody_has_a_width_a_message_is_one_line() {
        let text = conversation(&example()[2..], &Clock::utc("2026-02-01T00:00:00Z"), None, Paint::NONE);
        assert_eq!(
            text,
            "2026-01-31 Saturday\n09:31  小明  今天晚上一起吃晚饭吗？我知道一家很好的饭馆。  (waiting)"
        );
    }
}
