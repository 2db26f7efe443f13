//! Starting: which program this is, what draws, and the first wish.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;

use anyhow::Context;
use qq_slint_ui::Voice;

use super::{APP, App};
use crate::args::{Args, Pretend, Renderer};
use crate::emoji::{self, Pictures};
use crate::face::{self, Faces};
use crate::link::{Inbox, Link};
use crate::mock::Mock;
use crate::portal;
use crate::prefs::{self, Prefs};
use crate::single::{self, Place, Wish};
use crate::sound::Player;
use crate::{tray_host, winext};

/// Starts the program and runs its event loop.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let named = args.socket.is_some();
    let socket = match &args.socket {
        Some(path) => std::path::absolute(path)?,
        None => ipc_schema::socket_path()?,
    };
    let wish = Wish {
        link: args.link.clone(),
        open: args.open.clone(),
        account: args.account.clone(),
        hidden: args.hidden,
    };
    if let Some(whom) = args.mock {
        return pretend(args, whom, wish);
    }
    let listener = match single::take(&socket, &wish).context("the place for the one window program")? {
        Place::First(listener) => listener,
        Place::Told => return Ok(()),
    };
    select(args.renderer)?;
    let app = begin(socket, named, true, wish, prefs::Place::of_user())?;
    single::listen(listener, |wish| {
        // Fails only when the event loop has ended, and with it the program.
        let _ = slint::invoke_from_event_loop(move || App::with(|app| app.wish(wish)));
    })?;
    if args.half.is_some() {
        app.half.set(args.half);
        // Without a tray, and over with the last window.
        slint::run_event_loop()?;
        return Ok(());
    }
    app.raise_tray();
    follow_tray();
    follow_motion();
    crate::full::watch(|full| {
        // Fails only when the event loop has ended, and with it the program.
        let _ = slint::invoke_from_event_loop(move || App::with(|app| app.on_full(full)));
    });
    slint::run_event_loop_until_quit()?;
    Ok(())
}

/// This program as it is installed now, in the place of this process. What it was started to open is open already.
pub(super) fn again() {
    use std::os::unix::process::CommandExt;
    let begin = || -> std::io::Result<std::convert::Infallible> {
        let program = std::env::current_exe()?;
        // So the kernel calls the file of a program that another one has replaced.
        let program = program.to_string_lossy().trim_end_matches(" (deleted)").to_owned();
        let args = std::env::args_os().skip(1).filter(|arg| !arg.to_string_lossy().starts_with("qiao://"));
        Err(std::process::Command::new(program).args(args).exec())
    };
    let Err(error) = begin();
    crate::complain(&anyhow::anyhow!("the installed qq-slint cannot be started: {error}"));
}

/// The program with a pretend daemon, beside any other that runs.
fn pretend(args: &Args, whom: Pretend, wish: Wish) -> anyhow::Result<()> {
    let dir = std::env::temp_dir().join(format!("qq-slint-mock-{}", std::process::id()));
    std::fs::create_dir(&dir)?;
    let (mock, socket) = Mock::start(&dir, true)?;
    match whom {
        Pretend::Few => {
            mock.message("bob", "Dinner at six?");
            mock.message("bob", "晚上一起吃饭吗？");
        }
        Pretend::Many => {
            mock.crowd();
            mock.message("f0", "Dinner at six?");
        }
    }
    select(args.renderer)?;
    let app = begin(socket, true, false, wish, prefs::Place::Nowhere)?;
    app.raise_tray();
    follow_tray();
    let ended = slint::run_event_loop_until_quit();
    std::fs::remove_dir_all(dir)?;
    Ok(ended?)
}

/// Chooses what draws. Without a choice it is OpenGL, and the software renderer where there is no graphics card or no OpenGL.
fn select(renderer: Option<Renderer>) -> anyhow::Result<()> {
    let has = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    anyhow::ensure!(
        ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"].into_iter().any(has),
        "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set); start it on a desktop, or use qqctl on this terminal"
    );
    let selector = slint::BackendSelector::new().backend_name("winit".into());
    let (selector, outlines) = match renderer {
        Some(Renderer::Gl) => (selector.renderer_name("femtovg".into()), false),
        None if has_card() => (selector, false),
        Some(Renderer::Software) | None => (selector.renderer_name("software".into()), true),
    };
    let selector = winext::with_tokens(selector);
    selector.select().context("no window can be opened on this display")?;
    if outlines {
        emoji::bring_outlines();
    }
    // Wayland matches windows to the desktop entry by this.
    slint::set_xdg_app_id("io.github.qiaoqiao.Qiaoqiao")?;
    Ok(())
}

/// Whether OpenGL would be drawn by a graphics card. Where the processor does it, it compiles its shaders first: five times (the
/// first time fifteen times) the CPU until a window is painted, and more than twice the memory: docs/performance.md.
fn has_card() -> bool {
    ["/dev/dri", "/dev/nvidiactl", "/dev/dxg"].into_iter().any(|device| std::path::Path::new(device).exists())
}

/// Makes the program and begins to connect.
pub(crate) fn begin(
    socket: PathBuf,
    named: bool,
    start: bool,
    wish: Wish,
    place: prefs::Place,
) -> anyhow::Result<Rc<App>> {
    let inbox = Inbox::new(|| {
        // Fails only when the event loop has ended, and with it the program.
        let _ = slint::invoke_from_event_loop(|| App::with(App::pump));
    });
    let prefs = Prefs::load(&place);
    let app = Rc::new(App {
        link: Link::open(socket, named, start, inbox.clone())?,
        voice: Voice::new()?,
        faces: Faces::new(face::load::reader(inbox.clone())),
        emoji: Pictures::default(),
        sounds: if place == prefs::Place::Nowhere { Player::silent() } else { Player::of_session() },
        state: RefCell::default(),
        daemon: RefCell::default(),
        prefs: RefCell::new(prefs),
        place,
        account: RefCell::default(),
        login: RefCell::default(),
        friends: RefCell::default(),
        chats: RefCell::default(),
        beside: RefCell::default(),
        last: RefCell::default(),
        asked_last: Cell::new(false),
        unseen: Cell::new(false),
        asking: Cell::new(false),
        came: RefCell::default(),
        settings: RefCell::default(),
        tray: RefCell::default(),
        half: Cell::default(),
        inbox,
        wishes: RefCell::new(vec![wish]),
        still: Cell::new(false),
        focus: RefCell::default(),
        viewed: RefCell::default(),
        knows: Cell::new(false),
        full: Cell::new(false),
        shook: RefCell::default(),
    });
    app.speak();
    APP.with(|place| place.set(app.clone())).map_err(|_| anyhow::anyhow!("the program was begun twice"))?;
    Ok(app)
}

/// Makes the tray item anew when its host comes later than this program.
fn follow_tray() {
    // From a timer: only behind those the event loop, which may have nothing else to do, completes a new item.
    let missing = || slint::Timer::single_shot(std::time::Duration::ZERO, || App::with(App::raise_tray));
    // Without a session bus there is no tray, now or later.
    let _ = slint::spawn_local(async move { tray_host::watch(missing).await });
}

/// Follows the desktop's wish that things stand still, where it says so.
fn follow_motion() {
    let told = |still| {
        App::with(|app| {
            app.still.set(still);
            app.dress_all();
        });
    };
    // Without a portal it is the settings' choice alone.
    let _ = slint::spawn_local(async move { portal::watch_motion(told).await });
}
