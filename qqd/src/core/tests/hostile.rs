//! The relay as enemy: huge lists, rows going back, gaps, floods, answers that nobody asked for.

use super::*;
use ipc_schema::account::Devices;
use relay_schema::{
    Blocked, Delivered, Device, Friend, FriendRequest, Gap, Group, Line, ListEnd, LoginResponse, Notice,
};

#[test]
fn a_friend_list_that_does_not_end_is_cut_off() {
    let mut daemon = Daemon::online();
    for n in 0..5_600 {
        assert!(daemon.hear(Friend { account: format!("x{n}"), ..Friend::default() }).is_empty());
    }
    assert!(has_hung_up(&daemon.hear(Friend { account: "one-more".into(), ..Friend::default() })));
    assert!(daemon.disk.friends().is_empty());
}

/// The n-th entry of a list whose texts are as long as they can be.
fn longest(n: u64, seq: Option<u64>) -> Friend {
    let text = "\u{1f600}".repeat(2_000);
    Friend {
        account: format!("{n:064}"),
        name: text.clone(),
        picture: text.clone(),
        group: Some(format!("{n}{text}")),
        remark: Some(text.clone()),
        note: Some(text),
        seq,
        ts: None,
    }
}

#[test]
fn rows_that_make_the_list_longer_and_longer_stop_doing_so() {
    let mut daemon = Daemon::online();
    for n in 1..=5_620 {
        let (account, group) = (format!("x{n}"), Some(format!("g{n}")));
        daemon.hear(Friend { account, group, seq: Some(n), ..Friend::default() });
    }
    let known = |daemon: &Daemon| {
        let account = daemon.core.state().accounts.remove(0);
        (account.groups.len(), account.groups.iter().map(|group| group.friends.len()).sum::<usize>())
    };
    assert_eq!(known(&daemon), (5_600, 5_600));
    assert_eq!(daemon.disk.friends().len(), 5_600);
    assert_eq!(daemon.disk.cursor(), 5_620, "what is too much is passed");

    daemon.hear(Group { group: "one more".into(), seq: Some(5_621), ts: None });
    daemon.hear(Friend {
        account: "x1".into(),
        group: Some("y".into()),
        seq: Some(5_622),
        ..Friend::default()
    });
    assert_eq!(known(&daemon), (5_600, 5_600));
    let gone =
        relay_schema::FriendRemove { friendaccount: "x2".into(), id: None, seq: Some(5_623), ts: None };
    daemon.hear(gone);
    daemon.hear(Friend { account: "y".into(), seq: Some(5_624), ..Friend::default() });
    assert_eq!(known(&daemon).1, 5_600, "where one is gone there is room");

    let mut daemon = Daemon::online();
    for n in 1..=1_100 {
        let (myaccount, seq) = (Some(format!("x{n}")), Some(n));
        daemon.hear(FriendRequest {
            friendaccount: "alice".into(),
            myaccount,
            seq,
            ..FriendRequest::default()
        });
    }
    assert_eq!(daemon.core.state().accounts[0].requests.len(), 1_024);
}

#[test]
fn a_default_group_is_no_news() {
    let mut daemon = Daemon::online();
    for (seq, group) in [(1, "friend"), (2, "stranger")] {
        assert!(events(&daemon.hear(Group { group: group.into(), seq: Some(seq), ts: None })).is_empty());
    }
}

#[test]
fn a_frontends_line_holds_the_longest_list() {
    let mut daemon = Daemon::online();
    for n in 0..5_600 {
        daemon.hear(longest(n, None));
        daemon.hear(Blocked { friendaccount: format!("{n:064}"), state: 1, seq: None, ts: None });
    }
    let text = "\u{1f600}".repeat(2_000);
    for n in 0..1_024 {
        daemon.hear(FriendRequest {
            friendaccount: "alice".into(),
            note: Some(text.clone()),
            myaccount: Some(format!("{n:064}")),
            name: Some(text.clone()),
            ts: Some(text.clone()),
            ..FriendRequest::default()
        });
    }
    daemon.hear(ListEnd { seq: 0 });
    let state = daemon.core.state();
    assert_eq!((state.accounts[0].groups.len(), state.accounts[0].requests.len()), (5_600, 1_024));
    let bytes = serde_json::to_vec(&state).unwrap().len();
    assert!(bytes < ipc_schema::line::MAX_LINE_FROM_DAEMON, "{bytes}");
}

#[test]
fn an_answer_without_end_is_not_collected() {
    let mut daemon = Daemon::online();
    let id = asking::request_id(&daemon.ask(Devices {}));
    for n in 0..100 {
        daemon.hear(Device {
            device: n.to_string(),
            client: "x".repeat(100_000),
            ts: String::new(),
            state: 0,
            id: id.clone(),
        });
    }
    let devices = reply(&daemon.hear(asking::done(id, None)))["devices"].as_array().unwrap().len();
    assert!((5..=11).contains(&devices), "{devices}");
}

#[test]
fn names_and_texts_of_others_have_a_length() {
    let mut daemon = Daemon::online();
    let long = "長".repeat(100_000);
    daemon.hear(Friend {
        account: "bob".into(),
        name: long.clone(),
        remark: Some(long.clone()),
        note: Some(long.clone()),
        ..Friend::default()
    });
    daemon.hear(Friend { account: long.clone(), ..Friend::default() });
    daemon.hear(ListEnd { seq: 0 });
    let bob = &daemon.disk.friends()["bob"];
    assert_eq!((bob.name.chars().count(), bob.note.chars().count()), (64, 256));
    assert_eq!(daemon.disk.friends().len(), 1);
    let outputs = daemon.closed(Closed::Lost { detail: long });
    let Event::AccountState(link) = &events(&outputs)[0].event else { panic!("{outputs:?}") };
    assert!(link.message.as_ref().unwrap().chars().count() < 400);
}

#[test]
fn a_token_that_somebody_copied_is_told_and_the_words_of_the_relay_are_harmless() {
    let mut daemon = Daemon::online();
    let device = Some("6f9619ff-8b86-4d01-b42d-00cf4fc964ff".to_owned());
    let outputs =
        daemon.hear(Notice { code: "token-reused".into(), device: device.clone(), text: "x".into() });
    let Event::AccountNotice(notice) = &events(&outputs)[0].event else { panic!("{outputs:?}") };
    assert_eq!((notice.code.as_str(), &notice.device), ("token-reused", &device));
    assert!(notice.message.contains("change your password"));
    let outputs = daemon.hear(Notice { code: "new".into(), device: None, text: "\u{1b}[31m".repeat(1_000) });
    let Event::AccountNotice(notice) = &events(&outputs)[0].event else { panic!("{outputs:?}") };
    assert!(!notice.message.contains('\u{1b}') && notice.message.chars().count() < 300);
}

#[test]
fn a_flood_while_the_login_is_written_is_cut_off() {
    let mut daemon = Daemon::new();
    daemon.ask(login("alice@example.org"));
    daemon.open();
    daemon.hold();
    daemon.hear(welcome(0, 0));
    let end = (1..=20_000).find(|seq| has_hung_up(&daemon.hear(from_bob(*seq))));
    assert!(end.is_some());
    assert_eq!(reply(&daemon.release())["state"], "backoff");
}

#[test]
fn rows_that_come_faster_than_the_disk_are_asked_for_again() {
    let mut daemon = Daemon::online();
    daemon.hold();
    let end = (1..=10_000).find(|seq| has_hung_up(&daemon.hear(from_bob(*seq)))).unwrap();
    daemon.release();
    assert_eq!(daemon.disk.cursor(), end - 1);
    daemon.pass(Duration::from_secs(1));
    let outputs = daemon.open();
    assert!(matches!(sent(&outputs)[..], [Stanza::Login(said)] if said.resume == Some(end - 1)));

    let mut daemon = Daemon::online();
    daemon.hold();
    let big = |seq| Chat { content: "x".repeat(200_000), ..from_bob(seq) };
    let end = (1..=1_000).find(|seq| has_hung_up(&daemon.hear(big(*seq)))).unwrap();
    assert!(end < 200);
}

#[test]
fn rows_that_go_back_and_forth_never_move_the_cursor_wrongly() {
    let mut daemon = Daemon::online();
    for seq in [1, 2, 1, 2, 0, 3, 2, 3] {
        daemon.hear(from_bob(seq));
    }
    assert_eq!(daemon.disk.cursor(), 3);
    assert_eq!(daemon.disk.messages().len(), 3);
    assert!(has_hung_up(&daemon.hear(from_bob(u64::MAX))));
    assert_eq!(daemon.disk.cursor(), 3);
}

#[test]
fn a_gap_that_makes_no_sense_ends_the_session() {
    for (from, to) in [(5, 4), (2, 9)] {
        let mut daemon = Daemon::online();
        assert!(has_hung_up(&daemon.hear(Gap { from, to })), "{from} {to}");
        assert_eq!(daemon.disk.cursor(), 0);
    }
}

#[test]
fn answers_that_nobody_asked_for_change_nothing() {
    let mut daemon = Daemon::online();
    let mark = Delivered { conv: "c1".into(), cseq: 1, account: None };
    let stanzas: Vec<Stanza> = vec![
        LoginResponse::default().into(),
        welcome(99, 99).into(),
        ack("x", 1).into(),
        relay_schema::Nack::default().into(),
        Line { state: -1, friendaccount: None, note: None, id: Some(id("x")) }.into(),
        relay_schema::Pong::default().into(),
        mark.into(),
        ListEnd { seq: 7 }.into(),
        Chat { seq: None, ..from_bob(1) }.into(),
        relay_schema::Login::default().into(),
        relay_schema::Recv { seq: 9 }.into(),
        relay_schema::ErrorStanza::default().into(),
        relay_schema::Notice::default().into(),
    ];
    for stanza in stanzas {
        let outputs = daemon.hear(stanza.clone());
        let closes = matches!(stanza, Stanza::ErrorStanza(_));
        assert!(outputs.is_empty() || closes, "{stanza:?}: {outputs:?}");
    }
}

#[test]
fn nothing_is_taken_before_the_login_is_answered() {
    let mut daemon = Daemon::new();
    daemon.ask(login("alice@example.org"));
    for stanza in [Stanza::from(from_bob(1)), welcome(0, 0).into()] {
        assert!(daemon.hear(stanza).is_empty(), "there is no link yet");
    }
    daemon.open();
    assert!(daemon.hear(from_bob(1)).is_empty());
    let error = relay_schema::ErrorStanza { code: relay_schema::ErrorCode::TooSlow, ..Default::default() };
    assert_eq!(refusal(&daemon.hear(error)).code, Code::NoRelay);
}

#[test]
fn a_relay_that_misbehaves_again_and_again_is_tried_ever_later() {
    let mut daemon = Daemon::online();
    let mut pauses = Vec::new();
    for _ in 0..10 {
        daemon.hear(from_bob(9));
        pauses.push(daemon.core.deadline().unwrap() - daemon.now.mono);
        let pause = *pauses.last().unwrap();
        daemon.pass(pause);
        daemon.open();
        daemon.hear(welcome(0, 0));
    }
    assert!(pauses[9] >= Duration::from_secs(15) && pauses[0] <= Duration::from_secs(1), "{pauses:?}");
    daemon.pass(Duration::from_secs(29));
    daemon.hear(relay_schema::Pong::default());
    daemon.pass(Duration::from_secs(31));
    daemon.hear(from_bob(9));
    assert!(daemon.core.deadline().unwrap() - daemon.now.mono <= Duration::from_secs(1));
}

#[test]
fn what_cannot_be_read_at_all_ends_the_session() {
    let mut daemon = Daemon::online();
    let refusal = Box::new(relay_schema::Refusal::from(relay_schema::Fault::Malformed));
    assert!(has_hung_up(&daemon.news(News::Unreadable { refusal, raw: Vec::new() })));
}
