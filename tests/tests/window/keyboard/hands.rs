//! What hands do that have no pointer: Tab, arrows, Enter, and a look at where the keyboard is.

use std::collections::BTreeSet;

use qiaoqiao_tests::desktop::tree::{Control, Tree};
use qiaoqiao_tests::wait;

use crate::seat::{FRIENDS, Seat};

/// More controls than any window has.
const MANY: usize = 60;

impl Seat {
    /// Presses Tab until the control with this role and name has the keyboard.
    pub(super) fn tab_to(&self, title: &str, role: &str, name: &str) {
        self.tab_until(title, &format!("{role} {name:?}"), |focused| {
            focused.starts_with(role) && focused.contains(name)
        });
    }

    /// Presses Tab until what has the keyboard fits.
    pub(super) fn tab_until(&self, title: &str, what: &str, fits: impl Fn(&str) -> bool) {
        for _ in 0..MANY {
            let before = self.window(title).focused();
            if fits(&before) {
                self.tell(&format!("has come to {before} by Tab"));
                return;
            }
            self.tab(title, &before);
        }
        panic!("{what} is not reached by Tab:\n{}", self.window(title).tree());
    }

    /// Presses Tab once; what has the keyboard then, which can be seen.
    fn tab(&self, title: &str, before: &str) -> String {
        let window = self.desktop.display().window(title);
        let picture = self.desktop.display().picture(window);
        self.desktop.keys().press(&["Tab"]);
        wait::until("Tab moves the focus, to be seen", || {
            let now = self.window(title).focused();
            (now != before && self.desktop.display().picture(window) != picture).then_some(now)
        })
    }

    /// Goes through the window by Tab: every control in it that can be used is reached, but for the rows of lists.
    pub(super) fn reaches_all(&self, title: &str) {
        let wanted: BTreeSet<String> =
            self.window(title).tree().0.iter().filter(|it| is_reached(it)).map(word).collect();
        let mut reached = BTreeSet::new();
        let mut focused = self.window(title).focused();
        for _ in 0..MANY {
            focused = self.tab(title, &focused);
            reached.insert(focused.clone());
            if wanted.is_subset(&reached) {
                self.tell(&format!("has reached all {} controls of {title:?} by Tab", wanted.len()));
                return;
            }
        }
        let missed: Vec<_> = wanted.difference(&reached).collect();
        panic!("{title}: not reached by Tab: {missed:?}\n{}", self.window(title).tree());
    }

    /// Presses a button: to it by Tab, and Enter.
    pub(super) fn acts(&self, title: &str, button: &str) {
        self.tab_to(title, "button", button);
        self.desktop.keys().press(&["Return"]);
    }

    /// Waits until the field has the keyboard, and writes this in it instead of what stood there.
    pub(super) fn writes(&self, title: &str, field: &str, text: &str) {
        wait::until(&format!("{field:?} has the keyboard"), || {
            self.window(title).focused().contains(field).then_some(())
        });
        let keys = self.desktop.keys();
        keys.press(&["ctrl+a", "BackSpace"]);
        keys.write(text, 4);
        wait::until(&format!("{field:?} has {text:?}"), || {
            (self.window(title).text("entry", field) == text).then_some(())
        });
    }

    /// Writes into the sheet that has just opened, and agrees.
    pub(super) fn answers(&self, title: &str, field: &str, text: &str) {
        self.writes(title, field, text);
        self.desktop.keys().press(&["Return"]);
    }

    /// Goes through the friend list until the row with this is chosen, as the screen reader says.
    pub(super) fn to_row(&self, row: &str) {
        self.turn_to(FRIENDS);
        self.tab_to(FRIENDS, "panel", "Friends");
        self.desktop.keys().press(&["Up"; 8]);
        self.down_to(row);
    }

    /// Goes down the friend list until the row with this is chosen.
    pub(super) fn down_to(&self, row: &str) {
        for _ in 0..10 {
            if said(&self.window(FRIENDS).tree()).is_some_and(|said| said.contains(row)) {
                return;
            }
            let before = said(&self.window(FRIENDS).tree());
            self.desktop.keys().press(&["Down"]);
            // At the last row nothing follows.
            let moved = wait::look_until(std::time::Duration::from_secs(3), || {
                (said(&self.window(FRIENDS).tree()) != before).then_some(())
            });
            if moved.is_none() {
                break;
            }
        }
        panic!("{row:?} is not reached by Down:\n{}", self.window(FRIENDS).tree());
    }

    /// Goes down the menu that is open to each of these, which lead from one menu into the next. Slint shows a menu as a
    /// frame with a text for each entry.
    pub(super) fn choose(&self, title: &str, path: &[&str]) {
        for entry in path {
            let at = self.window(title).until(&format!("a menu with {entry:?}"), |tree| {
                menus(tree).iter().find_map(|menu| menu.iter().position(|has| has == entry))
            });
            for _ in 0..=at {
                self.desktop.keys().press(&["Down"]);
            }
            self.desktop.keys().press(&["Return"]);
        }
    }
}

/// The entries of every menu that is open.
fn menus(tree: &Tree) -> Vec<Vec<String>> {
    let frames =
        tree.0.iter().enumerate().filter(|(_, control)| control.role == "frame" && control.depth > 1);
    let entries = frames.map(|(at, frame)| {
        let inside = tree.0[at + 1..].iter().take_while(|control| control.depth > frame.depth);
        // The tick beside an entry has a name, too.
        let is_entry = |control: &&Control| control.name.chars().any(char::is_alphanumeric);
        inside.filter(is_entry).map(|control| control.name.clone()).collect()
    });
    entries.collect()
}

/// What the screen reader says of the row that the arrows have come to.
fn said(tree: &Tree) -> Option<String> {
    let list = tree.0.iter().position(|control| control.role == "panel" && control.is_focused())?;
    let after =
        tree.0[list + 1..].iter().find(|control| control.role == "label" && control.name.contains(", "));
    after.map(|label| label.name.clone())
}

/// As [`qiaoqiao_tests::desktop::screen::Seen::focused`] says it.
fn word(control: &Control) -> String {
    format!("{} {:?}", control.role, control.name)
}

/// Whether Tab must come to it: to what one works with, but for rows, to which the arrows lead.
fn is_reached(control: &Control) -> bool {
    let is_row = control.role == "list item" || control.name.contains(" on line");
    control.is_worked_with()
        && control.is_enabled()
        && !is_row
        && control.role != "frame"
        && control.role != "panel"
}
