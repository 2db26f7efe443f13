//! The login window without a pointer: every page of it, an invite, a second account, and from one account to the other.

use qiaoqiao_tests::relay::Relay;
use qiaoqiao_tests::wait;

use crate::seat::{FRIENDS, Seat};

const LOGIN: &str = "log in";

#[test]
fn invites_are_taken_and_accounts_changed_by_keyboard_alone() {
    let relay = Relay::start();
    let mut carol = Seat::new("carol");
    carol.start(&[]);
    carol.reads(LOGIN, "How would you like to begin?");
    carol.turn_to(LOGIN);
    pages(&carol);
    carol.acts(LOGIN, "Join by an invite link");
    join(&carol, &relay, "carol", "Carol");
    carol.is_closed(LOGIN);
    carol.reads(FRIENDS, "No friends yet.");
    carol.turn_to(FRIENDS);
    let keys = carol.desktop.keys();
    carol.acts(FRIENDS, "Menu");
    carol.choose(FRIENDS, &["Another account…"]);
    carol.window(LOGIN);
    carol.turn_to(LOGIN);
    // Whoever has an account here may have another one.
    carol.acts(LOGIN, "Join by a link");
    carol.tab_to(LOGIN, "entry", "Link");
    join(&carol, &relay, "dora", "Dora");
    carol.is_closed(LOGIN);
    carol.reads(FRIENDS, "Dora");
    carol.turn_to(FRIENDS);
    carol.tab_to(FRIENDS, "combo box", "Account");
    keys.press(&["Up"]);
    carol.reads(FRIENDS, "Carol");
    carol.window(FRIENDS).until("nobody else's name", |tree| {
        tree.find(|control| control.name == "Dora").is_none().then_some(())
    });
    keys.press(&["Down"]);
    carol.window(FRIENDS).until("the other account", |tree| {
        tree.find(|control| control.name == "Dora").is_some().then_some(())
    });
    carol.tell("has changed from one account to the other, and back");
}

/// Every page, there and back.
fn pages(seat: &Seat) {
    let keys = seat.desktop.keys();
    seat.reaches_all(LOGIN);
    for (ways, text) in [
        (&["Log in"][..], "Shared computer"),
        (&["Log in", "New account"], "Make an account"),
        (&["Join by an invite link"], "as others see it"),
        (&["Run a server"], "It prints one link"),
    ] {
        for way in ways {
            seat.acts(LOGIN, way);
        }
        seat.reads(LOGIN, text);
        seat.reaches_all(LOGIN);
        keys.press(&["Escape"]);
        seat.reads(LOGIN, "How would you like to begin?");
    }
}

fn join(seat: &Seat, relay: &Relay, account: &str, name: &str) {
    let link = relay.invite(&[account]).to_string();
    seat.writes(LOGIN, "Link", &link);
    seat.tab_to(LOGIN, "entry", "Your name, as others see it");
    seat.writes(LOGIN, "Your name, as others see it", name);
    wait::until("the link is in its field", || {
        (seat.window(LOGIN).text("entry", "Link") == link).then_some(())
    });
    seat.desktop.keys().press(&["Return"]);
}
