//! Two accounts in the same windows, and a computer that is somebody else's, too: nothing asked, shown or kept of one of them
//! reaches the other, and nothing of either stays where it was promised to go.

use ipc_schema::account;
use ipc_schema::daemon::Wanted;
use qq_slint_ui::{Ask, Enter, EnterPage, Friends as Global, Prefs, Section, Talk};

use super::*;
use crate::mock::accounts::CAROL;

impl World {
    /// Alice is shown, and carol is logged in, too.
    fn of_two() -> Self {
        let world = Self::start(true);
        world.mock.add_carol();
        world.until("both", |world| world.app.state.borrow().accounts.len() == 2);
        assert!(world.app.shows(ALICE));
        world
    }

    /// Somebody presses a notification of carol's, or says `qqctl open --account carol`.
    fn turns_to_carol(&self) {
        self.mock.event_of(CAROL, Event::DaemonWanted(Wanted { to: None, link: None, token: None }));
        self.until("carol is shown", |world| world.app.shows(CAROL));
    }

    fn settings(&self, section: Section) -> Rc<crate::windows::Settings> {
        self.app.show_section(section);
        self.app.settings.borrow().clone().expect("the settings are open")
    }

    fn link(&self, account: &str, link: account::Changed) {
        self.mock.event_of(account, Event::AccountState(link.clone()));
        self.until("the link is told", |world| {
            world.app.state.borrow().account(account).is_some_and(|known| known.link == link)
        });
    }
}

fn offline(reason: Option<&str>) -> account::Changed {
    account::Changed {
        relay: "mock:5290".into(),
        reason: reason.map(str::to_owned),
        ..account::Changed::default()
    }
}

#[test]
fn what_is_asked_of_one_account_goes_when_another_is_shown_with_what_was_typed() {
    let world = World::of_two();
    let settings = world.settings(Section::Account);
    settings.window().global::<Prefs>().invoke_password();
    field(settings.window(), "The new password").set_accessible_value("for alice");
    let friends = world.friends();
    button(friends.window(), "Add a friend (Ctrl+N)").invoke_accessible_default_action();
    world.turns_to_carol();
    let sheet = settings.window().global::<Ask>();
    assert!(!sheet.get_open() && !friends.window().global::<Ask>().get_open());
    assert_eq!(sheet.get_second(), "");
}

#[test]
fn an_answer_goes_to_the_account_that_was_asked_whichever_is_shown() {
    let world = World::of_two();
    let settings = world.settings(Section::Account);
    let friends = world.friends();
    settings.window().global::<Prefs>().invoke_password();
    friends.window().global::<Global>().invoke_remove("bob".into());
    // Shown by any way that nobody thought of.
    *world.app.account.borrow_mut() = Some(CAROL.into());
    settings.window().global::<Ask>().invoke_accepted("old".into(), "new".into());
    friends.window().global::<Ask>().invoke_accepted("".into(), "".into());
    for method in ["account.passwd", "friend.remove"] {
        world.until(method, |world| world.mock.called(method) == 1);
        assert_eq!(world.mock.asked(method)[0]["account"], ALICE, "{method}");
    }
}

#[test]
fn a_picture_is_cut_for_the_account_that_chose_it() {
    let world = World::of_two();
    let settings = world.settings(Section::Account);
    let crop = settings.window().global::<qq_slint_ui::Crop>();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("picture.png");
    image::RgbImage::new(40, 40).save(&path).unwrap();
    settings.look_at_picture(&world.app, ALICE, &path);
    world.until("the square", |_| crop.get_open());
    world.turns_to_carol();
    assert!(!crop.get_open());
    settings.look_at_picture(&world.app, ALICE, &path);
    let opens = settings.window().global::<Prefs>().get_picture_opens();
    assert!(!opens, "the file chooser answered late");
    settings.look_at_picture(&world.app, CAROL, &path);
    world.until("carol's square", |_| crop.get_open());
    *world.app.account.borrow_mut() = Some(ALICE.into());
    crop.invoke_accepted();
    assert_eq!(crop.get_error(), "");
    let sent = |world: &World| {
        world.mock.asked("account.profile").into_iter().find(|asked| asked["picture"].is_string())
    };
    world.until("it is sent", |world| sent(world).is_some());
    assert_eq!(sent(&world).unwrap()["account"], CAROL);
}

#[test]
fn a_picture_that_comes_after_cancel_opens_nothing() {
    let world = World::of_two();
    let settings = world.settings(Section::Account);
    let window = settings.window();
    let (prefs, crop) = (window.global::<Prefs>(), window.global::<qq_slint_ui::Crop>());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("picture.png");
    image::RgbImage::new(40, 40).save(&path).unwrap();
    for cancelled in [true, false] {
        prefs.invoke_picture_pick();
        let sheet = window.global::<qq_slint_ui::Ask>();
        world.until("the sheet", |_| sheet.get_open());
        sheet.invoke_accepted(path.to_str().unwrap().into(), "".into());
        // It is taken away when the picture is there.
        prefs.set_picture_opens(true);
        if cancelled {
            sheet.invoke_cancelled();
        }
        world.until("the picture", |_| !prefs.get_picture_opens());
        assert_eq!(crop.get_open(), !cancelled);
    }
}

#[test]
fn nothing_of_one_account_stands_under_another_and_only_what_was_edited_is_saved() {
    let world = World::of_two();
    world.mock.fill(|state, _| {
        state.accounts[0].note = "alice's words".into();
        state.accounts[1].note = "carol's words".into();
    });
    let settings = world.settings(Section::Account);
    let prefs = settings.window().global::<Prefs>();
    world.until("alice's profile", |_| prefs.get_note() == "alice's words");
    prefs.set_link("qiao://mock/d/secret".into());
    prefs.set_random_password(true);
    prefs.set_name("Alice, half typed".into());
    world.app.turn_to(Some(CAROL.into()));
    assert_eq!((prefs.get_name().as_str(), prefs.get_note().as_str()), ("Carol", ""));
    assert_eq!((prefs.get_link().as_str(), prefs.get_random_password()), ("", false));
    // Before her profile has come.
    prefs.set_name("Carol C".into());
    prefs.invoke_profile_changed();
    let saved = |world: &World| {
        world.mock.asked("account.profile").into_iter().find(|asked| asked["name"].is_string())
    };
    world.until("it is saved", |world| saved(world).is_some());
    let saved = saved(&world).unwrap();
    assert_eq!((&saved["account"], &saved["name"]), (&CAROL.into(), &"Carol C".into()));
    assert!(saved["note"].is_null(), "her words were not edited: {saved}");
    world.until("her words", |_| prefs.get_note() == "carol's words");
}

#[test]
fn ones_words_stand_under_no_other_account() {
    let world = World::of_two();
    let friends = world.friends();
    let shown = account::Shown { note: "only alice's".into(), ..account::Shown::default() };
    friends.on_profile(&world.app, &shown);
    let list = friends.window().global::<Global>();
    assert_eq!(list.get_note(), "only alice's");
    world.app.turn_to(Some(CAROL.into()));
    friends.refresh(&world.app);
    assert_eq!(list.get_note(), "");
}

#[test]
fn a_loss_of_the_link_closes_no_conversation_and_a_log_out_does() {
    let world = World::start(true);
    let chat = world.open("bob");
    world.types("bob", "half a sen");
    world.link(ALICE, offline(None));
    assert!(chat.window().window().is_visible());
    assert_eq!(chat.window().global::<Talk>().get_draft(), "half a sen");
    world.mock.log_out(ALICE);
    world.until("it is closed", |world| world.app.chats.borrow().is_empty());
}

#[test]
fn the_bar_over_a_conversation_is_about_its_own_account() {
    let world = World::of_two();
    let chat = world.open("bob");
    world.app.turn_to(Some(CAROL.into()));
    let away =
        account::Changed { state: account::State::Backoff, relay: "carols:5290".into(), ..offline(None) };
    world.link(CAROL, away.clone());
    let banner = || chat.window().global::<Talk>().get_banner();
    assert!(!world.banner().0.is_empty());
    assert_eq!(banner(), "");
    world.link(ALICE, away);
    assert!(!banner().is_empty());
}

#[test]
fn one_account_is_logged_out_and_the_windows_of_the_other_stay() {
    let world = World::of_two();
    let settings = world.settings(Section::Account);
    settings.window().global::<Prefs>().invoke_log_out();
    one_is_logged_out(&world, settings.window());
}

#[test]
fn an_account_is_logged_out_from_the_menu_of_the_friend_list() {
    let world = World::of_two();
    let friends = world.friends();
    friends.window().global::<Global>().invoke_log_out();
    one_is_logged_out(&world, friends.window());
}

fn one_is_logged_out<W: ComponentHandle + 'static>(world: &World, window: &W)
where
    for<'a> Ask<'a>: slint::Global<'a, W>,
{
    let peer = (CAROL.to_owned(), "bob".to_owned());
    world.app.show_chat(&peer, true);
    world.open("bob");
    button(window, "Log out").invoke_accessible_default_action();
    world.until("alice is out", |world| world.app.shows(CAROL));
    world.until("the sheet goes", |_| !window.global::<Ask>().get_open());
    let chats = world.app.chats.borrow();
    assert_eq!(chats.keys().collect::<Vec<_>>(), [&peer]);
    assert!(chats[&peer].window().window().is_visible());
    assert!(world.friends().window().window().is_visible() && world.app.login.borrow().is_none());
}

#[test]
fn to_quit_on_a_shared_computer_logs_out_and_forgets() {
    let world = World::of_two();
    {
        let mut prefs = world.app.prefs.borrow_mut();
        prefs.shared.push(ALICE.into());
        prefs.folded.extend([format!("{ALICE}/school"), format!("{CAROL}/work")]);
    }
    let friends = world.friends();
    let sheet = friends.window().global::<Ask>();
    friends.window().global::<Global>().invoke_quit();
    assert_eq!(sheet.get_title(), "Log out, forget everything here and quit?");
    button(friends.window(), "Quit").invoke_accessible_default_action();
    world.until("the daemon is told to end", |world| world.mock.called("daemon.stop") == 1);
    let out = world.mock.asked("account.logout");
    assert_eq!((out.len(), &out[0]["account"], &out[0]["forget"]), (1, &ALICE.into(), &true.into()));
    let prefs = world.app.prefs.borrow();
    assert_eq!((prefs.shared.len(), &prefs.folded[..]), (0, &[format!("{CAROL}/work")][..]));
}

#[test]
fn who_was_logged_in_before_is_offered_and_the_last_one_need_not_be_typed() {
    let world = World::start(false);
    world.mock.remember(&["bob@mock", "dora@mock"]);
    world.app.prefs.borrow_mut().last = Some("dora@mock".into());
    world.app.show_login();
    let login = world.login();
    let enter = login.window().global::<Enter>();
    world.until("both", |_| enter.get_known().row_count() == 2);
    assert_eq!((enter.get_account().as_str(), enter.get_page()), ("dora@mock", EnterPage::Login));
    button(login.window(), "bob@mock").invoke_accessible_default_action();
    assert_eq!(enter.get_account(), "bob@mock");
}

#[test]
fn nobody_is_shown_in_the_place_of_an_account_that_was_named() {
    let world = World::of_two();
    let wish = |name: &str| world.app.wish(Wish { account: Some(name.into()), ..Wish::default() });
    let friends = world.friends();
    let said = || friends.window().global::<Ask>().get_text().to_string();
    wish("dora");
    assert!(
        world.app.shows(ALICE) && said().starts_with("No account called dora is logged in"),
        "{}",
        said()
    );
    wish("CAROL");
    assert!(world.app.shows(CAROL));
    world.mock.fill(|state, _| {
        let other = ipc_schema::state::Account { account: "carol@else".into(), ..state.accounts[1].clone() };
        state.accounts.push(other);
    });
    world.mock.event(Event::DaemonState(world.mock.state()));
    world.until("three", |world| world.app.state.borrow().accounts.len() == 3);
    wish("alice");
    wish("carol");
    assert!(world.app.shows(ALICE));
    assert_eq!(said(), "carol may be carol@mock, carol@else. Write the whole name.");
}

#[test]
fn a_friend_is_named_by_account_or_own_remark_and_never_by_what_friends_call_themselves() {
    let world = World::start(true);
    world.mock.fill(|state, _| {
        let friends = &mut state.accounts[0].groups[0].friends;
        friends[2].remark = "Mum".into();
        (friends[3].remark, friends[4].remark) = ("Boss".into(), "Boss".into());
        friends[0].name = "bobby".into();
    });
    world.mock.event(Event::DaemonState(world.mock.state()));
    world.until("the remark", |world| {
        world.app.current(|own| own.friend("cui").is_some_and(|cui| cui.remark == "Mum")) == Some(true)
    });
    let opens = |name: &str| {
        world.app.chats.borrow_mut().clear();
        world.app.wish(Wish { open: Some(name.into()), ..Wish::default() });
        world.app.chats.borrow().keys().map(|peer| peer.1.clone()).collect::<Vec<_>>()
    };
    assert_eq!(opens("bobby"), [""; 0], "amy calls herself so");
    assert_eq!(
        world.friends().window().global::<Ask>().get_text(),
        "bobby is neither the account nor your remark name of a friend."
    );
    assert_eq!((opens("Mum"), opens("@Mum")), (vec!["cui".to_owned()], Vec::new()));
    assert_eq!((opens("BOB"), opens("Boss")), (vec!["bob".to_owned()], Vec::new()));
}

#[test]
fn a_window_that_is_closed_keeps_no_secret() {
    let world = World::start(true);
    let settings = world.settings(Section::Devices);
    let prefs = settings.window().global::<Prefs>();
    prefs.set_link("qiao://mock/d/secret".into());
    prefs.invoke_password();
    field(settings.window(), "The new password").set_accessible_value("half ty");
    settings.window().window().dispatch_event(WindowEvent::CloseRequested);
    let sheet = settings.window().global::<Ask>();
    assert_eq!((prefs.get_link().as_str(), sheet.get_second().as_str(), sheet.get_open()), ("", "", false));
    world.app.show_login();
    let login = world.login();
    let enter = login.window().global::<Enter>();
    enter.set_password("secret".into());
    login.window().window().dispatch_event(WindowEvent::CloseRequested);
    assert_eq!(enter.get_password(), "");
}

#[test]
fn the_steps_of_a_login_are_those_of_its_own_account() {
    let world = World::start(false);
    let login = world.login();
    let enter = login.window().global::<Enter>();
    let link = account::Changed {
        state: account::State::Authenticating,
        relay: "bobbys:5290".into(),
        step: Some(account::Step::Login),
        ..account::Changed::default()
    };
    enter.set_page(EnterPage::Login);
    enter.set_account("bob".into());
    enter.invoke_login();
    for (name, is_shown) in [("bobby@mock", false), ("bob@mock", true)] {
        let known =
            ipc_schema::state::Account { account: name.into(), link: link.clone(), ..Default::default() };
        world.app.state.borrow_mut().accounts.push(known);
        login.refresh(&world.app);
        assert_eq!(enter.get_step().contains("bobbys:5290"), is_shown, "{name}");
    }
}
