//! The accessibility tree of a program at one moment: what a screen reader knows of its windows.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use zbus::zvariant::OwnedObjectPath;

/// The roles that our windows may use, by their number (`AtspiRole` of at-spi2-core), and whether one works with them.
const ROLES: &[(u32, &str, bool)] = &[
    (7, "check box", true),
    (11, "combo box", true),
    (23, "frame", false),
    (27, "image", false),
    (29, "label", false),
    (32, "list item", true),
    (33, "menu", false),
    (35, "menu item", true),
    (37, "tab", true),
    (38, "tab list", false),
    (39, "panel", false),
    (40, "password", true),
    (42, "progress bar", false),
    (43, "button", true),
    (44, "radio button", true),
    (49, "tab panel", false),
    (51, "slider", true),
    (52, "spin button", true),
    (62, "toggle", true),
    (75, "application", false),
    (79, "entry", true),
    (98, "list", false),
    (110, "landmark", false),
];

/// One item as `org.a11y.atspi.Cache.GetItems` tells it: itself, its program, its parent, its place among its siblings,
/// its children, what it can do, name, role, description, states.
pub(super) type Item = (Object, Object, Object, i32, i32, Vec<String>, String, u32, String, Vec<u32>);
pub(super) type Object = (String, OwnedObjectPath);

/// Something in a window that a screen reader can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// What it is: a word of the table above, else `role N`.
    pub role: String,
    /// Its name, or the text of a label.
    pub name: String,
    /// More about it.
    pub description: String,
    /// How deep it lies in its program; a window is at 1.
    pub depth: usize,
    pub(super) path: String,
    states: u64,
    interfaces: Vec<String>,
    works: bool,
}

impl Control {
    fn has(&self, state: u32) -> bool {
        self.states & (1 << state) != 0
    }

    /// Whether it has the keyboard.
    pub fn is_focused(&self) -> bool {
        self.has(12)
    }

    /// Whether it is chosen.
    pub fn is_selected(&self) -> bool {
        self.has(23)
    }

    /// Whether it is ticked or switched on.
    pub fn is_checked(&self) -> bool {
        self.has(4)
    }

    /// Whether it can be used at the moment.
    pub fn is_enabled(&self) -> bool {
        self.has(8) || self.has(24)
    }

    /// Whether one works with it: presses it, chooses it, writes in it.
    pub fn is_worked_with(&self) -> bool {
        self.works || self.can("Action")
    }

    /// Whether its role is one that our windows may use.
    pub fn has_known_role(&self) -> bool {
        ROLES.iter().any(|(_, word, _)| *word == self.role)
    }

    /// Whether it has an interface of AT-SPI, by the last word of its name.
    pub fn can(&self, interface: &str) -> bool {
        self.interfaces.iter().any(|has| has.rsplit('.').next() == Some(interface))
    }
}

/// All controls of a program, or of one of its windows, each before its children.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree(pub Vec<Control>);

impl Tree {
    pub(super) fn of(items: Vec<Item>) -> Self {
        let mut children: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, item) in items.iter().enumerate() {
            children.entry(item.2.1.to_string()).or_default().push(place);
        }
        for siblings in children.values_mut() {
            siblings.sort_by_key(|place| items[*place].3);
        }
        let mut tree = Self::default();
        let root = "/org/a11y/atspi/accessible/root";
        tree.take(&items, &children, root, 1);
        tree
    }

    fn take(&mut self, items: &[Item], children: &BTreeMap<String, Vec<usize>>, path: &str, depth: usize) {
        // A tree that is being rebuilt may name an item as its own ancestor; nothing of ours is 64 deep.
        if depth > 64 {
            return;
        }
        for place in children.get(path).into_iter().flatten() {
            let item = &items[*place];
            if item.0.1.as_str() != path {
                self.0.push(control(item, depth));
                self.take(items, children, item.0.1.as_str(), depth + 1);
            }
        }
    }

    /// The part of the tree that is the window whose title ends with this, else the first whose title contains it.
    pub fn window(&self, title: &str) -> Option<Self> {
        let at = |fits: &dyn Fn(&str) -> bool| {
            self.0.iter().position(|control| control.depth == 1 && fits(&control.name))
        };
        let first = at(&|name| name.ends_with(title)).or_else(|| at(&|name| name.contains(title)))?;
        let length = self.0[first + 1..].iter().take_while(|control| control.depth > 1).count();
        Some(Self(self.0[first..=first + length].to_vec()))
    }

    /// The first control that fits.
    pub fn find(&self, fits: impl Fn(&Control) -> bool) -> Option<&Control> {
        self.0.iter().find(|control| fits(control))
    }

    /// Whether some control's name contains this.
    pub fn says(&self, text: &str) -> bool {
        self.0.iter().any(|control| control.name.contains(text))
    }
}

fn control(item: &Item, depth: usize) -> Control {
    let known = ROLES.iter().find(|(number, ..)| *number == item.7);
    let half = |place: usize| u64::from(item.9.get(place).copied().unwrap_or_default());
    Control {
        role: known.map_or_else(|| format!("role {}", item.7), |(_, word, _)| (*word).to_owned()),
        name: item.6.clone(),
        description: item.8.clone(),
        depth,
        path: item.0.1.to_string(),
        states: half(0) | half(1) << 32,
        interfaces: item.5.clone(),
        works: known.is_some_and(|(_, _, works)| *works),
    }
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.role, self.name)?;
        if !self.description.is_empty() {
            write!(f, " ({})", self.description)?;
        }
        let states = [
            (self.is_focused(), " focused"),
            (self.is_selected(), " selected"),
            (self.is_checked(), " checked"),
            (!self.is_enabled(), " disabled"),
        ];
        states.iter().filter(|(is, _)| *is).try_for_each(|(_, word)| f.write_str(word))
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for control in &self.0 {
            writeln!(text, "{:indent$}{control}", "", indent = control.depth * 2)?;
        }
        f.write_str(&text)
    }
}
