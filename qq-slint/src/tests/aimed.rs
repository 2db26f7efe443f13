//! A list that moves under the pointer: what is pressed hits whom it was aimed at.

use qq_slint_ui::{Ask, Friends as Global};

use super::*;

/// Those in the list, in order.
fn listed(world: &World) -> Vec<String> {
    let friends = world.friends();
    friends.window().global::<Global>().get_items().iter().map(|item| item.id.to_string()).collect()
}

fn goes(world: &World, friend: &str) {
    let before = listed(world);
    let changed = presence::Changed { friend: friend.into(), ..presence::Changed::default() };
    world.mock.event(Event::PresenceChanged(changed));
    world.until("the list moves", |world| listed(world) != before);
}

fn asks(world: &World, friend: &str) {
    let asked = friend::Asked { friend: friend.into(), incoming: true, ..friend::Asked::default() };
    world.mock.event(Event::FriendRequested(asked));
    world.until("the request", |world| listed(world).contains(&friend.to_owned()));
}

#[test]
fn who_is_chosen_and_whom_the_menu_is_about_stay_the_same_when_the_list_moves() {
    let world = World::start(true);
    let friends = world.friends();
    let list = friends.window().global::<Global>();
    let at = |id: &str| i32::try_from(listed(&world).iter().position(|known| known == id).unwrap()).unwrap();
    list.set_current(at("bob"));
    list.set_menu_of("bob".into());
    testing::mock_elapsed_time(Duration::from_millis(100));
    assert_eq!(list.get_aimed().id, "bob");
    goes(&world, "bob");
    assert_eq!(list.get_current(), at("bob"));
    assert!(by_label(friends.window(), "Remove…").is_some(), "the menu is open");
    for key in [Key::UpArrow, Key::Return] {
        keys(friends.window().window(), &char::from(key).to_string());
    }
    assert_eq!(friends.window().global::<Ask>().get_title(), "Remove Bob Müller?");
    button(friends.window(), "Remove").invoke_accessible_default_action();
    world.until("bob is gone", |world| !listed(world).contains(&"bob".to_owned()));
    assert_eq!(list.get_current(), -1, "nobody is chosen in his place");
}

#[test]
fn who_asks_now_comes_below_and_the_press_meets_whom_it_was_aimed_at() {
    let world = World::start(true);
    for friend in ["fan", "gu", "he"] {
        asks(&world, friend);
    }
    assert_eq!(listed(&world)[..3], ["fan", "gu", "he"]);
    let friends = world.friends();
    let window = friends.window();
    let accept = ElementQuery::from_root(window)
        .match_accessible_role(AccessibleRole::Button)
        .match_predicate(|element| element.accessible_label().as_deref() == Some("Accept"))
        .find_first()
        .unwrap();
    let (corner, size) = (accept.absolute_position(), accept.size());
    let position = slint::LogicalPosition::new(corner.x + size.width / 2.0, corner.y + size.height / 2.0);
    let button = slint::platform::PointerEventButton::Left;
    window.window().dispatch_event(WindowEvent::PointerMoved { position });
    window.window().dispatch_event(WindowEvent::PointerPressed { position, button });
    let taken_back = friend::Answered { friend: "fan".into(), accepted: false, incoming: true };
    world.mock.event(Event::FriendAnswered(taken_back));
    world.until("gu stands there", |world| listed(world)[0] == "gu");
    window.window().dispatch_event(WindowEvent::PointerReleased { position, button });
    world.until("it is accepted", |world| world.mock.called("friend.accept") == 1);
    assert_eq!(world.mock.asked("friend.accept")[0]["friend"], "@fan");
    world.until("the answer", |world| world.app.current(|own| own.friend("fan").is_some()) == Some(true));
    window.window().dispatch_event(WindowEvent::PointerPressed { position, button });
    window.window().dispatch_event(WindowEvent::PointerReleased { position, button });
    world.until("the next", |world| world.mock.called("friend.accept") == 2);
    assert_eq!(world.mock.asked("friend.accept")[1]["friend"], "@gu");
}
