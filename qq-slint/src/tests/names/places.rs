//! Where the walk goes: every window in every state in which it has controls of its own.

use std::iter::successors;

use qq_slint_ui::{
    Ask, Check, Crop, Device, Enter, EnterPage, Friends, Item, ItemKind, Known, Mark, Prefs, Presence, Row,
    RowKind, Section, Talk, Waiting,
};
use slint::platform::PointerEventButton;
use slint::{LogicalPosition, LogicalSize, ModelRc, SharedString, VecModel};

use super::*;
use crate::asking::{self, Question};

/// The parts of the walk.
pub(super) const ALL: [fn(&mut Walk); 7] =
    [login, friends, friend_menus, conversations, one_window, settings, sheets];

/// Every page of the login window: a new one is not compiled until it stands here.
fn pages() -> impl Iterator<Item = EnterPage> {
    successors(Some(EnterPage::First), |page| match page {
        EnterPage::First => Some(EnterPage::Login),
        EnterPage::Login => Some(EnterPage::Join),
        EnterPage::Join => Some(EnterPage::Register),
        EnterPage::Register => Some(EnterPage::Run),
        EnterPage::Run => None,
    })
}

/// Every section of the settings, likewise.
fn sections() -> impl Iterator<Item = Section> {
    successors(Some(Section::Account), |section| match section {
        Section::Account => Some(Section::Devices),
        Section::Devices => Some(Section::Notifications),
        Section::Notifications => Some(Section::Sounds),
        Section::Sounds => Some(Section::Appearance),
        Section::Appearance => Some(Section::Layout),
        Section::Layout => Some(Section::Language),
        Section::Language => Some(Section::Keys),
        Section::Keys => Some(Section::Privacy),
        Section::Privacy => Some(Section::Outbox),
        Section::Outbox => Some(Section::Doctor),
        Section::Doctor => Some(Section::About),
        Section::About => None,
    })
}

/// Every kind of row in the friend list, likewise.
fn kinds() -> impl Iterator<Item = ItemKind> {
    successors(Some(ItemKind::Group), |kind| match kind {
        ItemKind::Group => Some(ItemKind::Friend),
        ItemKind::Friend => Some(ItemKind::Request),
        ItemKind::Request => Some(ItemKind::Hint),
        ItemKind::Hint => Some(ItemKind::Message),
        ItemKind::Message => None,
    })
}

/// Every mark of a message, likewise.
fn marks() -> impl Iterator<Item = Mark> {
    successors(Some(Mark::None), |mark| match mark {
        Mark::None => Some(Mark::Waiting),
        Mark::Waiting => Some(Mark::Sent),
        Mark::Sent => Some(Mark::Delivered),
        Mark::Delivered => Some(Mark::Read),
        Mark::Read => Some(Mark::Failed),
        Mark::Failed => None,
    })
}

fn list<T: Clone + 'static>(items: impl IntoIterator<Item = T>) -> ModelRc<T> {
    ModelRc::new(VecModel::from(items.into_iter().collect::<Vec<_>>()))
}

/// So large that nothing has to be scrolled to.
fn enlarge<C: ComponentHandle + 'static>(window: &C) {
    window.window().set_size(LogicalSize::new(1_000.0, 3_000.0));
    settle();
}

/// What follows from a change has followed.
fn settle() {
    for _ in 0..5 {
        testing::mock_elapsed_time(Duration::from_millis(100));
    }
}

fn login(walk: &mut Walk) {
    let world = World::start(false);
    let login = world.login();
    let window = login.window();
    enlarge(window);
    let enter = window.global::<Enter>();
    for page in pages() {
        enter.set_page(page);
        settle();
        walk.look(&format!("login, {page:?}"), window);
    }
    enter.set_banner("The background program is away.".into());
    enter.set_banner_action("Try again".into());
    enter.set_error("Wrong account or password.".into());
    enter.set_fingerprint("SHA256:00ff".into());
    let known = Known { account: ALICE.into(), name: "Alice".into(), ..Known::default() };
    enter.set_known(list([known]));
    for (busy, server) in [(false, false), (true, true)] {
        enter.set_busy(busy);
        enter.set_server_shown(server);
        if busy {
            enter.set_fingerprint("".into());
            enter.set_step("Connecting…".into());
        }
        for page in pages() {
            enter.set_page(page);
            settle();
            walk.look(&format!("login, {page:?}, busy {busy}"), window);
        }
    }
}

/// A row of the friend list.
fn item(kind: ItemKind) -> Item {
    let name = format!("{kind:?}");
    Item {
        kind,
        id: name.as_str().into(),
        title: name.as_str().into(),
        spoken: name.as_str().into(),
        note: "a note".into(),
        words: "a status text".into(),
        name: "a name".into(),
        group: "a group".into(),
        last: "yesterday".into(),
        count: "1".into(),
        unread: 1,
        own: true,
        incoming: true,
        ..Item::default()
    }
}

fn friends(walk: &mut Walk) {
    let world = World::start(true);
    let friends = world.friends();
    let window = friends.window();
    enlarge(window);
    walk.look("friends", window);
    let list_of = window.global::<Friends>();
    list_of.invoke_tab_chosen(1);
    settle();
    walk.look("friends, recent", window);
    list_of.invoke_tab_chosen(0);
    for state in [Presence::Online, Presence::Away, Presence::Busy, Presence::Invisible, Presence::Offline] {
        list_of.set_presence(state);
        settle();
        walk.look(&format!("friends, oneself {state:?}"), window);
    }
    button(window, "You are off line").invoke_accessible_default_action();
    settle();
    walk.look("friends, the menu of the state", window);
    keys(window.window(), &char::from(Key::Escape).to_string());
    button(window, "Menu").invoke_accessible_default_action();
    settle();
    walk.look("friends, the menu", window);
    keys(window.window(), &char::from(Key::Escape).to_string());
    list_of.set_items(list(kinds().map(item)));
    list_of.set_accounts(list(["alice@mock", "anna@mock"].map(SharedString::from)));
    list_of.set_banner("The server is away.".into());
    list_of.set_banner_action("Try again".into());
    list_of.set_filling(0.5);
    settle();
    walk.look("friends, every kind of row", window);
    // Over the friend, who is the second row, until the card comes.
    let row = by_label(window, "Friend").expect("the friend's row").absolute_position();
    let position = LogicalPosition::new(row.x + 60.0, row.y + 20.0);
    window.window().dispatch_event(WindowEvent::PointerMoved { position });
    settle();
    settle();
    walk.look("friends, a card", window);
    list_of.set_items(ModelRc::default());
    list_of.set_empty("No friends yet.".into());
    list_of.set_empty_action("Add a friend".into());
    settle();
    walk.look("friends, nobody", window);
}

fn friend_menus(walk: &mut Walk) {
    let world = World::start(true);
    let friends = world.friends();
    let window = friends.window();
    enlarge(window);
    let list_of = window.global::<Friends>();
    list_of.set_groups(list(["Family", "Work"].map(SharedString::from)));
    for (muted, blocked) in [(false, false), (true, true)] {
        list_of.set_items(list(kinds().map(|kind| Item { muted, blocked, ..item(kind) })));
        settle();
        for kind in [ItemKind::Group, ItemKind::Friend] {
            list_of.set_menu_of(format!("{kind:?}").into());
            settle();
            walk.look(&format!("friends, the menu of a {kind:?}, muted {muted}"), window);
            keys(window.window(), &char::from(Key::Escape).to_string());
            settle();
        }
    }
}

/// A row of a conversation.
fn row(mark: Mark) -> Row {
    Row {
        kind: RowKind::Text,
        id: format!("{mark:?}").into(),
        mine: mark != Mark::None,
        first: true,
        text: "see https://example.org 👍".into(),
        spoken: "You: see".into(),
        has_links: true,
        has_emoji: true,
        time: "12:00".into(),
        mark,
        why: if mark == Mark::Failed { "refused".into() } else { "".into() },
        ..Row::default()
    }
}

fn rows_of_all_kinds() -> ModelRc<Row> {
    let notes = [RowKind::Day, RowKind::Unread, RowKind::Event];
    let note = |kind| Row { kind, text: "Today".into(), spoken: "Today".into(), ..Row::default() };
    list(notes.into_iter().map(note).chain(marks().map(row)))
}

fn conversations(walk: &mut Walk) {
    let world = World::start(true);
    world.mock.fill(|_, messages| messages.push(old(0)));
    let chat = world.open("bob");
    let window = chat.window();
    enlarge(window);
    world.until("the message", |_| rows(window).contains(&"message 0".to_owned()));
    walk.look("conversation", window);
    let talk = window.global::<Talk>();
    talk.set_rows(rows_of_all_kinds());
    talk.set_draft("not yet sent".into());
    talk.set_banner("The server is away.".into());
    talk.set_problem("Not sent.".into());
    talk.set_newer(true);
    talk.set_searching(true);
    button(window, "Emoji").invoke_accessible_default_action();
    settle();
    walk.look("conversation, all at once", window);
    // The right button over a message.
    let bubble = ElementHandle::find_by_element_id(window, "MessageRow::bubble").last().expect("a bubble");
    let (at, size) = (bubble.absolute_position(), bubble.size());
    let position = LogicalPosition::new(at.x + size.width - 6.0, at.y + 4.0);
    let button = PointerEventButton::Right;
    window.window().dispatch_event(WindowEvent::PointerMoved { position });
    window.window().dispatch_event(WindowEvent::PointerPressed { position, button });
    window.window().dispatch_event(WindowEvent::PointerReleased { position, button });
    settle();
    walk.look("conversation, the menu of a message", window);
}

fn one_window(walk: &mut Walk) {
    let world = World::start(true);
    world.app.prefs.borrow_mut().layout = 1;
    world.app.prefs_changed();
    let friends = world.friends();
    let window = friends.window();
    enlarge(window);
    walk.look("one window, nobody chosen", window);
    world.mock.message("bob", "hello");
    world.open("bob");
    world.until("the message", |_| window.global::<Talk>().get_rows().row_count() > 0);
    settle();
    walk.look("one window, a conversation", window);
}

fn settings(walk: &mut Walk) {
    let world = World::start(true);
    world.app.show_settings();
    let settings = world.app.settings.borrow().clone().unwrap();
    let window = settings.window();
    enlarge(window);
    let prefs = window.global::<Prefs>();
    for full in [false, true] {
        if full {
            let device = |own| Device { id: "d".into(), client: "a tablet".into(), own, ..Device::default() };
            prefs.set_devices(list([device(true), device(false)]));
            prefs.set_link("qiao://mock:5290/d/7k3m9q".into());
            prefs.set_muted(list([SharedString::from("bob")]));
            prefs.set_blocked(list([SharedString::from("eve")]));
            let waits =
                |failed| Waiting { id: "m".into(), text: "hello".into(), failed, ..Waiting::default() };
            prefs.set_waiting(list([waits(false), waits(true)]));
            prefs.set_any_failed(true);
            let check = |verdict| Check {
                verdict,
                text: "the clock".into(),
                advice: "set it".into(),
                whose: "alice@mock".into(),
            };
            prefs.set_checks(list([0, 1, 2].map(check)));
            prefs.set_checking(true);
            prefs.set_random_password(true);
            prefs.set_wayland(true);
            prefs.set_problem("The settings cannot be kept.".into());
            prefs.set_banner("The server is away.".into());
        }
        for section in sections() {
            prefs.set_section(section);
            settle();
            walk.look(&format!("settings, {section:?}, full {full}"), window);
        }
    }
    window.global::<Crop>().set_open(true);
    window.global::<Crop>().set_error("It cannot be kept.".into());
    settle();
    walk.look("settings, a picture is cut", window);
}

/// Every sheet over every window, and what is said in one.
fn sheets(walk: &mut Walk) {
    let world = World::start(true);
    let friends = world.friends();
    let chat = world.open("bob");
    world.app.show_settings();
    let settings = world.app.settings.borrow().clone().unwrap();
    enlarge(friends.window());
    enlarge(chat.window());
    enlarge(settings.window());
    sheets_over(walk, &world, "friends", friends.window());
    sheets_over(walk, &world, "conversation", chat.window());
    sheets_over(walk, &world, "settings", settings.window());
}

fn sheets_over<C>(walk: &mut Walk, world: &World, place: &str, window: &C)
where
    C: ComponentHandle + 'static,
    for<'a> Ask<'a>: slint::Global<'a, C>,
{
    for what in source::sheets() {
        asking::ask(window, &world.app, Question::new(what, "Bob", |_, answer, _, _| answer.done()));
        window.global::<Ask>().set_error("That is not allowed.".into());
        settle();
        assert!(!window.global::<Ask>().get_title().is_empty(), "{what} has no title");
        walk.look(&format!("{place}, the sheet {what}"), window);
        button(window, "Cancel").invoke_accessible_default_action();
        settle();
        assert!(!window.global::<Ask>().get_open(), "{place}: {what} stays");
    }
    asking::tell(window, "What happened to this message", "It was sent.");
    settle();
    walk.look(&format!("{place}, what is told"), window);
    button(window, "Close").invoke_accessible_default_action();
}
