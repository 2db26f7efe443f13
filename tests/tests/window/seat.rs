//! A person before a desktop of their own, and what they do there.

use std::fs::File;

use nix::sys::signal::Signal;
use qiaoqiao_tests::desktop::screen::{Screen, Seen};
use qiaoqiao_tests::desktop::{Desktop, child};
use qiaoqiao_tests::person::Person;
use qiaoqiao_tests::program::{self, Running};
use qiaoqiao_tests::wait;

/// The title of the friend list.
pub(crate) const FRIENDS: &str = "Qiaoqiao 敲敲";

/// Somebody at a computer.
pub(crate) struct Seat {
    // Ends in this order: the program, then its desktop, then the daemon.
    program: Option<Running>,
    pub(crate) screen: Screen,
    pub(crate) desktop: Desktop,
    pub(crate) person: Person,
}

impl Seat {
    /// Somebody who has started nothing yet.
    pub(crate) fn new(account: &str) -> Self {
        Self::of(Person::new(account))
    }

    /// Somebody with a daemon already.
    pub(crate) fn of(person: Person) -> Self {
        Self::before(Desktop::start(), person)
    }

    /// Somebody before this desktop.
    pub(crate) fn before(desktop: Desktop, person: Person) -> Self {
        Self { program: None, screen: desktop.screen(), desktop, person }
    }

    /// Starts the window program.
    pub(crate) fn start(&mut self, args: &[&str]) {
        self.program = Some(self.desktop.windows_of(&self.person, args));
    }

    /// Ends the window program, as the desktop's log-out does.
    pub(crate) fn end_program(&mut self) {
        self.program.take().expect("it runs").terminate();
    }

    /// The daemon is killed, and none can begin while `meanwhile` runs: its place is taken.
    pub(crate) fn without_the_daemon(&self, meanwhile: impl FnOnce()) {
        let program = self.program.as_ref().expect("it runs").pid();
        // The window program would be quicker.
        program::signal(program, Signal::SIGSTOP);
        self.person.kill_daemon();
        self.tell("loses the daemon (kill -9)");
        let lock = self.person.home().join("run/qqd/ipc.sock.lock");
        let file = File::options().write(true).open(&lock);
        let file = file.unwrap_or_else(|error| panic!("{}: {error}", lock.display()));
        file.lock().expect("the place is free");
        program::signal(program, Signal::SIGCONT);
        meanwhile();
    }

    /// Starts the window program once more, while one runs; it ends by itself.
    pub(crate) fn start_again(&self, args: &[&str]) {
        let out = self.desktop.window_program(&self.person, args).output().expect("qq-slint starts");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }

    /// What a window with this in its title shows.
    pub(crate) fn window<'a>(&'a self, title: &'a str) -> Seen<'a> {
        // A window that is hidden stays in the accessibility tree: Slint keeps it.
        self.desktop.display().window(title);
        self.screen.window(title)
    }

    /// Waits until no window with this title is to be seen.
    pub(crate) fn is_closed(&self, title: &str) {
        wait::until(&format!("{title:?} is closed"), || {
            self.desktop.display().titles().iter().all(|has| !has.ends_with(title)).then_some(())
        });
    }

    /// Gives a window the keyboard.
    pub(crate) fn turn_to(&self, title: &str) {
        self.desktop.keys().to(self.desktop.display().window(title));
    }

    /// Types a text into a field, instead of what stood there.
    pub(crate) fn fill(&self, title: &str, role: &str, name: &str, text: &str) {
        self.turn_to(title);
        self.window(title).focus(role, name);
        self.desktop.keys().press(&["ctrl+a", "BackSpace"]);
        self.desktop.keys().write(text, 4);
        if role == "entry" {
            wait::until(&format!("{name:?} has {text:?}"), || {
                (self.window(title).text(role, name) == text).then_some(())
            });
        }
    }

    /// Writes a message to a friend, in the window that is open.
    pub(crate) fn say(&self, to: &str, text: &str) {
        self.fill(to, "entry", &format!("Message to {to}"), text);
        self.desktop.keys().press(&["Return"]);
        self.window(to).says(&format!("You: {text}"));
    }

    /// Tells what this person does or sees.
    pub(crate) fn tell(&self, what: &str) {
        println!("{:<6} {what}", self.person.account);
    }

    /// Waits until the window says this, and tells that it does.
    pub(crate) fn reads(&self, title: &str, text: &str) {
        self.window(title).says(text);
        self.tell(&format!("reads in {title:?}: {text}"));
    }

    /// An editor that has nothing to do with us: what is typed goes into `file` in this person's home.
    pub(crate) fn editor(&self, file: &str) -> Running {
        let mut xterm = child::command("xterm", "xterm");
        let path = self.person.home().join(file);
        xterm.args(["-T", "notes", "-e", "sh", "-c", "cat > \"$0\""]).arg(&path);
        self.desktop.place(&mut xterm);
        let running = child::spawn(xterm);
        wait::until("the editor takes letters", || path.exists().then_some(()));
        running
    }
}
