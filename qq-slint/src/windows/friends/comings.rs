//! Who comes and goes, for a screen reader: said politely while the friend list has the keyboard, several at once.

use std::cell::RefCell;
use std::time::Duration;

use ipc_schema::{friend, presence};
use qq_slint_ui::{Friends as Global, Say};
use slint::{ComponentHandle, SharedString, Timer, TimerMode};

use super::Friends;
use crate::app::App;
use crate::face;

/// What happens within this time is said at once.
const TOGETHER: Duration = Duration::from_millis(1_000);
/// More friends than this are only counted.
const NAMED: usize = 3;

/// Who came or went since it was said last.
#[derive(Default)]
pub(super) struct Comings {
    /// Each friend once: the account, how they were before, and how they are now.
    changed: RefCell<Vec<(String, presence::State, presence::State)>>,
    saying: Timer,
}

impl Friends {
    /// A friend of an account has another state than `before`.
    pub(crate) fn on_presence(
        &self,
        app: &App,
        account: &str,
        changed: &presence::Changed,
        before: presence::State,
    ) {
        let is_listed = app.account_name().as_deref() == Some(account)
            && app.state.borrow().account(account).is_some_and(|account| {
                let groups = account.groups.iter().filter(|group| group.name != friend::STRANGERS);
                groups.flat_map(|group| &group.friends).any(|friend| friend.account == changed.friend)
            });
        if !is_listed || !app.is_in_friends() {
            return;
        }
        let mut all = self.comings.changed.borrow_mut();
        match all.iter_mut().find(|(friend, ..)| *friend == changed.friend) {
            Some((_, _, now)) => *now = changed.state,
            None => all.push((changed.friend.clone(), before, changed.state)),
        }
        if !self.comings.saying.running() {
            self.comings.saying.start(TimerMode::SingleShot, TOGETHER, || {
                Self::with(|friends, app| friends.say_comings(app));
            });
        }
    }

    fn say_comings(&self, app: &App) {
        let mut all = self.comings.changed.take();
        // Whoever was gone for a moment only has not gone.
        all.retain(|(_, before, now)| before != now);
        if all.is_empty() || !app.is_in_friends() {
            return;
        }
        let say = app.voice.global::<Say>();
        let text = if all.len() > NAMED {
            say.invoke_several_changed(i32::try_from(all.len()).unwrap_or(i32::MAX)).to_string()
        } else {
            let one = |(friend, _, now): &(String, presence::State, presence::State)| {
                let name = app.current(|account| account.friend(friend).map(|f| f.shown().to_owned()));
                let name = name.flatten().unwrap_or_else(|| friend.clone());
                let state = say.invoke_presence(face::presence(*now, false));
                say.invoke_friend_spoken(name.into(), state, "".into(), 0).to_string()
            };
            all.iter().map(one).collect::<Vec<_>>().join("; ")
        };
        let list = self.window.global::<Global>();
        // The same once more has to differ, or nobody hears it.
        let text = if list.get_said() == text { format!("{text} ") } else { text };
        list.set_said(SharedString::from(text));
    }
}
