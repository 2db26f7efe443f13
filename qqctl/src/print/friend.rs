//! The friend list and presence.

use ipc_schema::friend::{Entry, FRIENDS, Group, Listed, STRANGERS};
use ipc_schema::presence::{Shown, State};
use ipc_schema::shake::Shaken;

use super::table::{Column, Table};
use super::{Paint, Printer, Style};
use crate::Stop;
use crate::text::one_line;

impl Printer {
    /// `friends`
    pub(crate) fn friends(&self, listed: &Listed) -> Result<(), Stop> {
        self.reply(listed, |_| {
            if listed.groups.iter().all(|group| group.friends.is_empty()) {
                return "No friends yet. Whoever runs the server can add some: relay-server friend add YOU THEM".into();
            }
            let own = |group: &&Group| !group.friends.is_empty() || group.name == FRIENDS;
            let columns = [Column::text(""), Column::text("").after(1), Column::text(""), Column::text(""), Column::text(""), Column::text("")];
            let mut table = Table::new(columns).indented(2);
            listed.groups.iter().filter(own).for_each(|group| fill(&mut table, group));
            self.table(&table)
        })
    }

    /// `presence show`
    pub(crate) fn presence(&self, shown: &Shown) -> Result<(), Stop> {
        self.reply(shown, |paint| {
            let who = shown.friend.as_deref().unwrap_or(&shown.account);
            format!("{}: {}", one_line(who), state(shown.state, &shown.note, paint))
        })
    }

    /// `shake`
    pub(crate) fn shaken(&self, reply: &Shaken) -> Result<(), Stop> {
        self.talk(&format!("Knock, knock: the window of {} shakes.", one_line(&reply.to)));
        self.reply(reply, |_| String::new())
    }
}

fn fill(table: &mut Table, group: &Group) {
    let name = match group.name.as_str() {
        FRIENDS => "My Friends 我的好友".to_owned(),
        STRANGERS => "Strangers 陌生人".to_owned(),
        own => one_line(own),
    };
    let there = group.friends.iter().filter(|friend| friend.state != State::Offline).count();
    table.line(format!("{name}  {there}/{}", group.friends.len()), Style::Bold);
    // On line first, as every friend list of this kind; the daemon sorts by account.
    let (off, on): (Vec<&Entry>, Vec<&Entry>) =
        group.friends.iter().partition(|friend| friend.state == State::Offline);
    on.into_iter().chain(off).for_each(|friend| table.row(cells(friend)));
}

fn cells(friend: &Entry) -> [(String, Style); 6] {
    let dot = match friend.state {
        State::Online => "●",
        State::Away | State::Busy => "◐",
        State::Offline => "○",
    };
    let (word, style) = word(friend.state);
    let name = if friend.shown() == friend.account { "" } else { friend.shown() };
    let unread = if friend.unread > 0 { format!("{} unread", friend.unread) } else { String::new() };
    [
        (dot.to_owned(), style),
        (one_line(&friend.account), Style::Plain),
        (one_line(name), Style::Plain),
        (word.to_owned(), style),
        (unread, Style::Bold),
        (one_line(&friend.note), Style::Plain),
    ]
}

fn word(state: State) -> (&'static str, Style) {
    match state {
        State::Online => ("on line", Style::Green),
        State::Away => ("away", Style::Yellow),
        State::Busy => ("busy", Style::Yellow),
        State::Offline => ("off line", Style::Dim),
    }
}

/// A presence in words, with the status text.
pub(super) fn state(state: State, note: &str, paint: Paint) -> String {
    let (word, style) = word(state);
    let word = paint.style(style, word);
    if note.is_empty() { word } else { format!("{word}  {}", one_line(note)) }
}
