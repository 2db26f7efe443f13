//! Every control has a name and a role: every window is walked on every page, in every section, under every sheet and with
//! every menu open. What the `.slint` files declare and nobody has walked is a failure, too.

mod places;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// What is no part of any window: the icon beside the clock, and the one that only lends its sentences.
const ELSEWHERE: [&str; 2] = ["Tray", "Voice"];

/// What was seen on the way.
#[derive(Default)]
struct Walk {
    /// Each once, with the first place where it was met.
    faults: BTreeMap<String, String>,
    components: BTreeSet<String>,
    labels: BTreeSet<String>,
    controls: usize,
}

impl Walk {
    /// Looks at everything that a window shows now.
    fn look<C: ComponentHandle + 'static>(&mut self, place: &str, window: &C) {
        let all = ElementQuery::from_root(window).find_all();
        // The window itself is the root, and is not among them.
        self.components.extend(std::any::type_name::<C>().rsplit("::").next().map(str::to_owned));
        let mut controls: Vec<(ElementHandle, AccessibleRole)> = Vec::new();
        for element in &all {
            let kind = element.type_name().unwrap_or_default();
            let bases = element.bases().into_iter().flatten().map(String::from);
            self.components.extend(bases.chain([kind.to_string()]));
            let label = element.accessible_label().unwrap_or_default();
            let role = element.accessible_role().unwrap_or(AccessibleRole::None);
            if role != AccessibleRole::None {
                self.labels.insert(label.to_string());
            }
            let nameless = label.trim().is_empty();
            if is_named(role) && nameless && !lies_in(element, &controls) {
                self.fault(place, format!("a {role:?} without a name: {}", told(element)));
            }
            if role != AccessibleRole::None && !nameless {
                controls.push((element.clone(), role));
            }
        }
        let worked_with = controls.iter().filter(|(_, role)| is_worked_with(*role)).count();
        assert!(worked_with > 0, "{place}: nothing to work with");
        self.controls += worked_with;
        for element in all.iter().filter(|element| is_touched(element)) {
            if !lies_in(element, &controls) && !is_known(element, &all, &controls) {
                self.fault(place, format!("it can be pressed, and has no role: {}", told(element)));
            }
        }
    }

    fn fault(&mut self, place: &str, what: String) {
        self.faults.entry(what).or_insert_with(|| place.to_owned());
    }

    /// What was declared and never seen.
    fn missed(&self) -> Vec<String> {
        let components = source::components()
            .into_iter()
            .filter(|(name, _)| !self.components.contains(name) && !ELSEWHERE.contains(&name.as_str()));
        let components = components.map(|(name, file)| format!("{file}: nobody walks {name}"));
        let names = source::names().into_iter().filter(|(name, _)| !source::is_seen(name, &self.labels));
        let names = names.map(|(name, file)| format!("{file}: nobody walks the control {name:?}"));
        components.chain(names).collect()
    }
}

/// Whether a control of this role must have a name. Texts are their own names; pictures belong to something.
fn is_named(role: AccessibleRole) -> bool {
    !matches!(role, AccessibleRole::None | AccessibleRole::Text | AccessibleRole::Image)
}

/// Whether one works with it.
fn is_worked_with(role: AccessibleRole) -> bool {
    is_named(role) && !matches!(role, AccessibleRole::Groupbox | AccessibleRole::List)
}

/// Whether it takes presses or letters: the elements of the language that do.
fn is_touched(element: &ElementHandle) -> bool {
    let kind = element.type_name().unwrap_or_default();
    matches!(kind.as_str(), "TouchArea" | "TextInput")
        && element.size().width > 0.0
        && element.size().height > 0.0
}

/// Whether it is a part of one of these.
fn lies_in(element: &ElementHandle, controls: &[(ElementHandle, AccessibleRole)]) -> bool {
    let is_part = |role| is_worked_with(role) || role == AccessibleRole::Image;
    controls.iter().any(|(control, role)| is_part(*role) && covers(control, element))
}

/// Whether it needs no role of its own.
fn is_known(
    element: &ElementHandle,
    all: &[ElementHandle],
    controls: &[(ElementHandle, AccessibleRole)],
) -> bool {
    match element.id().unwrap_or_default().as_str() {
        // A list is scrolled by its own keys.
        "ScrollBar::touch-area" => true,
        // Slint gives an entry of a menu its text, and no role.
        "MenuItemBase::touch-area" => all.iter().any(|text| {
            let named = text.accessible_label().is_some_and(|label| !label.is_empty());
            named && text.accessible_role() == Some(AccessibleRole::Text) && covers(element, text)
        }),
        // The veil of a sheet keeps what lies below it from being pressed, and does nothing.
        _ => controls.iter().any(|(group, role)| {
            *role == AccessibleRole::Groupbox
                && group.size() == element.size()
                && group.absolute_position() == element.absolute_position()
        }),
    }
}

fn covers(outer: &ElementHandle, inner: &ElementHandle) -> bool {
    let (over, room) = (outer.absolute_position(), outer.size());
    let (at, size) = (inner.absolute_position(), inner.size());
    at.x >= over.x - 0.5
        && at.y >= over.y - 0.5
        && at.x + size.width <= over.x + room.width + 0.5
        && at.y + size.height <= over.y + room.height + 0.5
}

/// Which element it is, for whoever looks for it.
fn told(element: &ElementHandle) -> String {
    let (at, size) = (element.absolute_position(), element.size());
    format!(
        "{} {} at {:.0},{:.0}, {:.0} x {:.0}",
        element.type_name().unwrap_or_default(),
        element.id().unwrap_or_default(),
        at.x,
        at.y,
        size.width,
        size.height
    )
}

#[test]
fn every_control_of_every_window_has_a_name_and_a_role_and_is_walked() {
    let mut walk = Walk::default();
    for take in places::ALL {
        // A program belongs to its thread.
        walk = std::thread::spawn(move || {
            take(&mut walk);
            walk
        })
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    }
    let met = walk.faults.iter().map(|(what, place)| format!("{place}: {what}"));
    let wrong: Vec<String> = met.chain(walk.missed()).collect();
    assert!(
        wrong.is_empty(),
        "{} controls, and {} faults:\n{}",
        walk.controls,
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_sheet_that_is_asked_for_has_its_sentences() {
    let known = source::sheets();
    let asked = source::asked();
    assert!(asked.len() >= known.len(), "{asked:?}");
    for (word, file) in &asked {
        assert!(known.contains(&word.as_str()), "{file} asks by {word:?}, which has no title in say.slint");
    }
    for word in known {
        assert!(asked.iter().any(|(asks, _)| asks == word), "nobody asks by {word:?}");
    }
}
