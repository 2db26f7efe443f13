//! What comes while something else is going on: over a full screen, from other programs and devices, out of order, and
//! while the daemon is away.

use qq_slint_ui::{Friends as Global, Talk};

use super::*;

fn shaken_by(friend: &str) -> Event {
    Event::ShakeReceived(shake::Received { from: friend.into() })
}

fn count(chat: &crate::windows::Chat, text: &str) -> usize {
    rows(chat.window()).iter().filter(|row| *row == text).count()
}

fn place(chat: &crate::windows::Chat, text: &str) -> Option<usize> {
    rows(chat.window()).iter().position(|row| row == text)
}

#[test]
fn over_a_full_screen_no_window_opens_the_daemon_notifies_and_no_shake_is_lost() {
    let world = World::start(true);
    world.until("messages show themselves", |world| world.mock.opens() && !world.mock.full());
    world.app.on_full(true);
    world.until("the daemon is told", |world| world.mock.full() && !world.mock.opens());
    world.mock.event(shaken_by("bob"));
    world.mock.message("bob", "hello?");
    world.until("bob's message is counted", |world| {
        world.app.current(|account| account.friend("bob").map(|bob| bob.unread)).flatten() == Some(1)
    });
    assert!(world.app.chats.borrow().is_empty());
    world.app.on_full(false);
    world.until("messages show themselves again", |world| world.mock.opens() && !world.mock.full());
    let chat = world.open("bob");
    world.until("both", |_| count(&chat, "hello?") == 1);
    assert_eq!(count(&chat, "Bob Müller shook your window."), 1);
    chat.hide();
    world.app.chats.borrow_mut().clear();
    let again = world.open("bob");
    world.until("the message", |_| count(&again, "hello?") == 1);
    assert_eq!(count(&again, "Bob Müller shook your window."), 0, "it is told once");
}

#[test]
fn a_shake_leaves_one_line_whichever_program_sent_it() {
    let world = World::start(true);
    let chat = world.open("bob");
    world.mock.event(Event::ShakeSent(shake::Sent { to: "bob".into() }));
    let line = "You shook Bob Müller's window.";
    world.until("the line", |_| rows(chat.window()).iter().any(|row| row.contains("shook")));
    assert_eq!(count(&chat, line), 1, "{:?}", rows(chat.window()));
    let before = chat.window().get_sway();
    chat.window().global::<Talk>().invoke_shake();
    world.until("another line", |_| count(&chat, line) == 2);
    // The answer comes behind the line; every other step goes up and down.
    world.until("the one that asked moves", |_| {
        testing::mock_elapsed_time(Duration::from_millis(31));
        (chat.window().get_sway() - before).abs() > 1.0
    });
}

#[test]
fn what_oneself_writes_on_another_device_stands_in_the_open_window() {
    let world = World::start(true);
    world.mock.message("bob", "where are you?");
    world.until("bob's window", |world| !world.app.chats.borrow().is_empty());
    let chat = world.chat("bob");
    world.until("his message", |_| count(&chat, "where are you?") == 1);
    let own = chat::Received {
        id: "phone".into(),
        from: "alice".into(),
        to: "bob".into(),
        text: "on the train".into(),
        kind: "text".into(),
        conv: "c".into(),
        cseq: 2,
        seq: 2,
        ts: "2026-11-23T09:31:00.000Z".into(),
    };
    world.mock.event(Event::ChatReceived(own));
    world.until("the answer", |_| count(&chat, "on the train") == 1);
}

/// One's own message was overtaken by the friend's: the relay took his first, and the daemon's history says so.
#[test]
fn the_order_of_the_messages_is_the_daemons() {
    let world = World::start(true);
    let chat = world.open("bob");
    chat.window().global::<Talk>().invoke_send("mine".into());
    world.until("it is sent", |_| count(&chat, "mine") == 1);
    world.mock.message("bob", "his");
    world.until("his", |_| count(&chat, "his") == 1);
    assert!(place(&chat, "mine") < place(&chat, "his"));
    let mut own = None;
    world.mock.fill(|_, messages| {
        messages.swap(0, 1);
        own = messages.iter().find(|message| message.text == "mine").map(|message| message.id.clone());
    });
    let acked = chat::Changed {
        id: own.unwrap(),
        to: "bob".into(),
        state: chat::State::Acked,
        peer: None,
        reason: None,
        ts: "2026-11-23T09:31:00.000Z".into(),
        outbox: None,
    };
    world.mock.event(Event::ChatState(acked));
    world.until("the daemon's order", |_| place(&chat, "his") < place(&chat, "mine"));
    assert_eq!((count(&chat, "mine"), count(&chat, "his")), (1, 1));
}

/// Another program writes while the window waits for its own answer.
#[test]
fn what_others_write_while_the_window_sends_is_not_lost() {
    let world = World::start(true);
    let chat = world.open("bob");
    world.until("the first page", |world| world.mock.called("chat.history") > 0);
    for n in 0..5 {
        chat.window().global::<Talk>().invoke_send(format!("mine {n}").into());
        world.mock.write_elsewhere("bob", &format!("elsewhere {n}"));
    }
    world.until("all of them", |_| {
        (0..5)
            .all(|n| count(&chat, &format!("mine {n}")) == 1 && count(&chat, &format!("elsewhere {n}")) == 1)
    });
}

#[test]
fn a_message_is_announced_by_the_name_of_whoever_wrote_it() {
    let world = World::start(true);
    world.app.prefs.borrow_mut().layout = 1;
    world.app.prefs_changed();
    world.open("bob");
    world.open("amy");
    world.until("amy beside the list", |world| {
        world.friends().window().global::<Talk>().get_name() == "陈雨桐"
    });
    world.mock.message("bob", "psst");
    let friends = world.friends();
    world.until("it is said", |_| {
        friends.window().global::<Talk>().get_said().trim_end() == "Bob Müller: psst"
    });
}

#[test]
fn who_comes_and_goes_is_said_while_the_friend_list_has_the_keyboard() {
    let world = World::start(true);
    let friends = world.friends();
    let said = || friends.window().global::<Global>().get_said().trim_end().to_owned();
    let change = |friend: &str, state| {
        let changed = presence::Changed { friend: friend.into(), state, ..presence::Changed::default() };
        world.mock.event(Event::PresenceChanged(changed));
    };
    let is = |friend: &str, state| {
        world.app.current(|account| account.friend(friend).map(|f| f.state == state)).flatten() == Some(true)
    };
    let state_of = |friend: &str| world.mock.state().accounts[0].friend(friend).unwrap().state;
    use presence::State::{Away, Busy, Offline};
    change("bob", Busy);
    world.until("bob is busy", |_| is("bob", Busy));
    testing::mock_elapsed_time(Duration::from_secs(2));
    assert_eq!(said(), "", "nobody is there to hear it");
    world.app.on_focus(crate::app::Focus::Friends, true);
    change("bob", Offline);
    change("eve", Away);
    let amy = state_of("amy");
    change("amy", Offline);
    change("amy", amy);
    world.until("both", |_| !said().is_empty());
    assert_eq!(said(), "Bob Müller, off line; Eve مرحبا, away", "amy is as she was");
    for friend in ["bob", "amy", "cui", "dan", "eve"] {
        let now = if state_of(friend) == Busy { Away } else { Busy };
        change(friend, now);
    }
    world.until("a count", |_| said() == "5 friends came or went.");
}

#[test]
fn without_the_daemon_nobody_is_on_line_until_it_is_back() {
    let world = World::start(true);
    world.open("bob");
    let friends = world.friends();
    let list = friends.window().global::<Global>();
    let chat = world.chat("bob");
    use qq_slint_ui::Presence;
    let on_line = |kind| list.get_items().iter().filter(|item| item.face.presence == kind).count();
    assert!(on_line(Presence::Online) > 0 && list.get_presence() == Presence::Online);
    world.mock.stop(false);
    world.until("the bar", |_| chat.window().global::<Talk>().get_banner_action() == "Go on line");
    assert_eq!(list.get_presence(), Presence::Offline);
    assert_eq!(on_line(Presence::Online), 0);
    assert_eq!(chat.window().global::<Talk>().get_face().presence, Presence::Offline);
    button(chat.window(), "Go on line").invoke_accessible_default_action();
    world.until("they are back", |_| on_line(Presence::Online) > 0);
    assert_eq!(list.get_presence(), Presence::Online);
}

#[test]
fn a_window_that_is_older_than_the_daemon_says_so() {
    let world = World::start(true);
    world.mock.fill(|state, _| state.daemon.version = "99.1.0".into());
    world.mock.event(Event::DaemonState(world.mock.state()));
    let friends = world.friends();
    let list = friends.window().global::<Global>();
    world.until("the bar", |_| list.get_banner().starts_with("Qiaoqiao 99.1.0 is installed."));
    assert_eq!(list.get_banner_action(), "Restart now");
}
