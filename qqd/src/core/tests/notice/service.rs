//! The notification service: none, one that comes later, one that starts on demand.

use super::*;

#[test]
fn nothing_is_said_where_nobody_listens() {
    let mut daemon = Daemon::with_bob();
    assert!(notices(&daemon.hear(from("bob", 1))).is_empty());
    assert_eq!(reply(&daemon.ask(ipc_schema::daemon::Status {}))["notifications"], "none");
    daemon.tells(Desk::Service(Service::Running("dunst".into())));
    assert_eq!(reply(&daemon.ask(ipc_schema::daemon::Status {}))["notifications"], "dunst");
    assert_eq!(body(&daemon.hear(from("bob", 2))), "row 2", "what was before is not told late");
    daemon.tells(Desk::Service(Service::None));
    assert!(notices(&daemon.hear(from("bob", 3))).is_empty());
}

#[test]
fn a_service_that_starts_on_demand_says_its_name_and_has_what_it_was_started_for() {
    let mut daemon = Daemon::listed(&["bob"]);
    daemon.tells(Desk::Service(Service::OnDemand));
    assert_eq!(reply(&daemon.ask(ipc_schema::daemon::Status {}))["notifications"], "on demand");
    let (number, ..) = shown(&daemon.hear(from("bob", 1)));
    daemon.tells(Desk::Service(Service::Running("dunst".into())));
    assert_eq!(reply(&daemon.ask(ipc_schema::daemon::Status {}))["notifications"], "dunst");
    daemon.second();
    assert_eq!(shown(&daemon.hear(from("bob", 2))), (number, "bob".into(), "2 messages\nrow 2".into()));
    daemon.tells(Desk::Service(Service::OnDemand));
    assert_eq!(body(&daemon.hear(from("bob", 3))), "row 3", "it went, and what it showed");
}

#[test]
fn what_was_missed_waits_for_a_desktop_that_comes_later_but_not_for_long() {
    for (wait, count) in [(20, 1), (300, 0)] {
        let mut daemon = Daemon::listed(&["bob", "carol"]);
        daemon.lost();
        daemon.back(2);
        let mut all = daemon.hear(from("bob", 1));
        all.extend(daemon.hear(from("carol", 2)));
        all.extend(daemon.pass(Duration::from_secs(wait)));
        assert!(notices(&all).is_empty());
        daemon.tells(Desk::Service(Service::OnDemand));
        let all = daemon.pass(Duration::from_secs(3));
        assert_eq!(notices(&all).len(), count, "{wait}");
    }
}
