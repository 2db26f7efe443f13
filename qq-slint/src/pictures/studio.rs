//! Where pictures are taken: a platform that only draws, a pretend daemon, fonts of its own, a clock that stands still.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ipc_schema::{Event, account, chat, friend};
use qq_slint_ui::{Say, Theme};
use slint::fontique_011::{fontique, shared_collection};
use slint::platform::software_renderer::{MinimalSoftwareWindow, RepaintBufferType};
use slint::platform::{
    Platform, PointerEventButton, WindowAdapter, WindowEvent, update_timers_and_animations,
};
use slint::{ComponentHandle, LogicalPosition, LogicalSize, PlatformError};

use super::album;
use crate::app::{App, begin};
use crate::mock::{ALICE, Mock};
use crate::single::Wish;
use crate::windows::{Chat, Friends};

thread_local! {
    static TIME: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// The name under which the pictures' own letters stand.
const FONT: &str = "Golden";

/// How the windows look, and what they speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    LightEnglish,
    DarkChinese,
}

/// Draws windows, and shows them nowhere.
struct Canvas;

impl Platform for Canvas {
    fn create_window_adapter(&self) -> Result<Rc<dyn WindowAdapter>, PlatformError> {
        Ok(MinimalSoftwareWindow::new(RepaintBufferType::NewBuffer))
    }

    fn duration_since_start(&self) -> Duration {
        TIME.get()
    }
}

pub(super) struct Studio {
    pub(super) mock: Mock,
    look: Look,
    app: OnceCell<Rc<App>>,
    wrong: RefCell<Vec<String>>,
    dir: tempfile::TempDir,
}

impl Studio {
    pub(super) fn open(look: Look) -> Self {
        slint::platform::set_platform(Box::new(Canvas)).unwrap();
        crate::clock::stop("2026-11-23T12:00:00Z".parse().unwrap());
        let dir = tempfile::tempdir().unwrap();
        let (mock, _) = Mock::start(dir.path(), true).unwrap();
        Self { mock, look, app: OnceCell::new(), wrong: RefCell::default(), dir }
    }

    /// Starts the program; what the pretend daemon holds then is its first state.
    pub(super) fn begin(&self) {
        letters();
        let socket = self.dir.path().join("ipc.sock");
        let app = begin(socket, true, false, Wish::default(), crate::prefs::Place::Nowhere).unwrap();
        {
            let mut prefs = app.prefs.borrow_mut();
            (prefs.theme, prefs.language) = match self.look {
                Look::LightEnglish => (1, 1),
                Look::DarkChinese => (2, 2),
            };
            prefs.still = true;
            prefs.on_message = Some(1);
        }
        app.prefs_changed();
        assert!(self.app.set(app).is_ok());
        self.until("the first window", |studio| {
            studio.app().friends.borrow().is_some() || studio.app().login.borrow().is_some()
        });
    }

    pub(super) fn app(&self) -> &Rc<App> {
        self.app.get().expect("the studio has begun")
    }

    pub(super) fn say(&self) -> Say<'_> {
        self.app().voice.global::<Say>()
    }

    pub(super) fn friends(&self) -> Rc<Friends> {
        let friends = self.app().friends.borrow().clone().expect("the friends window is open");
        self.dress(friends.window());
        friends
    }

    pub(super) fn chat(&self, friend: &str) -> Rc<Chat> {
        let peer = (ALICE.to_owned(), friend.to_owned());
        self.app().show_chat(&peer, true);
        let chat = self.app().chats.borrow().get(&peer).cloned().expect("the conversation is open");
        self.dress(chat.window());
        self.size(chat.window(), super::CHAT);
        self.until("the messages", |_| !chat.window().global::<qq_slint_ui::Talk>().get_loading());
        chat.window().window().take_snapshot().unwrap();
        chat.window().invoke_to_end();
        chat
    }

    /// The pictures' own letters for a window.
    pub(super) fn dress<C>(&self, window: &C)
    where
        C: ComponentHandle + 'static,
        for<'a> Theme<'a>: slint::Global<'a, C>,
    {
        window.global::<Theme>().set_font(FONT.into());
    }

    /// Lets the time of timers and animations pass, in milliseconds.
    pub(super) fn pass(&self, milliseconds: u64) {
        for _ in 0..milliseconds.div_ceil(20) {
            TIME.set(TIME.get() + Duration::from_millis(20));
            update_timers_and_animations();
        }
    }

    pub(super) fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        while !holds(self) {
            assert!(started.elapsed() < Duration::from_secs(20), "in vain: {what}");
            self.app().wait(Duration::from_millis(50));
            self.app().pump();
            self.pass(20);
        }
    }

    pub(super) fn click(&self, window: &slint::Window, position: LogicalPosition) {
        let button = PointerEventButton::Left;
        window.dispatch_event(WindowEvent::PointerMoved { position });
        window.dispatch_event(WindowEvent::PointerPressed { position, button });
        self.pass(60);
        window.dispatch_event(WindowEvent::PointerReleased { position, button });
        self.pass(60);
    }

    /// Gives a window its size, in logical pixels; what pops up over it would go by that.
    pub(super) fn size<C: ComponentHandle + 'static>(&self, window: &C, size: (f32, f32)) {
        let size = LogicalSize::new(size.0, size.1);
        if window.window().size().to_logical(window.window().scale_factor()) != size {
            window.window().set_size(size);
        }
    }

    /// Presses the right button.
    pub(super) fn menu(&self, window: &slint::Window, position: LogicalPosition) {
        let button = PointerEventButton::Right;
        window.dispatch_event(WindowEvent::PointerMoved { position });
        window.dispatch_event(WindowEvent::PointerPressed { position, button });
        window.dispatch_event(WindowEvent::PointerReleased { position, button });
        self.pass(60);
    }

    /// Takes a picture of a window and lays it beside the golden one.
    pub(super) fn take<C: ComponentHandle + 'static>(&self, name: &str, window: &C, size: (f32, f32)) {
        self.size(window, size);
        // Replies that are on their way, and what drawing itself brings about: rows learn their height by it.
        self.app().wait(Duration::from_millis(10));
        self.app().pump();
        self.pass(100);
        let window = window.window();
        window.take_snapshot().unwrap();
        self.pass(200);
        let picture = window.take_snapshot().unwrap();
        let look = match self.look {
            Look::LightEnglish => "light-en",
            Look::DarkChinese => "dark-zh",
        };
        if let Err(difference) = album::compare(&format!("{name}.{look}"), &picture) {
            self.wrong.borrow_mut().push(difference);
        }
    }

    /// What differed.
    pub(super) fn wrong(&self) -> Vec<String> {
        self.wrong.take()
    }

    /// The relay goes away.
    pub(super) fn away(&self) {
        self.mock.event(Event::AccountState(account::Changed {
            state: account::State::Backoff,
            relay: "talk.example.org:5290".into(),
            ..account::Changed::default()
        }));
        self.until("the bar", |studio| !studio.app().trouble().is_empty());
    }

    /// Friends with long names and in every state, and a conversation with everything in it.
    pub(super) fn talk_of_many(&self) {
        self.mock.fill(|state, messages| {
            let entry = |account: &str, name: &str, state, note: &str| friend::Entry {
                account: account.into(),
                name: name.into(),
                state,
                note: note.into(),
                ..friend::Entry::default()
            };
            use ipc_schema::presence::State::{Away, Offline, Online};
            let family = vec![
                entry("gro", "Großmutter Wilhelmine-Charlotte von Schwarzenberg", Online, "ein sehr langer Satz, der nicht in die Zeile passt"),
                entry("lin", "林黛玉与贾宝玉的红楼梦读书会管理员", Away, "满纸荒唐言，一把辛酸泪。都云作者痴，谁解其中味？"),
                entry("sam", "سلام", Offline, "السلام عليكم"),
            ];
            let groups = &mut state.accounts[0].groups;
            groups[0].friends[1].unread = 3;
            groups[0].friends[2].unread = 120;
            groups.insert(1, friend::Group { name: "家人".into(), friends: family });
            state.accounts[0].unread.total = 123;
            let lines: [(&str, &str, chat::State); 11] = [
                ("alice", "晚上一起吃饭吗？", chat::State::Read),
                ("bob", "Sure! 六点?", chat::State::Read),
                ("alice", "六点 👍🏽 at the noodle place: https://example.org/map?q=noodles.", chat::State::Read),
                ("bob", "🎉🦆", chat::State::Read),
                ("alice", "我家的 👨‍👩‍👧‍👦 也来，从 🇩🇪 来的朋友也来。这是一条很长的消息，会在气泡里换行，一行放不下的时候就要换到下一行。", chat::State::Delivered),
                ("alice", "and this one waits", chat::State::Queued),
                ("alice", "this one did not go", chat::State::Failed),
                ("bob", "one", chat::State::Delivered),
                ("bob", "two: a rather long line in English that has to be broken into two or three lines at least, so that one sees how the words wrap", chat::State::Delivered),
                ("bob", "three ❤️", chat::State::Delivered),
                ("amy", "晚安", chat::State::Read),
            ];
            for (at, (from, text, state)) in (0_u64..).zip(lines) {
                let mut message = message(from, text, at, state);
                if state == chat::State::Failed {
                    message.why = Some("bob no longer takes messages from you.".into());
                }
                messages.push(message);
            }
        });
    }
}

/// A message between alice and bob, or whoever else it is from, each some minutes after the one before.
pub(super) fn message(from: &str, text: &str, row: u64, state: chat::State) -> chat::Message {
    let (day, minute) = if row < 4 { (22, 10 + row) } else { (23, 20 + row) };
    chat::Message {
        id: format!("p{row}"),
        from: from.split('-').next().unwrap_or_default().into(),
        to: match from {
            "alice" => "bob".into(),
            "alice-eve" => "eve".into(),
            _ => "alice".into(),
        },
        text: text.into(),
        ts: format!("2026-11-{day}T09:{minute}:00.000Z"),
        state,
        row: Some(row),
        kind: None,
        reason: None,
        why: None,
    }
}

/// A picture as somebody might choose it: the sun over the sea, wider than high.
pub(super) fn holiday() -> image::DynamicImage {
    let pixel = |x: u32, y: u32| {
        let shade = u8::try_from(y * 200 / 240).unwrap_or(u8::MAX);
        let sun = (f64::from(x) - 160.0).hypot(f64::from(y) - 110.0) < 40.0;
        match (sun, y < 150) {
            (true, true) => image::Rgb([255, 226, 140]),
            (false, true) => image::Rgb([250, 120 + shade / 4, 110]),
            (_, false) => image::Rgb([20, 90, 110]),
        }
    };
    image::RgbImage::from_fn(320, 240, pixel).into()
}

/// Takes the pictures' own letters into use, and no others: the same on every computer.
fn letters() {
    let mut collection = shared_collection();
    let mut register = |bytes: &'static [u8]| {
        let named = fontique::FontInfoOverride { family_name: Some(FONT), ..Default::default() };
        let named = (bytes.len() == CJK.len()).then_some(named);
        let fonts = collection.register_fonts(fontique::Blob::new(Arc::new(bytes)), named);
        fonts.first().expect("a font").0
    };
    let (cjk, arabic, emoji) = (register(CJK), register(ARABIC), register(EMOJI));
    for script in [*b"Hani", *b"Latn", *b"Zyyy", *b"Hira", *b"Kana"] {
        let key = fontique::FallbackKey::new(fontique::Script::from_bytes(script), None);
        collection.set_fallbacks(key, [cjk].into_iter());
    }
    let key = fontique::FallbackKey::new(fontique::Script::from_bytes(*b"Arab"), None);
    collection.set_fallbacks(key, [arabic].into_iter());
    for family in [
        fontique::GenericFamily::SansSerif,
        fontique::GenericFamily::SystemUi,
        fontique::GenericFamily::UiSansSerif,
    ] {
        collection.set_generic_families(family, [cjk].into_iter());
    }
    collection.set_generic_families(fontique::GenericFamily::Emoji, [emoji].into_iter());
    crate::emoji::bring_outlines();
}

const CJK: &[u8] = include_bytes!("../../golden/fonts/cjk.otf");
const ARABIC: &[u8] = include_bytes!("../../golden/fonts/arabic.ttf");
const EMOJI: &[u8] = include_bytes!("../../golden/fonts/emoji.ttf");
