//! The friend list.

use ipc_schema::chat::Typed;
use ipc_schema::friend::{
    Added, Asked, Done, Entry, FRIENDS, FRIENDS_SHOWN, Group, Listed, Pictured, STRANGERS, STRANGERS_SHOWN,
};
use ipc_schema::presence::State;
use ipc_schema::shake::Shaken;
use ipc_schema::{account, group};

use super::table::{Column, Table};
use super::{Paint, Printer, Style};
use crate::Stop;
use crate::text::one_line;

impl Printer {
    /// `friends`
    pub(crate) fn friends(&self, listed: &Listed) -> Result<(), Stop> {
        self.reply(listed, |_| {
            let mut parts = Vec::new();
            if !listed.requests.is_empty() {
                parts.push(
                    listed
                        .requests
                        .iter()
                        .map(|asked| request(asked, self.paint_out))
                        .collect::<Vec<_>>()
                        .join("\n"),
                );
            }
            parts.push(self.groups(&listed.groups));
            if !listed.blocked.is_empty() {
                let names: Vec<String> = listed.blocked.iter().map(|name| one_line(name)).collect();
                parts.push(self.paint_out.dim(&format!("Blocked: {}", names.join(", "))));
            }
            parts.join("\n\n")
        })
    }

    fn groups(&self, groups: &[Group]) -> String {
        let own = |group: &&Group| !group.friends.is_empty() || group.name != STRANGERS;
        if groups.iter().filter(own).count() == 0 {
            return "No friends yet. Ask somebody: qqctl friend add ACCOUNT".into();
        }
        let columns = [
            Column::text(""),
            Column::text("").after(1),
            Column::text(""),
            Column::text(""),
            Column::text(""),
            Column::text(""),
        ];
        let mut table = Table::new(columns).indented(2);
        groups.iter().filter(own).for_each(|group| fill(&mut table, group));
        self.table(&table)
    }

    /// `friend add`
    pub(crate) fn added(&self, reply: &Added) -> Result<(), Stop> {
        let friend = one_line(&reply.friend);
        self.talk(&if reply.friends {
            format!("{friend} had asked you, too: you are friends now.")
        } else {
            format!("{friend} is asked to be friends, which cannot be taken back; `qqctl friends` shows how it stands.")
        });
        self.reply(reply, |_| String::new())
    }

    /// The verbs that change one entry of the list: what has become of it.
    pub(crate) fn changed(&self, reply: &Done, sentence: &str) -> Result<(), Stop> {
        self.talk(&format!("{} {}", one_line(&reply.friend), one_line(sentence)));
        self.reply(reply, |_| String::new())
    }

    /// The verbs of groups.
    pub(crate) fn group(&self, reply: &group::Done, sentence: &str) -> Result<(), Stop> {
        self.talk(&format!("The group {} {sentence}", one_line(&reply.group)));
        self.reply(reply, |_| String::new())
    }

    /// `friend picture`: the file's path.
    pub(crate) fn pictured(&self, reply: &Pictured) -> Result<(), Stop> {
        if reply.path.is_none() {
            self.talk(&format!("{} shows no picture.", one_line(&reply.friend)));
        }
        self.reply(reply, |_| reply.path.as_deref().map(one_line).unwrap_or_default())
    }

    /// `account profile`
    pub(crate) fn profile(&self, shown: &account::Shown) -> Result<(), Stop> {
        self.reply(shown, |paint| {
            let line = |what: &str, text: &str| {
                let text = if text.is_empty() { paint.dim("none") } else { one_line(text) };
                format!("{what:<8} {text}")
            };
            let picture =
                if shown.picture.is_empty() { "" } else { "set (qqctl friend picture shows where it lies)" };
            [
                line("account", &shown.account),
                line("name", &shown.name),
                line("note", &shown.note),
                line("picture", picture),
            ]
            .join("\n")
        })
    }

    /// `chat typing`
    pub(crate) fn typing(&self, reply: &Typed, stopped: bool) -> Result<(), Stop> {
        let to = one_line(&reply.to);
        self.talk(&if stopped {
            format!("{to} is told that you have stopped writing.")
        } else {
            format!("{to} sees for a few seconds that you write.")
        });
        self.reply(reply, |_| String::new())
    }

    /// `shake`
    pub(crate) fn shaken(&self, reply: &Shaken) -> Result<(), Stop> {
        self.talk(&format!("Knock, knock: the window of {} shakes.", one_line(&reply.to)));
        self.reply(reply, |_| String::new())
    }
}

/// A request that is open, and what to do about it.
fn request(asked: &Asked, paint: Paint) -> String {
    let friend = one_line(&asked.friend);
    let named = !asked.name.is_empty() && asked.name != asked.friend;
    let name = if named { format!(" ({})", one_line(&asked.name)) } else { String::new() };
    let note = if asked.note.is_empty() { String::new() } else { format!(": {}", one_line(&asked.note)) };
    if asked.incoming {
        let how = paint.dim(&format!("— qqctl friend accept {friend}"));
        format!("{}{name} asks to be friends{note} {how}", paint.bold(&friend))
    } else {
        paint.dim(&format!("You asked {friend}{name} to be friends{note}"))
    }
}

fn fill(table: &mut Table, group: &Group) {
    let name = match group.name.as_str() {
        FRIENDS => FRIENDS_SHOWN.to_owned(),
        STRANGERS => STRANGERS_SHOWN.to_owned(),
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
    if note.is_empty() { word } else { format!("{word} ({})", one_line(note)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_said_once() {
        let asked = |name: &str| Asked { friend: "carol".into(), name: name.into(), ..Asked::default() };
        assert_eq!(request(&asked("carol"), Paint::NONE), "You asked carol to be friends");
        assert_eq!(request(&asked("Carol 小红"), Paint::NONE), "You asked carol (Carol 小红) to be friends");
    }
}
