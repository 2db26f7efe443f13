//! The screen as a screen reader has it: waits for what should be seen, presses, reads, moves the focus.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::bus::{Buses, Caller};
use super::tree::{Control, Item, Object, Tree};
use crate::wait;

const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
/// After so long without an effect a press is lost.
const AGAIN: Duration = Duration::from_secs(2);
const ROOT: &str = "/org/a11y/atspi/accessible/root";

/// What all programs of a desktop show.
#[derive(Debug)]
pub struct Screen {
    caller: Caller,
}

/// One window on it, by a part of its title.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    screen: &'a Screen,
    title: &'a str,
}

impl Screen {
    pub(super) fn new(buses: &Buses) -> Self {
        Self { caller: Caller::new(buses.accessibility()) }
    }

    /// Everything of every program that is accessible now.
    pub fn tree(&self) -> Tree {
        let mut all = Tree::default();
        for (bus, _) in self.programs() {
            all.0.extend(self.tree_of(&bus).0);
        }
        all
    }

    fn programs(&self) -> Vec<Object> {
        let registry = "org.a11y.atspi.Registry";
        let reply = self.caller.try_call(registry, ROOT, ACCESSIBLE, "GetChildren", &());
        reply.ok().and_then(|reply| reply.body().deserialize().ok()).unwrap_or_default()
    }

    fn tree_of(&self, bus: &str) -> Tree {
        let cache = "/org/a11y/atspi/cache";
        // A program that is ending does not answer: it shows nothing.
        let reply = self.caller.try_call(bus, cache, "org.a11y.atspi.Cache", "GetItems", &());
        let items: Option<Vec<Item>> = reply.ok().and_then(|reply| reply.body().deserialize().ok());
        Tree::of(items.unwrap_or_default())
    }

    /// Waits for a window whose title contains this; to do more in it.
    pub fn window<'a>(&'a self, title: &'a str) -> Seen<'a> {
        let seen = Seen { screen: self, title };
        seen.until("the window", |tree| (!tree.0.is_empty()).then_some(()));
        seen
    }

    /// Calls a method of a control in whatever program has it.
    fn act(&self, control: &Control, interface: &str, method: &str, body: &impl Act) -> bool {
        let interface = format!("org.a11y.atspi.{interface}");
        self.programs().iter().any(|(bus, _)| body.send(&self.caller, bus, &control.path, &interface, method))
    }
}

/// What can be an argument of an action.
trait Act {
    fn send(&self, caller: &Caller, bus: &str, path: &str, interface: &str, method: &str) -> bool;
}

impl<T: serde::Serialize + zbus::zvariant::DynamicType> Act for T {
    fn send(&self, caller: &Caller, bus: &str, path: &str, interface: &str, method: &str) -> bool {
        let reply = caller.try_call(bus, path, interface, method, self);
        reply.is_ok_and(|reply| reply.body().deserialize::<bool>().unwrap_or(true))
    }
}

impl Seen<'_> {
    /// The window's controls now; none when it is closed.
    pub fn tree(&self) -> Tree {
        self.screen.tree().window(self.title).unwrap_or_default()
    }

    /// Looks until it finds; panics with what the window shows instead.
    pub fn until<T>(&self, what: &str, look: impl Fn(&Tree) -> Option<T>) -> T {
        self.until_within(wait::PATIENCE, what, look)
    }

    /// Like [`Self::until`], with another patience.
    pub fn until_within<T>(&self, patience: Duration, what: &str, look: impl Fn(&Tree) -> Option<T>) -> T {
        let mut last = Tree::default();
        let found = wait::look_until(patience, || {
            last = self.tree();
            look(&last)
        });
        found.unwrap_or_else(|| {
            let shown = if last.0.is_empty() { self.screen.tree() } else { last };
            panic!("{:?}: waited {patience:?} in vain: {what}; it shows:\n{shown}", self.title)
        })
    }

    /// Waits for a control with this role whose name contains `name`.
    pub fn control(&self, role: &str, name: &str) -> Control {
        self.until(&format!("{role} {name:?}"), |tree| {
            tree.find(|control| control.role == role && control.name.contains(name)).cloned()
        })
    }

    /// Waits until something in the window says this.
    pub fn says(&self, text: &str) {
        self.until(&format!("it says {text:?}"), |tree| tree.says(text).then_some(()));
    }

    /// Waits until nothing in the window says this any more.
    pub fn no_longer_says(&self, text: &str) {
        self.until(&format!("it no longer says {text:?}"), |tree| {
            (!tree.0.is_empty() && !tree.says(text)).then_some(())
        });
    }

    /// Presses a control as a screen reader does it, as soon as it can be pressed.
    pub fn press(&self, role: &str, name: &str) {
        self.until(&format!("{role} {name:?} can be pressed"), |tree| {
            let fits = |control: &Control| {
                control.role == role && control.name.contains(name) && control.is_enabled()
            };
            let control = tree.find(fits)?;
            self.screen.act(control, "Action", "DoAction", &0_i32).then_some(())
        });
    }

    /// Presses a control until the window says this: a press that comes while the window is being rebuilt is lost.
    pub fn press_to(&self, role: &str, name: &str, says: &str) {
        let pressed = Cell::new(None::<Instant>);
        self.until(&format!("{role} {name:?} leads to {says:?}"), |tree| {
            if tree.says(says) {
                return Some(());
            }
            if pressed.get().is_none_or(|at| at.elapsed() > AGAIN) {
                let fits = |control: &Control| control.role == role && control.name.contains(name);
                self.screen.act(tree.find(fits)?, "Action", "DoAction", &0_i32);
                pressed.set(Some(Instant::now()));
            }
            None
        });
    }

    /// Gives a control the keyboard; it has it when this returns. The window must be the active one.
    pub fn focus(&self, role: &str, name: &str) {
        self.until(&format!("{role} {name:?} has the keyboard"), |tree| {
            let control = tree.find(|control| control.role == role && control.name.contains(name))?;
            if control.is_focused() {
                return Some(());
            }
            self.screen.act(control, "Component", "GrabFocus", &());
            None
        });
    }

    /// What stands in a field.
    pub fn text(&self, role: &str, name: &str) -> String {
        self.until(&format!("the text of {role} {name:?}"), |tree| {
            let control = tree.find(|control| control.role == role && control.name.contains(name))?;
            self.screen.programs().iter().find_map(|(bus, _)| {
                let range = (0_i32, -1_i32);
                let text = "org.a11y.atspi.Text";
                let reply = self.screen.caller.try_call(bus, &control.path, text, "GetText", &range);
                reply.ok()?.body().deserialize::<String>().ok()
            })
        })
    }

    /// What has the keyboard in this window, as `role "name"`; empty when nothing has.
    pub fn focused(&self) -> String {
        let tree = self.tree();
        let control = tree.0.iter().rev().find(|control| control.is_focused());
        control.map(|control| format!("{} {:?}", control.role, control.name)).unwrap_or_default()
    }
}
