//! Presence, a friend's and one's own. What a device says of itself is not always what friends see: they see the most
//! available one of an account's devices.

use ipc_schema::presence::{Shown, State};

use super::friend::state;
use super::{Paint, Printer};
use crate::Stop;
use crate::text::one_line;

impl Printer {
    /// `presence show`; `others` are one's own other devices on line, if that is known.
    pub(crate) fn presence(&self, shown: &Shown, others: Option<usize>) -> Result<(), Stop> {
        self.reply(shown, |paint| {
            let who = shown.friend.as_deref().unwrap_or(&shown.account);
            format!("{}: {}", one_line(who), state_or_invisible(shown, paint))
        })?;
        let here = shown.friend.is_none() && !shown.invisible && shown.state != State::Offline;
        if here && others != Some(0) {
            self.talk(&format!("That is this device. {}", seen(shown.state, others)));
        }
        Ok(())
    }

    /// `presence set`; `others` as for [`Printer::presence`].
    pub(crate) fn presence_set(&self, shown: &Shown, others: Option<usize>) -> Result<(), Stop> {
        self.talk(&set(shown, others));
        self.reply(shown, |_| String::new())
    }
}

fn set(shown: &Shown, others: Option<usize>) -> String {
    let now = state(shown.state, &shown.note, Paint::NONE);
    match (shown.invisible, shown.state, others) {
        (true, ..) => "You are invisible, on all your devices: your friends see you off line; what you write goes out all the same."
            .to_owned(),
        (false, State::Offline, _) => "Kept: your friends will see it once the server is connected.".to_owned(),
        (false, _, Some(0)) => format!("Your friends see you {now}."),
        (false, _, _) => format!("This device is {now}. {}", seen(shown.state, others)),
    }
}

/// What friends see where one's own state here is not all that counts.
fn seen(own: State, others: Option<usize>) -> String {
    let there = match others {
        None => String::new(),
        Some(1) => "Another device of yours is on line, too: ".to_owned(),
        Some(number) => format!("{number} other devices of yours are on line, too: "),
    };
    let seen = match own {
        State::Online => "your friends see you on line, unless another device of yours is set to invisible",
        State::Away | State::Busy | State::Offline => {
            "your friends see the most available of your devices (on line, then busy, then away); \
             set each of them, or log it out"
        }
    };
    let text = format!("{there}{seen}.");
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), rest.as_str()))
}

fn state_or_invisible(shown: &Shown, paint: Paint) -> String {
    let state = state(shown.state, &shown.note, paint);
    if shown.invisible { format!("invisible (your friends see you {state})") } else { state }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away(note: &str) -> Shown {
        Shown { state: State::Away, note: note.into(), ..Shown::default() }
    }

    #[test]
    fn friends_see_what_the_only_device_says() {
        assert_eq!(set(&away("lunch"), Some(0)), "Your friends see you away (lunch).");
        assert_eq!(set(&away(""), Some(0)), "Your friends see you away.");
    }

    #[test]
    fn another_device_may_be_more_available_and_that_is_said() {
        let said = set(&away(""), Some(1));
        assert!(
            said.starts_with("This device is away. Another device of yours is on line, too: your"),
            "{said}"
        );
        assert!(said.contains("the most available of your devices"), "{said}");
        assert!(set(&away(""), Some(2)).contains("2 other devices of yours are"));
        let unknown = set(&away(""), None);
        assert!(unknown.starts_with("This device is away. Your friends see the most available"), "{unknown}");
        let online = Shown { state: State::Online, ..Shown::default() };
        assert!(set(&online, Some(1)).contains("your friends see you on line, unless"));
    }

    #[test]
    fn one_invisible_device_hides_all_and_nothing_is_seen_without_a_server() {
        let invisible = Shown { invisible: true, ..Shown::default() };
        assert!(set(&invisible, Some(3)).starts_with("You are invisible, on all your devices"));
        assert!(set(&Shown::default(), Some(0)).starts_with("Kept:"));
    }
}
