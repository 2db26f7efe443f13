//! Notifications on a real bus: what dunst shows of them, and what a press of their buttons does.
#![allow(missing_docs, reason = "the macro makes a trait of the signals")]

use std::collections::HashMap;
use std::sync::mpsc;

use qiaoqiao_tests::dunst::{Bus, Dunst};
use qiaoqiao_tests::person::Person;
use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::wait;
use zbus::export::ordered_stream::OrderedStreamExt;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;

fn alice_and_bob(bus: &Bus) -> (Relay, Person, Person) {
    let relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    relay.account("bob", "Bob", "pb");
    relay.friends("alice", "bob");
    let alice = Person::new("alice").on_bus(&bus.address);
    let out = alice.login(&relay.tls, "pa", &["--trust", &relay.fingerprint]);
    assert!(out.status.success(), "{out:?}");
    let bob = Person::logged_in("bob", "pb", &relay);
    (relay, alice, bob)
}

fn service(person: &Person) -> String {
    person.json(&["status"])["notifications"].as_str().expect("a word").to_owned()
}

fn has_service(person: &Person, name: &str) {
    wait::until(&format!("the notification service is {name}"), || (service(person) == name).then_some(()));
}

/// Hears what any program tells the notification service, before the service does.
struct Ear {
    runtime: tokio::runtime::Runtime,
    messages: zbus::MessageStream,
}

impl Ear {
    fn on(bus: &Bus) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let messages = runtime.block_on(async {
            let bus = zbus::connection::Builder::address(bus.address.as_str())
                .expect("a name or an address")
                .build()
                .await
                .expect("the bus is there");
            let messages = zbus::MessageStream::from(&bus);
            let (to, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
            let wanted = (vec!["type='method_call',member='Notify'"], 0_u32);
            let monitoring = Some("org.freedesktop.DBus.Monitoring");
            bus.call_method(Some(to), path, monitoring, "BecomeMonitor", &wanted)
                .await
                .expect("the bus lets itself be heard");
            messages
        });
        Self { runtime, messages }
    }

    /// Waits for a notification with this text.
    fn hears(&mut self, text: &str) {
        let Self { runtime, messages } = self;
        let said = async {
            while let Some(message) = messages.next().await {
                let body = message.expect("a message").body();
                if body.deserialize().is_ok_and(|notify: Notify| notify.4 == text) {
                    return true;
                }
            }
            false
        };
        let heard = runtime.block_on(async { tokio::time::timeout(wait::PATIENCE, said).await });
        assert!(heard.is_ok_and(|heard| heard), "nobody said {text:?}");
    }
}

/// Program, in whose place, icon, title, text, actions, hints, how long.
type Notify = (String, u32, String, String, String, Vec<String>, HashMap<String, OwnedValue>, i32);

#[test]
fn dunst_shows_a_message_replaces_it_and_takes_it_away_once_it_is_read() {
    let mut bus = Bus::later();
    let (_relay, alice, bob) = alice_and_bob(&bus);
    assert_eq!(service(&alice), "none", "it runs without a bus");
    bus.begin();
    let dunst = Dunst::start(&bus);
    has_service(&alice, "dunst");
    bob.ok(&["send", "alice", "<b>hi</b> & welcome"]);
    dunst.shows(1);
    alice.ok(&["read"]);
    dunst.shows(0);
    assert_eq!(dunst.history(), [("Bob".to_owned(), "<b>hi</b> & welcome".to_owned())], "no markup");
    let mut ear = Ear::on(&bus);
    for text in ["one", "two", "three"] {
        bob.ok(&["send", "alice", text]);
    }
    wait::until("all of it is here", || {
        (alice.json(&["status"])["accounts"][0]["unread"]["total"] == 3).then_some(())
    });
    dunst.shows(1);
    // What changed a moment later is shown within a second; taken away too early it would be another text.
    ear.hears("3 messages\nthree");
    assert_eq!(dunst.displayed(), 1, "in its place");
    alice.ok(&["read"]);
    dunst.shows(0);
    assert_eq!(dunst.history()[0], ("Bob".to_owned(), "3 messages\nthree".to_owned()));
    drop(dunst);
    has_service(&alice, "none");
    bus.end();
    bus.begin();
    let dunst = Dunst::start(&bus);
    has_service(&alice, "dunst");
    bob.ok(&["shake", "alice"]);
    dunst.shows(1);
}

#[test]
fn after_a_holiday_there_is_one_notification() {
    let bus = Bus::start();
    let dunst = Dunst::start(&bus);
    let relay = Relay::start();
    relay.account("alice", "Alice", "pa");
    let alice = Person::new("alice").on_bus(&bus.address);
    let friends: Vec<String> = (1..=40).map(|n| format!("friend{n}")).collect();
    for friend in &friends {
        relay.account(friend, "", "pf");
        relay.friends("alice", friend);
    }
    let out = alice.login(&relay.tls, "pa", &["--trust", &relay.fingerprint]);
    assert!(out.status.success(), "{out:?}");
    has_service(&alice, "dunst");
    alice.stop_daemon();
    // One daemon for all of them in turn: what counts is what waits for alice.
    for friend in &friends {
        let friend = Person::logged_in(friend, "pf", &relay);
        friend.ok(&["send", "alice", "happy new year", "--wait", "relay"]);
    }
    alice.online();
    dunst.shows(1);
    wait::until("all of it is here", || {
        (alice.json(&["status"])["accounts"][0]["unread"]["total"] == 40).then_some(())
    });
    alice.ok(&["read"]);
    dunst.shows(0);
    let summary = ("While you were away".to_owned(), "40 messages from 40 friends".to_owned());
    assert_eq!(dunst.history(), [summary]);
}

/// A notification service that the test is: each notification that is to be shown is told.
struct Desk {
    shown: mpsc::Sender<Shown>,
    last: u32,
}

#[derive(Debug)]
struct Shown {
    id: u32,
    title: String,
    body: String,
    actions: Vec<String>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Desk {
    fn get_server_information(&self) -> (&str, &str, &str, &str) {
        ("test", "qiaoqiao", "1", "1.2")
    }

    fn get_capabilities(&self) -> Vec<&str> {
        vec!["actions", "body", "inline-reply"]
    }

    #[expect(clippy::too_many_arguments, reason = "the desktops' own method")]
    fn notify(
        &mut self,
        _program: &str,
        replaces: u32,
        _icon: &str,
        title: String,
        body: String,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expires: i32,
    ) -> u32 {
        let id = if replaces == 0 { self.last + 1 } else { replaces };
        self.last = self.last.max(id);
        let _ = self.shown.send(Shown { id, title, body, actions });
        id
    }

    fn close_notification(&self, _id: u32) {}

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, key: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn activation_token(emitter: &SignalEmitter<'_>, id: u32, token: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn notification_replied(emitter: &SignalEmitter<'_>, id: u32, text: &str) -> zbus::Result<()>;
}

/// The service on the bus, and the runtime that it lives in.
struct Desktop {
    runtime: tokio::runtime::Runtime,
    bus: zbus::Connection,
    shown: mpsc::Receiver<Shown>,
}

impl Desktop {
    fn start(bus: &Bus) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let (tell, shown) = mpsc::channel();
        let desk = Desk { shown: tell, last: 0 };
        let bus = runtime.block_on(async {
            let bus = zbus::connection::Builder::address(bus.address.as_str()).expect("a name or an address");
            let bus = bus.serve_at("/org/freedesktop/Notifications", desk).expect("a service");
            bus.name("org.freedesktop.Notifications")
                .expect("a name or an address")
                .build()
                .await
                .expect("the bus is there")
        });
        Self { runtime, bus, shown }
    }

    fn next(&self) -> Shown {
        self.shown.recv_timeout(wait::PATIENCE).expect("a notification")
    }

    fn press(&self, id: u32, key: &str) {
        let emitter = self.emitter();
        self.runtime.block_on(Desk::action_invoked(&emitter, id, key)).expect("the bus takes a signal");
    }

    fn emitter(&self) -> SignalEmitter<'_> {
        SignalEmitter::new(&self.bus, "/org/freedesktop/Notifications").expect("a path")
    }
}

#[test]
fn what_is_pressed_is_done() {
    let bus = Bus::start();
    let desktop = Desktop::start(&bus);
    let (_relay, alice, bob) = alice_and_bob(&bus);
    has_service(&alice, "test");
    let at_bob = bob.watch();

    bob.ok(&["send", "alice", "are you there?"]);
    let shown = desktop.next();
    assert_eq!((shown.title.as_str(), shown.body.as_str()), ("Bob", "are you there?"));
    assert_eq!(shown.actions, ["default", "Open", "inline-reply", "Reply", "read", "Mark read"]);
    let emitter = desktop.emitter();
    desktop.runtime.block_on(Desk::notification_replied(&emitter, shown.id, "yes 在的")).unwrap();
    at_bob.next("chat.received", |chat| chat["text"] == "yes 在的");
    at_bob.next("chat.read", |_| true);

    bob.ok(&["send", "alice", "good"]);
    desktop.press(desktop.next().id, "read");
    at_bob.next("chat.read", |mark| mark["by"] == "alice");
    wait::until("nothing is unread", || {
        (alice.json(&["status"])["accounts"][0]["unread"]["total"] == 0).then_some(())
    });

    bob.ok(&["shake", "alice"]);
    let shown = desktop.next();
    assert_eq!(shown.body, "Bob shook your window");
    desktop.press(shown.id, "shake");
    at_bob.next("shake.received", |shake| shake["from"] == "alice");
}
