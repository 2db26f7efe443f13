//! Starting a window program when one is wanted and none is there: `qq-slint`, beside this program or on the PATH, on the
//! caller's screen, else on the daemon's own. It outlives the daemon.
//!
//! Where systemd runs this daemon the window program becomes a service of its own (`systemd-run`): in the daemon's it would
//! end with every restart of the daemon, and be confined like it, which is nothing for a program that draws. There the
//! screen is the service manager's, who hears of the desktop later than this daemon starts.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use ipc_schema::daemon::Screen;
use nix::unistd::{AccessFlags, access};
use tokio::process::Command;
use tokio::time::timeout;

use crate::core::io::{Unopened, Window};

/// The window program.
const PROGRAM: &str = "qq-slint";
/// How long systemd may take to start it.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a display, and the right to take the keyboard focus, are called in an environment.
const WAYLAND: &str = "WAYLAND_DISPLAY";
const X11: &str = "DISPLAY";
const X11_KEY: &str = "XAUTHORITY";
const SCREEN: [&str; 2] = [WAYLAND, X11];
const TOKEN: [&str; 2] = ["XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID"];

/// A variable of the environment, and what it is to be; none: it is not to be there.
type Variable = (&'static str, Option<OsString>);

/// Starts it; `socket` is where it finds this daemon.
pub(crate) async fn open(window: Window, socket: &Path) -> Result<(), Unopened> {
    let program = program().ok_or(Unopened::Missing)?;
    let is_service = env::var("SYSTEMD_EXEC_PID").is_ok_and(|pid| pid == std::process::id().to_string());
    let environment = environment(&window, is_service).ok_or(Unopened::NoDisplay)?;
    let is_named = environment.iter().any(|(name, value)| SCREEN.contains(name) && value.is_some());
    if is_service && !is_named && !manager_has_screen().await {
        return Err(Unopened::NoDisplay);
    }
    let arguments = arguments(&window, socket);
    tracing::info!(program = %program.display(), "a window is wanted");
    let started = match is_service {
        true => as_service(&program, &arguments, &environment).await,
        false => as_child(&program, &arguments, &environment),
    };
    started.map_err(|error| match error.kind() {
        ErrorKind::NotFound => Unopened::Missing,
        _ => Unopened::Failed(error.to_string()),
    })
}

/// The one beside this program, else the first on the PATH.
fn program() -> Option<PathBuf> {
    let beside = env::current_exe().ok().map(|own| own.with_file_name(PROGRAM));
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = env::split_paths(&path).map(|dir| dir.join(PROGRAM)).collect();
    let runs = |path: &PathBuf| path.is_file() && access(path, AccessFlags::X_OK).is_ok();
    beside.into_iter().chain(on_path).find(runs)
}

/// What it is told.
fn arguments(window: &Window, socket: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    if ipc_schema::socket_path().ok().as_deref() != Some(socket) {
        arguments.extend(["--socket".into(), socket.into()]);
    }
    if let Some(account) = &window.account {
        arguments.extend(["--account".into(), account.as_ref().into()]);
    }
    if let Some(to) = &window.to {
        arguments.extend(["--open".into(), to.into()]);
    }
    arguments.extend(window.link.as_ref().map(OsString::from));
    arguments
}

/// What its environment says of the screen and the focus; none without a screen. One that inherits the service manager's
/// environment is told of a caller's screen only: what this daemon knows was true when it started, perhaps before there
/// was a desktop.
fn environment(window: &Window, inherits: bool) -> Option<Vec<Variable>> {
    let Screen { wayland_display, display, xauthority } = &window.screen;
    let own = |name| env::var_os(name).filter(|value| !value.is_empty());
    let theirs =
        |value: &Option<String>| value.as_ref().filter(|value| !value.is_empty()).map(OsString::from);
    // A caller's screen is taken as a whole: with half of it the window might stand on another one.
    let screen = match (theirs(wayland_display), theirs(display)) {
        (None, None) if inherits => Vec::new(),
        (None, None) => vec![(WAYLAND, own(WAYLAND)), (X11, own(X11)), (X11_KEY, own(X11_KEY))],
        (wayland, x11) => {
            vec![(WAYLAND, wayland), (X11, x11), (X11_KEY, theirs(xauthority).or_else(|| own(X11_KEY)))]
        }
    };
    if !inherits && !screen.iter().any(|(name, value)| SCREEN.contains(name) && value.is_some()) {
        return None;
    }
    let token = window.token.as_ref().map(OsString::from);
    Some(screen.into_iter().chain(TOKEN.map(|name| (name, token.clone()))).collect())
}

/// In a process group of its own, so that what ends the daemon in a terminal does not end it.
fn as_child(program: &Path, arguments: &[OsString], environment: &[Variable]) -> std::io::Result<()> {
    let mut command = Command::new(program);
    command.args(arguments).process_group(0).stdin(Stdio::null()).stdout(Stdio::null());
    for (name, value) in environment {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child = command.spawn()?;
    tokio::spawn(async move {
        match child.wait().await {
            Ok(status) if !status.success() => tracing::warn!(%status, "the window program ended"),
            Ok(_) => tracing::debug!("the window program ended"),
            Err(error) => tracing::warn!(%error, "the window program is out of sight"),
        }
    });
    Ok(())
}

/// Whether the service manager knows a screen. One that does not say is asked to start the program all the same: it says
/// why it does not.
async fn manager_has_screen() -> bool {
    let mut command = Command::new("systemctl");
    command.args(["--user", "show-environment"]).stdin(Stdio::null()).kill_on_drop(true);
    match timeout(PATIENCE, command.output()).await {
        Ok(Ok(output)) if output.status.success() => names_screen(&String::from_utf8_lossy(&output.stdout)),
        Ok(Ok(_) | Err(_)) | Err(_) => true,
    }
}

/// Whether a list of variables, one a line, has a screen.
fn names_screen(list: &str) -> bool {
    let variables = list.lines().filter_map(|line| line.split_once('='));
    variables.into_iter().any(|(name, value)| SCREEN.contains(&name) && !value.is_empty())
}

/// What `systemd-run` is to set. What is not named is as the service manager has it: no caller's token, and for another
/// screen than its own an empty name. An empty file of keys would be one in which no key is found.
fn settings(environment: &[Variable]) -> Vec<OsString> {
    let is_set = |(name, value): &&Variable| value.is_some() || SCREEN.contains(name);
    let setting = |(name, value): &Variable| {
        let mut setting = OsString::from(format!("--setenv={name}="));
        setting.push(value.as_deref().unwrap_or_default());
        setting
    };
    environment.iter().filter(is_set).map(setting).collect()
}

/// The program and its arguments as systemd takes them: the service manager puts values of its environment into `${NAME}`
/// and `$NAME` (systemd.service(5), "Command lines"), whoever wrote them, and `$$` is a dollar. Every systemd knows that;
/// `systemd-run --expand-environment=no` only those from 254 on.
fn unexpanded(program: &Path, arguments: &[OsString]) -> Vec<OsString> {
    let double = |word: &OsStr| {
        let double = |byte: &u8| std::iter::repeat_n(*byte, if *byte == b'$' { 2 } else { 1 });
        OsString::from_vec(word.as_bytes().iter().flat_map(double).collect())
    };
    let arguments = arguments.iter().map(OsString::as_os_str);
    std::iter::once(program.as_os_str()).chain(arguments).map(double).collect()
}

/// As a service of the user's systemd, which has started this daemon, too.
async fn as_service(program: &Path, arguments: &[OsString], environment: &[Variable]) -> std::io::Result<()> {
    let mut command = Command::new("systemd-run");
    command.args(["--user", "--quiet", "--collect", "--service-type=exec", "--description=Qiaoqiao"]);
    command
        .args(settings(environment))
        .arg("--")
        .args(unexpanded(program, arguments))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let late = || std::io::Error::new(ErrorKind::TimedOut, "systemd does not start it");
    let output = timeout(PATIENCE, command.output()).await.map_err(|_| late())??;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(std::io::Error::other(if said.is_empty() { output.status.to_string() } else { said }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'a>(environment: &'a [Variable], name: &str) -> Option<&'a str> {
        environment.iter().find(|(other, _)| *other == name)?.1.as_ref()?.to_str()
    }

    #[test]
    fn a_callers_screen_is_taken_as_a_whole_and_a_token_goes_with_it() {
        let screen = Screen { display: Some(":7".into()), ..Screen::default() };
        let window = Window { screen, token: Some("t1".into()), ..Window::default() };
        let environment = environment(&window, false).unwrap();
        assert_eq!((value(&environment, X11), value(&environment, WAYLAND)), (Some(":7"), None));
        assert_eq!(TOKEN.map(|name| value(&environment, name)), [Some("t1"); 2]);
    }

    #[test]
    fn as_a_service_it_has_the_managers_screen_unless_a_caller_names_one() {
        let token = || Some("t1".to_owned());
        let window = Window { token: token(), ..Window::default() };
        let told = settings(&environment(&window, true).unwrap());
        assert_eq!(told, ["--setenv=XDG_ACTIVATION_TOKEN=t1", "--setenv=DESKTOP_STARTUP_ID=t1"]);
        let screen = [(WAYLAND, None), (X11, Some(":7".into())), (X11_KEY, None), (TOKEN[0], None)];
        assert_eq!(settings(&screen), ["--setenv=WAYLAND_DISPLAY=", "--setenv=DISPLAY=:7"]);
    }

    #[test]
    fn systemd_puts_nothing_of_its_environment_into_what_somebody_else_wrote() {
        let arguments = ["--open", "qiao://evil/i/${TOKEN}", "$HOME", "a$$b"].map(OsString::from);
        let told = unexpanded(Path::new("/opt/$x/qq-slint"), &arguments);
        assert_eq!(told, ["/opt/$$x/qq-slint", "--open", "qiao://evil/i/$${TOKEN}", "$$HOME", "a$$$$b"]);
    }

    #[test]
    fn a_manager_without_a_screen_is_known_by_its_environment() {
        for list in ["LANG=C\nDISPLAY=:0\n", "WAYLAND_DISPLAY=wayland-1"] {
            assert!(names_screen(list), "{list}");
        }
        for list in ["", "LANG=C\nXAUTHORITY=/x\n", "DISPLAY=\nMY_DISPLAY=:0"] {
            assert!(!names_screen(list), "{list}");
        }
    }

    #[test]
    fn it_is_told_whose_conversation_and_where_the_daemon_is() {
        let window = Window { account: Some("a@h".into()), to: Some("bob".into()), ..Window::default() };
        let told = arguments(&window, Path::new("/elsewhere/ipc.sock"));
        assert_eq!(told, ["--socket", "/elsewhere/ipc.sock", "--account", "a@h", "--open", "bob"]);
        let link = Window { link: Some("qiao://h/i/c".into()), ..Window::default() };
        assert_eq!(arguments(&link, Path::new("/s")).last().unwrap(), "qiao://h/i/c");
    }
}
