//! Presence, a friend's and one's own. What a device says of itself is not always what friends see: they see the most
//! available one of an account's devices.

use ipc_schema::presence::{Shown, State};

use super::friend::state;
use super::{Paint, Printer};
use crate::Stop;
use crate::text::one_line;

/// What has to be known beside one's own state to say what friends see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around {
    /// The server is connected: it knows the state.
    pub(crate) connected: bool,
    /// One's own other devices on line, if that is known.
    pub(crate) others: Option<usize>,
}

impl Printer {
    /// `presence show`; of a friend nothing else has to be known.
    pub(crate) fn presence(&self, shown: &Shown, around: Option<Around>) -> Result<(), Stop> {
        self.reply(shown, |paint| {
            let who = shown.friend.as_deref().unwrap_or(&shown.account);
            let what = match around {
                None => state(shown.state, &shown.note, paint),
                Some(around) => own(shown, around, paint),
            };
            format!("{}: {what}", one_line(who))
        })?;
        match around {
            Some(Around { connected: true, others }) if !shown.invisible && others != Some(0) => {
                self.talk(&format!("That is this device. {}", seen(shown.state, others)));
            }
            Some(_) | None => {}
        }
        Ok(())
    }

    /// `presence set`.
    pub(crate) fn presence_set(&self, shown: &Shown, around: Around) -> Result<(), Stop> {
        self.talk(&set(shown, around));
        self.reply(shown, |_| String::new())
    }
}

fn set(shown: &Shown, Around { connected, others }: Around) -> String {
    let now = state(shown.state, &shown.note, Paint::NONE);
    match (connected, shown.invisible, others) {
        (false, true, _) => {
            "Kept: once the server is connected you are invisible, on all your devices.".to_owned()
        }
        (false, false, _) => "Kept: your friends will see it once the server is connected.".to_owned(),
        (true, true, _) => "You are invisible, on all your devices: your friends see you off line; what you write goes out all the same."
            .to_owned(),
        (true, false, Some(0)) => format!("Your friends see you {now}."),
        (true, false, _) => format!("This device is {now}. {}", seen(shown.state, others)),
    }
}

/// What friends see where one's own state here is not all that counts. No device knows what the others have set.
fn seen(own: State, others: Option<usize>) -> String {
    let there = match others {
        None => String::new(),
        Some(1) => "Another device of yours is on line, too. ".to_owned(),
        Some(number) => format!("{number} other devices of yours are on line, too. "),
    };
    let seen = match own {
        State::Online => "Your friends see you on line, or off line if one of your devices is invisible.",
        State::Away | State::Busy | State::Offline => {
            "Your friends see the most available of your devices (on line, then busy, then away), or you off line \
             if one of them is invisible."
        }
    };
    format!("{there}{seen}")
}

/// One's own state. Nobody sees the note of who is off line or looks like it.
fn own(shown: &Shown, around: Around, paint: Paint) -> String {
    let now = match (around.connected, shown.invisible) {
        (true, false) => return state(shown.state, &shown.note, paint),
        (true, true) => "invisible, your friends see you off line",
        (false, true) => "off line, the server is not connected; kept: invisible",
        (false, false) => "off line, the server is not connected",
    };
    match shown.note.as_str() {
        "" => now.to_owned(),
        note => format!("{now}; your note, which nobody sees now: {}", one_line(note)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Around = Around { connected: true, others: Some(0) };
    const AWAY: Around = Around { connected: false, others: None };

    fn beside(others: Option<usize>) -> Around {
        Around { connected: true, others }
    }

    fn away(note: &str) -> Shown {
        Shown { state: State::Away, note: note.into(), ..Shown::default() }
    }

    fn invisible(note: &str) -> Shown {
        Shown { invisible: true, note: note.into(), ..Shown::default() }
    }

    #[test]
    fn friends_see_what_the_only_device_says() {
        assert_eq!(set(&away("lunch"), ALONE), "Your friends see you away (lunch).");
        assert_eq!(set(&away(""), ALONE), "Your friends see you away.");
        assert_eq!(own(&away("lunch"), ALONE, Paint::NONE), "away (lunch)");
    }

    #[test]
    fn another_device_may_be_more_available_or_invisible_and_that_is_said() {
        let said = set(&away(""), beside(Some(1)));
        assert!(
            said.starts_with("This device is away. Another device of yours is on line, too. Your friends"),
            "{said}"
        );
        assert!(set(&away(""), beside(Some(2))).contains("2 other devices of yours are"));
        let unknown = set(&away(""), beside(None));
        assert!(unknown.starts_with("This device is away. Your friends see the most available"), "{unknown}");
        for state in [State::Online, State::Away, State::Busy] {
            let said = set(&Shown { state, ..Shown::default() }, beside(Some(1)));
            assert!(said.contains("off line if one of"), "{said}");
        }
    }

    #[test]
    fn one_invisible_device_hides_all_and_nothing_is_seen_without_a_server() {
        assert!(set(&invisible(""), beside(Some(3))).starts_with("You are invisible, on all your devices"));
        assert!(
            set(&invisible(""), AWAY).starts_with("Kept: once the server is connected you are invisible")
        );
        assert!(set(&Shown::default(), AWAY).starts_with("Kept: your friends"));
        assert_eq!(
            own(&invisible(""), AWAY, Paint::NONE),
            "off line, the server is not connected; kept: invisible"
        );
    }

    #[test]
    fn a_note_that_nobody_sees_is_not_said_to_be_seen() {
        assert_eq!(
            own(&invisible("忙"), ALONE, Paint::NONE),
            "invisible, your friends see you off line; your note, which nobody sees now: 忙"
        );
        let off_line = Shown { note: "lunch".into(), ..Shown::default() };
        assert_eq!(
            own(&off_line, AWAY, Paint::NONE),
            "off line, the server is not connected; your note, which nobody sees now: lunch"
        );
    }
}
