//! Window programs: who counts as one, what is in front of the user, how one is brought there; and the end of the daemon.

use ipc_schema::daemon::{Open, Screen, Stop, View};

use super::*;
use crate::core::io::{Unopened, Window};

impl Daemon {
    pub(super) fn ask_as(&mut self, client: u64, request: impl Into<Call>) -> Vec<Output> {
        self.asked += 1;
        self.say(Input::Request { client, id: self.asked.into(), call: request.into() })
    }

    fn sees(&self, friend: &str) -> bool {
        self.core.windows.show("alice@example.org", friend)
    }
}

fn view(to: Option<&str>) -> View {
    View { to: to.map(str::to_owned), ..View::default() }
}

fn open(to: &str) -> Open {
    Open { to: Some(to.into()), ..Open::default() }
}

fn to_start(outputs: &[Output]) -> Option<(u64, Window)> {
    outputs.iter().find_map(|output| match output {
        Output::Open { number, window } => Some((*number, window.clone())),
        _ => None,
    })
}

#[test]
fn each_window_program_says_what_it_shows_until_it_is_gone() {
    let mut daemon = Daemon::listed(&["bob", "carol"]);
    assert!(!daemon.sees("bob"));
    reply(&daemon.ask_as(7, view(Some("bob"))));
    reply(&daemon.ask_as(8, view(Some("carol"))));
    assert!(daemon.sees("bob") && daemon.sees("carol"));
    assert!(!daemon.core.windows.show("alice@elsewhere.org", "bob"));
    reply(&daemon.ask_as(7, view(None)));
    assert!(!daemon.sees("bob") && daemon.core.windows.are_there());
    daemon.say(Input::Gone { client: 8 });
    assert!(!daemon.sees("carol"));
    daemon.say(Input::Gone { client: 7 });
    assert!(!daemon.core.windows.are_there());
}

#[test]
fn a_window_program_counts_even_where_nobody_is_logged_in() {
    let mut daemon = Daemon::new();
    assert_eq!(reply(&daemon.ask_as(7, view(None))), json!({}));
    assert_eq!(refusal(&daemon.ask_as(8, view(Some("bob")))).code, Code::NotLoggedIn);
    daemon.say(Input::Gone { client: 7 });
    assert!(daemon.core.windows.are_there(), "it will have something to show");
}

#[test]
fn a_window_that_is_there_is_told_and_else_one_is_started() {
    let mut daemon = Daemon::with_bob();
    let screen = Screen { display: Some(":7".into()), ..Screen::default() };
    let wanted = Open { token: Some("t1".into()), screen: Some(Box::new(screen.clone())), ..open("@bob") };
    let outputs = daemon.ask(wanted.clone());
    let (number, window) = to_start(&outputs).unwrap();
    let account = Some("alice@example.org".into());
    let expected = Window { account, to: Some("bob".into()), link: None, token: Some("t1".into()), screen };
    assert_eq!(window, expected);
    assert!(replies(&outputs).is_empty(), "it is not there yet");
    assert_eq!(reply(&daemon.say(Input::Opened { number, result: Ok(()) })), json!({ "started": true }));

    daemon.ask_as(7, view(None));
    let outputs = daemon.ask(wanted);
    assert_eq!(reply(&outputs), json!({ "started": false }));
    let told = events(&outputs)[0];
    assert_eq!(told.account.as_deref(), Some("alice@example.org"));
    assert_eq!(told.event.data().unwrap(), json!({ "to": "bob", "link": null, "token": "t1" }));
}

#[test]
fn what_cannot_be_opened_is_refused_with_what_to_do() {
    let mut daemon = Daemon::with_bob();
    assert_eq!(refusal(&daemon.ask(open("mallory"))).code, Code::NotFound);
    let link = |link: &str| Open { link: Some(link.into()), ..Open::default() };
    for no_link in ["https://example.org", "qiao://h/i/${TOKEN}", "qiao://h/i/c --open", "qiao://h/i/ç"] {
        assert_eq!(refusal(&daemon.ask(link(no_link))).code, Code::Usage, "{no_link}");
    }
    assert_eq!(
        refusal(&daemon.ask(Open { to: Some("bob".into()), ..link("qiao://h/i/c") })).code,
        Code::Usage
    );
    let token = Open { token: Some("a\nb".into()), ..Open::default() };
    assert_eq!(refusal(&daemon.ask(token)).code, Code::Usage);
    for (why, code) in [
        (Unopened::Missing, Code::NotFound),
        (Unopened::NoDisplay, Code::Unsupported),
        (Unopened::Failed("no room".into()), Code::Unexpected),
    ] {
        let (number, _) = to_start(&daemon.ask(link("qiao://h/i/c"))).unwrap();
        let error = refusal(&daemon.say(Input::Opened { number, result: Err(why) }));
        assert!(error.code == code && error.hint.is_some(), "{error:?}");
    }
}

#[test]
fn a_stop_is_answered_and_told_before_the_end() {
    let mut daemon = Daemon::with_bob();
    let (number, _) = to_start(&daemon.ask_as(9, open("bob"))).unwrap();
    let outputs = daemon.ask(Stop { restart: true });
    assert!(replies(&outputs)[0].is_ok() && replies(&outputs)[1].is_err(), "{outputs:?}");
    assert_eq!(events(&outputs)[0].event.data().unwrap(), json!({ "restart": true }));
    assert!(has_hung_up(&outputs) && matches!(outputs.last(), Some(Output::Stopped)));
    assert!(daemon.disk.token().is_some(), "nobody is logged out");
    assert!(daemon.say(Input::Opened { number, result: Ok(()) }).is_empty());
}

#[test]
fn whoever_comes_later_sees_that_another_daemon_is_installed() {
    let mut daemon = Daemon::new();
    let newer = || Input::Outdated { installed: Some("99.0.0".into()) };
    let outputs = daemon.say(newer());
    assert_eq!(names(&outputs), ["daemon.outdated"]);
    assert!(daemon.say(newer()).is_empty(), "told once");
    let outdated = json!({ "running": env!("CARGO_PKG_VERSION"), "installed": "99.0.0" });
    assert_eq!(reply(&daemon.ask(ipc_schema::daemon::Status {}))["daemon"]["outdated"], outdated);
    let state = serde_json::to_value(daemon.core.state()).unwrap();
    assert_eq!(state["daemon"]["outdated"], outdated);
}
