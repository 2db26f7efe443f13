//! A relay whose store was restored from a backup: everything comes anew, and what it lacks of our own goes again.

use super::*;
use ipc_schema::chat::State;
use relay_schema::{ErrorCode, ErrorStanza};

fn own(seq: u64, key: &str) -> Chat {
    Chat {
        myaccount: "alice".into(),
        friendaccount: "bob".into(),
        content: format!("text of {key}"),
        id: Some(id(key)),
        ..from_bob(seq)
    }
}

/// On line, with m1, m2, m3 acknowledged and in the rows 1 to 3, and bob's message in row 4.
fn with_messages() -> Daemon {
    let mut daemon = Daemon::online();
    for (seq, key) in (1..).zip(["m1", "m2", "m3"]) {
        daemon.ask(text("bob", key));
        daemon.hear(own(seq, key));
        daemon.hear(ack(key, seq));
    }
    daemon.hear(from_bob(4));
    daemon.lost();
    daemon.pass(Duration::from_millis(500));
    daemon
}

fn restored(head: u64) -> LoginResponse {
    LoginResponse { epoch: Some("e2".into()), ..welcome(head, 0) }
}

#[test]
fn what_a_restored_relay_lacks_is_sent_again_before_what_is_new() {
    let mut daemon = with_messages();
    daemon.ask(text("bob", "m4"));
    daemon.open();
    assert!(chats(&daemon.hear(restored(2))).is_empty(), "the older ones come first");
    let outputs = daemon.hear(own(1, "m1"));
    assert!(names(&outputs).is_empty(), "it is known by its id");
    assert_eq!((daemon.disk.cursor(), daemon.disk.account().unwrap().epoch.as_str()), (1, "e2"));
    let outputs = daemon.hear(Chat { seq: Some(2), cseq: Some(2), ..from_bob(4) });
    assert_eq!(daemon.disk.messages().len(), 5, "bob's message is known, too");
    assert_eq!(chats(&outputs), ["m2", "m3", "m4"]);
    daemon.hear(ack("m2", 3));
    assert_eq!(daemon.disk.message("m2").unwrap().state, State::Acked);
    daemon.lost();
    assert_eq!(chats(&daemon.back_to("e2")), ["m3", "m4"]);
}

#[test]
fn an_empty_relay_lacks_everything() {
    let mut daemon = with_messages();
    daemon.open();
    assert_eq!(chats(&daemon.hear(restored(0))), ["m1", "m2", "m3"]);
}

#[test]
fn a_link_that_is_lost_in_between_does_not_make_the_daemon_forget_to_look() {
    let mut daemon = with_messages();
    daemon.open();
    daemon.hear(restored(2));
    daemon.hear(own(1, "m1"));
    daemon.lost();
    daemon.pass(Duration::from_millis(500));
    daemon.open();
    daemon.hear(LoginResponse { epoch: Some("e2".into()), ..welcome(2, 1) });
    assert_eq!(chats(&daemon.hear(Chat { id: Some(id("b4")), ..from_bob(2) })), ["m2", "m3"]);
}

#[test]
fn a_relay_that_knows_fewer_rows_is_asked_from_the_first_one() {
    let mut daemon = with_messages();
    let outputs = daemon.open();
    assert!(matches!(sent(&outputs)[..], [Stanza::Login(said)] if said.resume == Some(4)));
    daemon.hear(ErrorStanza { code: ErrorCode::Resume, ..ErrorStanza::default() });
    daemon.pass(Duration::from_secs(1));
    let outputs = daemon.open();
    assert!(matches!(sent(&outputs)[..], [Stanza::Login(said)] if said.resume == Some(0)), "{outputs:?}");
    daemon.hear(welcome(1, 0));
    assert_eq!(daemon.disk.cursor(), 0);
    let outputs = daemon.hear(own(1, "m1"));
    assert_eq!(chats(&outputs), ["m2", "m3"]);
    assert_eq!(daemon.disk.cursor(), 1);
}

#[test]
fn a_relay_that_begins_before_what_is_known_needs_no_second_try() {
    let mut daemon = with_messages();
    daemon.open();
    daemon.hold();
    daemon.hear(welcome(1, 0));
    daemon.hear(ErrorStanza { code: ErrorCode::Resume, ..ErrorStanza::default() });
    daemon.hear(own(1, "m1"));
    let mut outputs = daemon.release();
    assert_eq!(daemon.disk.cursor(), 1);
    outputs.extend(daemon.run(None));
    assert_eq!(chats(&outputs), ["m2", "m3"]);
    assert!(daemon.core.first().link.is_online());
}

#[test]
fn a_login_that_a_frontend_waits_for_starts_over_too() {
    let mut daemon = with_messages();
    daemon.ask(login("alice"));
    daemon.open();
    let outputs = daemon.hear(ErrorStanza { code: ErrorCode::Resume, ..ErrorStanza::default() });
    assert!(has_dialled(&outputs) && replies(&outputs).is_empty());
    daemon.open();
    assert_eq!(replies(&daemon.hear(welcome(0, 0))).len(), 1);
}

impl Daemon {
    fn back_to(&mut self, epoch: &str) -> Vec<Output> {
        self.pass(Duration::from_millis(500));
        self.open();
        let from = self.disk.cursor();
        self.hear(LoginResponse { epoch: Some(epoch.into()), ..welcome(from, from) })
    }
}
