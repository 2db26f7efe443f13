//! A locked screen: what was shown before it was locked, and what can be pressed there.

use super::*;

#[test]
fn what_is_shown_when_the_screen_is_locked_says_no_more_than_a_name() {
    let mut daemon = Daemon::desk(&["bob"]);
    let (number, ..) = shown(&daemon.hear(from("bob", 1)));
    daemon.hear(from("bob", 2));
    let outputs = daemon.tells(Desk::Locked(true));
    assert_eq!(shown(&outputs), (number, "bob".into(), "2 messages".into()));
    assert_eq!(buttons(&outputs), [Button::Open]);
    assert!(!notices(&outputs)[0].sound, "it is no news");
    assert!(notices(&daemon.tells(Desk::Locked(true))).is_empty(), "once is enough");
    daemon.tells(Desk::Locked(false));
    daemon.tells(Desk::Closed { number, dismissed: false });
    assert!(notices(&daemon.tells(Desk::Locked(true))).is_empty(), "what went does not come back");
}

#[test]
fn whoever_stands_before_a_locked_screen_answers_nothing() {
    let mut daemon = Daemon::desk(&["bob"]);
    let (chat, ..) = shown(&daemon.hear(from("bob", 1)));
    let (rings, ..) = shown(&daemon.hear(call("k1")));
    daemon.tells(Desk::Locked(true));
    for button in [Button::Read, Button::Shake] {
        assert!(daemon.presses(chat, button).is_empty(), "{button:?}");
    }
    let text = "it is me, honestly".to_owned();
    let reply = Desk::Pressed { number: chat, button: Button::Reply, text, token: None };
    assert!(daemon.tells(reply).is_empty());
    assert_eq!(words(&daemon.presses(rings, Button::Decline)), ["call_end"]);
    assert_eq!(closed(&daemon.presses(chat, Button::Open)), [chat]);
}

#[test]
fn why_something_failed_is_only_told_where_texts_are() {
    for (shows, locked, said) in [
        (Shows::Full, true, "bob"),
        (Shows::Name, false, "bob"),
        (Shows::Nothing, false, ""),
        (Shows::Nothing, true, ""),
    ] {
        let mut daemon = Daemon::desk(&["bob"]);
        daemon.ask(Request::NotifyContent(Content { content: shows }));
        let (number, ..) = shown(&daemon.hear(shake()));
        daemon.lost();
        let mut outputs = daemon.presses(number, Button::Shake);
        if locked {
            outputs = daemon.tells(Desk::Locked(true));
        }
        let (_, title, text) = shown(&outputs);
        assert_eq!((title.as_str(), text.as_str()), ("That did not work", said), "{shows:?} {locked}");
    }
}
