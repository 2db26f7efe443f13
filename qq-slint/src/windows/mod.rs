//! The Rust halves of the windows: each opens its component, shows what the mirror says, and carries out what is pressed.

mod chat;
mod friends;
mod login;
mod rows;
mod settings;
mod stage;
mod tray;

pub(crate) use chat::Chat;
#[cfg(test)]
pub(crate) use chat::pages::KEPT;
pub(crate) use friends::Friends;
pub(crate) use login::Login;
pub(crate) use settings::Settings;
pub(crate) use tray::Tray;

use std::collections::HashMap;

use slint::{Model, SharedString, VecModel};

/// A time of the daemon's, on this computer's clock, to the minute; empty when it is none.
pub(crate) fn date(ts: &str) -> String {
    let zone = crate::clock::zone();
    let at = ts.parse::<jiff::Timestamp>().map(|at| at.to_zoned(zone));
    at.map(|at| at.strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

/// Makes a model equal to `rows` by changing only the rows that differ, so that a list neither flickers nor scrolls.
pub(crate) fn update<T: Clone + PartialEq + 'static>(model: &VecModel<T>, rows: Vec<T>) {
    let (old, new) = (model.row_count(), rows.len());
    for (at, row) in rows.into_iter().enumerate() {
        if at >= old {
            model.push(row);
        } else if model.row_data(at).as_ref() != Some(&row) {
            model.set_row_data(at, row);
        }
    }
    for at in (new..old).rev() {
        model.remove(at);
    }
}

/// As [`update`], for a list whose beginning comes and goes, too: rows before the first one that was there before are put
/// in and taken away at the beginning, so that the list keeps in view what it shows. Rows with an empty key are not looked
/// for.
pub(crate) fn slide<T: Clone + PartialEq + 'static>(
    model: &VecModel<T>,
    rows: Vec<T>,
    key: impl Fn(&T) -> SharedString,
) {
    let places: HashMap<SharedString, usize> =
        rows.iter().enumerate().map(|(at, row)| (key(row), at)).filter(|(key, _)| !key.is_empty()).collect();
    let met = (0..model.row_count()).find_map(|old| Some((old, *places.get(&key(&model.row_data(old)?))?)));
    if let Some((old, new)) = met {
        for _ in new..old {
            model.remove(0);
        }
        for (at, row) in rows.iter().take(new.saturating_sub(old)).enumerate() {
            model.insert(at, row.clone());
        }
    }
    update(model, rows);
}
