//! How the windows look and feel: large letters, the line above what is new, where the keyboard is after a sheet.

use qq_slint_ui::{Ask, Enter, EnterPage, Friends as Global, Prefs, Section, Talk};
use slint::{LogicalPosition, LogicalSize};

use super::*;

/// Who can be pressed or typed in, with what it is called.
fn controls<C: ComponentHandle + 'static>(window: &C) -> Vec<(String, ElementHandle)> {
    use AccessibleRole::{Button, Checkbox, Combobox, Switch, Tab, TextInput};
    [Button, Checkbox, Combobox, Switch, Tab, TextInput]
        .into_iter()
        .flat_map(|role| ElementQuery::from_root(window).match_accessible_role(role).find_all())
        .map(|element| (element.accessible_label().unwrap_or_default().to_string(), element))
        .collect()
}

/// Those that stand outside of their window at its left or right.
fn cut<C: ComponentHandle + 'static>(window: &C, size: (f32, f32)) -> Vec<String> {
    window.window().set_size(LogicalSize::new(size.0, size.1));
    testing::mock_elapsed_time(Duration::from_millis(100));
    let outside = |element: &ElementHandle| {
        let (x, width) = (element.absolute_position().x, element.size().width);
        // A read-only text may be moved under its frame.
        x < 0.0 || x + width > size.0 + 0.5
    };
    controls(window).into_iter().filter(|(_, element)| outside(element)).map(|(name, _)| name).collect()
}

fn enlarge(world: &World) {
    world.app.prefs.borrow_mut().font_scale = 1.6;
    world.app.prefs_changed();
}

#[test]
fn at_the_largest_letters_no_control_is_cut_off_and_all_of_them_grow() {
    let world = World::start(true);
    let friends = world.friends();
    let small = button(friends.window(), "Your profile").size().width;
    enlarge(&world);
    let large = button(friends.window(), "Your profile").size().width;
    assert!((large - small * 1.6).abs() < 1.0, "{small} {large}");
    assert_eq!(cut(friends.window(), (416.0, 640.0)), [""; 0]);
    friends.window().global::<Global>().invoke_friend_add();
    assert_eq!(cut(friends.window(), (416.0, 640.0)), [""; 0], "the sheet");
    let chat = world.open("bob");
    chat.window().global::<Talk>().set_searching(true);
    assert_eq!(cut(chat.window(), (360.0, 500.0)), [""; 0]);
    world.app.show_login();
    let login = world.login();
    for page in [EnterPage::First, EnterPage::Login, EnterPage::Join, EnterPage::Register, EnterPage::Run] {
        login.window().global::<Enter>().set_page(page);
        assert_eq!(cut(login.window(), (544.0, 620.0)), [""; 0], "{page:?}");
    }
    world.app.show_settings();
    let settings = world.app.settings.borrow().clone().unwrap();
    for section in
        [Section::Account, Section::Devices, Section::Notifications, Section::Sounds, Section::Layout]
    {
        settings.window().global::<Prefs>().set_section(section);
        assert_eq!(cut(settings.window(), (676.0, 560.0)), [""; 0], "{section:?}");
    }
}

#[test]
fn the_list_of_sections_goes_to_the_chosen_one() {
    let world = World::start(true);
    enlarge(&world);
    world.app.show_settings();
    let settings = world.app.settings.borrow().clone().unwrap();
    let window = settings.window();
    window.window().set_size(LogicalSize::new(676.0, 400.0));
    // One that is scrolled out of the list is not found.
    let about = || controls(window).into_iter().find(|(name, _)| name == "About");
    let bottom = |about: &ElementHandle| about.absolute_position().y + about.size().height;
    let in_view = || about().is_some_and(|(_, about)| bottom(&about) <= 400.0);
    testing::mock_elapsed_time(Duration::from_millis(100));
    assert!(!in_view(), "it does not fit");
    window.global::<Prefs>().set_section(Section::About);
    world.until("it is in view", |_| in_view());
    window.global::<Prefs>().set_section(Section::Account);
    world.until("and out again", |_| !in_view());
}

/// How many messages of bob's are unread.
fn unread(world: &World) -> Option<u64> {
    world.app.current(|account| account.friend("bob").map(|bob| bob.unread)).flatten()
}

/// Where the line "New messages" stands among the rows.
fn line(talk: &Talk<'_>) -> Option<String> {
    let rows: Vec<_> = talk.get_rows().iter().collect();
    let at = rows.iter().position(|row| row.kind == qq_slint_ui::RowKind::Unread)?;
    rows.get(at + 1).map(|row| row.text.to_string())
}

#[test]
fn a_window_that_is_opened_again_shows_where_the_new_messages_begin() {
    let world = World::start(true);
    world.app.prefs.borrow_mut().on_message = Some(1);
    world.mock.message("bob", "old");
    world.until("it is counted", |world| unread(world) == Some(1));
    let chat = world.open("bob");
    let talk = chat.window().global::<Talk>();
    world.until("the message", |_| rows(chat.window()).contains(&"old".to_owned()));
    chat.hide();
    for text in ["new", "newer"] {
        world.mock.message("bob", text);
    }
    world.until("both", |world| unread(world) == Some(2));
    world.open("bob");
    assert_eq!(line(&talk).as_deref(), Some("new"));
    world.until("they are read", |world| unread(world) == Some(0));
    assert_eq!(line(&talk).as_deref(), Some("new"), "it stays for whoever reads");
    chat.hide();
    world.open("bob");
    assert_eq!(line(&talk), None, "nothing is new now");
}

#[test]
fn beside_the_list_the_line_stands_in_the_conversation_that_is_turned_to() {
    let world = World::start(true);
    world.app.prefs.borrow_mut().layout = 1;
    world.app.prefs_changed();
    world.mock.message("bob", "before");
    world.mock.message("bob", "before, too");
    world.until("they are counted", |world| unread(world) == Some(2));
    world.open("bob");
    let friends = world.friends();
    let talk = friends.window().global::<Talk>();
    world.until("the line", |_| line(&talk).as_deref() == Some("before"));
    // What is told as read is the whole conversation.
    world.until("they are read", |world| unread(world) == Some(0));
    world.open("amy");
    world.mock.message("bob", "after");
    world.until("it is counted", |world| unread(world) == Some(1));
    world.open("bob");
    world.until("the line of the new one", |_| line(&talk).as_deref() == Some("after"));
}

#[test]
fn the_last_message_keeps_its_distance_from_the_field() {
    let world = World::start(true);
    for text in ["one", "two", "six"] {
        world.mock.message("bob", text);
    }
    let chat = world.open("bob");
    chat.window().window().set_size(LogicalSize::new(600.0, 560.0));
    world.until("all", |_| rows(chat.window()).contains(&"six".to_owned()));
    let heights = || -> Vec<f32> {
        let query = ElementQuery::from_root(chat.window()).match_accessible_role(AccessibleRole::ListItem);
        query.find_all().iter().map(|row| row.size().height).collect()
    };
    world.until("the rows", |_| heights().len() >= 4);
    let heights = heights();
    let [.., before, last] = heights[..] else { panic!("{heights:?}") };
    assert!((last - before - 10.0).abs() < 0.5, "{heights:?}");
}

#[test]
fn the_card_of_a_friend_covers_no_row() {
    let world = World::start(true);
    for layout in [0, 1] {
        world.app.prefs.borrow_mut().layout = layout;
        world.app.prefs_changed();
        let friends = world.friends();
        let window = friends.window();
        let width = if layout == 1 { 900.0 } else { 300.0 };
        window.window().set_size(LogicalSize::new(width, 640.0));
        testing::mock_elapsed_time(Duration::from_millis(50));
        let row = by_label(window, "Bob Müller, on line, Rust all the things").expect("bob");
        let (at, size) = (row.absolute_position(), row.size());
        let position = LogicalPosition::new(at.x + 100.0, at.y + size.height / 2.0);
        window.window().dispatch_event(WindowEvent::PointerMoved { position });
        let card = || ElementQuery::from_root(window).match_inherits("FriendCard").find_first();
        world.until("the card", |_| card().is_some());
        let card = card().unwrap();
        let (corner, extent) = (card.absolute_position(), card.size());
        let first =
            by_label(window, "My Friends, 4 of 5 on line").expect("the first row").absolute_position();
        assert!(
            corner.y + extent.height <= first.y || corner.x >= at.x + size.width,
            "layout {layout}: {corner:?} {extent:?}, the rows begin at {first:?}"
        );
        assert!(corner.x + extent.width <= width && corner.y >= 0.0, "{corner:?} {extent:?}");
        window.window().dispatch_event(WindowEvent::PointerExited);
    }
}

#[test]
fn a_password_goes_to_no_other_page_of_the_login_window_and_each_page_has_a_way_back() {
    let world = World::start(false);
    let login = world.login();
    let window = login.window();
    let enter = window.global::<Enter>();
    use EnterPage as E;
    for (page, link, to) in [
        (E::First, "Join by an invite link", E::Join),
        (E::First, "Log in", E::Login),
        (E::First, "Run a server for my friends", E::Run),
        (E::Login, "Join by a link", E::Join),
        (E::Login, "New account", E::Register),
        (E::Join, "I have an account: log in", E::Login),
        (E::Join, "Back", E::First),
        (E::Register, "Join by a link", E::Join),
        (E::Register, "I have an account: log in", E::Login),
        (E::Register, "Back", E::First),
        (E::Run, "Join by a link", E::Join),
        (E::Run, "Back", E::First),
    ] {
        enter.set_page(page);
        enter.set_password("typed in secret".into());
        enter.set_error("wrong".into());
        button(window, link).invoke_accessible_default_action();
        assert_eq!((enter.get_page(), enter.get_password().as_str()), (to, ""), "{page:?}: {link}");
        assert_eq!(enter.get_error(), "", "{page:?}: {link}");
    }
    for page in [E::Join, E::Run, E::Register, E::Login] {
        enter.set_page(E::First);
        testing::mock_elapsed_time(Duration::from_millis(50));
        enter.set_page(page);
        testing::mock_elapsed_time(Duration::from_millis(50));
        window.window().dispatch_event(WindowEvent::WindowActiveChanged(true));
        keys(window.window(), &char::from(Key::Escape).to_string());
        assert_eq!(enter.get_page(), E::First, "{page:?}");
    }
}

#[test]
fn a_long_link_moves_under_its_frame_and_the_command_is_copied_by_one_press() {
    let world = World::start(false);
    let login = world.login();
    let window = login.window();
    let enter = window.global::<Enter>();
    window.window().dispatch_event(WindowEvent::WindowActiveChanged(true));
    enter.set_page(EnterPage::Run);
    button(window, "Copy the command").invoke_accessible_default_action();
    enter.set_page(EnterPage::Join);
    testing::mock_elapsed_time(Duration::from_millis(50));
    let at = |n: f32| field(window, "Link").absolute_position().x + n;
    let before = at(0.0);
    let control = char::from(Key::Control).to_string();
    window.window().dispatch_event(WindowEvent::KeyPressed { text: control.as_str().into() });
    keys(window.window(), "v");
    window.window().dispatch_event(WindowEvent::KeyReleased { text: control.as_str().into() });
    assert_eq!(enter.get_link(), "relay-server up --invite me,alice,bob");
    keys(window.window(), &"qiao://talk.example.org/".repeat(6));
    testing::mock_elapsed_time(Duration::from_millis(50));
    let width = field(window, "Link").size().width;
    assert!(at(0.0) < before - 100.0 && at(width) < 380.0, "{} {width}", at(0.0));
}

#[test]
fn the_keyboard_is_after_a_sheet_where_it_was_before() {
    let world = World::start(true);
    let escape = char::from(Key::Escape).to_string();
    let friends = world.friends();
    let window = friends.window();
    window.window().dispatch_event(WindowEvent::WindowActiveChanged(true));
    let list = window.global::<Global>();
    let gone = |sheet: &Ask<'_>| !sheet.get_open();
    window.invoke_focus_search();
    list.invoke_friend_add();
    world.until("the sheet has the keyboard", |_| {
        keys(window.window(), "f");
        window.global::<Ask>().get_first().contains('f')
    });
    keys(window.window(), &escape);
    assert!(gone(&window.global::<Ask>()));
    world.until("the search has it", |_| {
        keys(window.window(), "c");
        list.get_filter().contains('c')
    });
    list.set_filter("".into());
    list.invoke_filtered("".into());
    let chat = world.open("bob");
    let talk = chat.window().global::<Talk>();
    chat.window().window().dispatch_event(WindowEvent::WindowActiveChanged(true));
    talk.set_searching(true);
    testing::mock_elapsed_time(Duration::from_millis(50));
    talk.invoke_jump();
    testing::mock_elapsed_time(Duration::from_millis(50));
    keys(chat.window().window(), &escape);
    testing::mock_elapsed_time(Duration::from_millis(50));
    keys(chat.window().window(), "x");
    let searched = field(chat.window(), "Search in this conversation").accessible_value();
    assert_eq!((searched.as_deref(), talk.get_draft().as_str()), (Some("x"), ""));
}

#[test]
fn a_date_that_is_none_is_said_where_it_is_typed() {
    let world = World::start(true);
    let chat = world.open("bob");
    let window = chat.window();
    window.global::<Talk>().invoke_jump();
    let date = || field(window, "Date");
    let today = crate::clock::now().to_zoned(crate::clock::zone()).date().to_string();
    assert_eq!(date().accessible_value().as_deref(), Some(today.as_str()));
    assert_eq!(date().accessible_placeholder_text().as_deref(), Some(today.as_str()));
    let no_date = || by_label(window, "A date looks like this: 2026-01-31").is_some();
    date().set_accessible_value("31.1.");
    button(window, "Jump").invoke_accessible_default_action();
    world.until("the sentence", |_| no_date());
    date().set_accessible_value("2026-01-3");
    assert!(!no_date(), "it is being mended");
}

#[test]
fn nobody_is_missed_before_the_messages_were_searched() {
    let world = World::start(true);
    world.mock.message("bob", "the Noodle place at six");
    let friends = world.friends();
    let list = friends.window().global::<Global>();
    let answered = world.mock.called("chat.search");
    list.invoke_filtered("noodle".into());
    assert_eq!((list.get_items().row_count(), list.get_empty().as_str()), (0, ""));
    world.until("the message", |_| list.get_items().row_count() == 2);
    assert!(world.mock.called("chat.search") > answered && list.get_empty().is_empty());
    list.invoke_filtered("nobody at all".into());
    world.until("nobody", |_| list.get_empty() == "Nobody of this name.");
}
