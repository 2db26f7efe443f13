//! The keyboard and the pointer, by xdotool: what is pressed goes to whatever window has the focus, as on a real desk.

use std::process::Command;

use x11rb::protocol::xproto::Window;

use super::child;
use super::display::Display;
use crate::wait;

/// The keyboard of a desktop.
#[derive(Debug, Clone, Copy)]
pub struct Keys<'a> {
    display: &'a Display,
}

impl<'a> Keys<'a> {
    pub(super) fn new(display: &'a Display) -> Self {
        Self { display }
    }

    /// Presses keys, one after the other, by xdotool's names: `Tab`, `ctrl+shift+s`, `shift+F10`.
    pub fn press(self, keys: &[&str]) {
        self.run(&[&["key", "--delay", "25"], keys].concat());
    }

    /// Types a text (ASCII), `pause` milliseconds after each letter.
    pub fn write(self, text: &str, pause: u32) {
        self.run(&["type", "--delay", &pause.to_string(), "--", text]);
    }

    /// Brings a window to the front with the keyboard, as a click on it does; it has it when this returns.
    pub fn to(self, window: Window) {
        wait::until(&format!("{:?} has the keyboard", self.display.title(window)), || {
            if self.display.active() == Some(window) {
                return Some(());
            }
            self.run(&["windowactivate", &window.to_string()]);
            None
        });
    }

    /// Presses a button of the pointer (1 left, 3 right) at a place of a window.
    pub fn click(self, window: Window, x: i16, y: i16, button: u8) {
        let (x, y) = (x.to_string(), y.to_string());
        self.run(&["mousemove", "--window", &window.to_string(), &x, &y, "click", &button.to_string()]);
    }

    /// xdotool with these arguments; panics unless it ends with 0.
    pub fn run(self, args: &[&str]) {
        let mut command = self.command();
        let out = command.args(args).output().expect("xdotool starts");
        assert!(out.status.success(), "xdotool {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    }

    /// xdotool on this display, with nothing asked of it yet: to type while a test goes on.
    pub fn command(self) -> Command {
        let mut command = child::command("xdotool", "xdotool");
        command.env("DISPLAY", self.display.name());
        command
    }
}
