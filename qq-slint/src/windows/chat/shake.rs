//! The shake: asked for, seen, and a line that says so.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use ipc_schema::shake;
use qq_slint_ui::Say;
use slint::{ComponentHandle, PhysicalPosition, SharedString, TimerMode};

use super::{Chat, Entry};
use crate::app::App;
use crate::winext;

/// The shake: steps of this length, that many of them, about half a second in all.
const SHAKE: (Duration, usize) = (Duration::from_millis(30), 18);
/// Where the window stands in each step, in pixels from its place.
const STEPS: [(i32, i32); 4] = [(10, 0), (0, 8), (-10, 0), (0, -8)];

/// How many lines of shakes a conversation keeps.
const LINES: usize = 50;

impl Chat {
    pub(super) fn shake(self: &Rc<Self>, app: &Rc<App>) {
        let weak = Rc::downgrade(self);
        app.link.call(Some(&self.peer.0), &shake::Send { to: self.to() }, move |reply| {
            let Some(chat) = weak.upgrade() else { return };
            App::with(|app| match reply {
                Ok(_) => chat.on_shake(app, false, true),
                Err(error) => chat.fail(app, &error),
            });
        });
    }

    /// The window shakes, by the friend or by oneself, and a line says so.
    pub(crate) fn on_shake(self: &Rc<Self>, app: &Rc<App>, incoming: bool, moves: bool) {
        if !incoming && self.newer.get() {
            return self.newest(app, move |chat, app| chat.on_shake(app, false, moves));
        }
        let name = self.friend_name(app);
        let say = app.voice.global::<Say>();
        let text = if incoming { say.invoke_shook_you(name) } else { say.invoke_you_shook(name) };
        let follows = !incoming || self.is_at_end(app);
        // Far from the end there is no place for the line, and a friend who shakes all day must not fill the memory.
        if !self.newer.get() {
            let line = Entry::Event { ts: crate::clock::now().to_string(), text: text.to_string() };
            self.entries.borrow_mut().push(line);
            self.forget_shakes();
        }
        self.refresh(app);
        if incoming {
            self.announce(&text);
        }
        if follows && !self.newer.get() {
            self.to_end();
        }
        // The stage may show another conversation.
        if self.is_shown(app) && moves && !app.stands_still() {
            self.move_about();
        }
        if incoming && moves {
            winext::attention(self.stage.window());
        }
    }

    /// The oldest lines of shakes go, when there are many.
    fn forget_shakes(&self) {
        let mut entries = self.entries.borrow_mut();
        let is_line = |entry: &Entry| matches!(entry, Entry::Event { .. });
        if entries.iter().filter(|entry| is_line(entry)).count() > LINES
            && let Some(oldest) = entries.iter().position(is_line)
        {
            entries.remove(oldest);
        }
    }

    /// What the friend is called.
    pub(super) fn friend_name(&self, app: &App) -> SharedString {
        let state = app.state.borrow();
        let friend = state.account(&self.peer.0).and_then(|account| account.friend(&self.peer.1));
        friend.map_or(self.peer.1.as_str(), |friend| friend.shown()).into()
    }

    /// Moves the real window where a client may do so, else its inside.
    fn move_about(self: &Rc<Self>) {
        if self.shaking.running() {
            return;
        }
        let base = winext::position(self.stage.window());
        let weak = Rc::downgrade(self);
        let step = Cell::new(0_usize);
        self.shaking.start(TimerMode::Repeated, SHAKE.0, move || {
            let Some(chat) = weak.upgrade() else { return };
            step.set(step.get() + 1);
            let over = step.get() >= SHAKE.1;
            let (x, y) = if over { (0, 0) } else { STEPS[step.get() % STEPS.len()] };
            match base {
                Some(base) => {
                    chat.stage.window().set_position(PhysicalPosition::new(base.x + x, base.y + y));
                }
                #[expect(clippy::cast_precision_loss, reason = "ten pixels at most")]
                None => chat.stage.sway(x as f32),
            }
            if over {
                chat.shaking.stop();
            }
        });
    }
}
