//! What waits for the server or was refused, and the check-up of everything on the way there.

use ipc_schema::chat::State;
use ipc_schema::daemon::{Checked, Doctor, Verdict};
use ipc_schema::outbox;
use qq_slint_ui::{Check, Prefs as Global, Say, Section, Waiting};
use slint::ComponentHandle;

use super::{Settings, call, send};
use crate::app::App;
use crate::asking::Question;
use crate::windows::{date, update};

impl Settings {
    pub(super) fn bind_outbox(&self) {
        let global = self.window.global::<Global>();
        global.on_outbox_retry(|id| call(outbox::Retry { id: id.into() }, |_, _| Self::look_at_outbox()));
        global.on_outbox_drop(|id, failed| {
            if failed {
                call(outbox::Clear { id: Some(id.into()) }, |_, _| Self::look_at_outbox());
            } else {
                call(outbox::Cancel { id: id.into() }, |_, _| Self::look_at_outbox());
            }
        });
        global.on_outbox_clear(|| {
            Self::question(
                Question::new("outbox-clear", "", |app, answer, _, _| {
                    send(app, outbox::Clear { id: None }, answer);
                    Self::look_at_outbox();
                })
                .danger(),
            );
        });
        global.on_check_up(|| Self::with(|settings, app| settings.check_up(app)));
    }

    /// Fetches what waits.
    pub(super) fn look_at_outbox() {
        call(outbox::List {}, |settings, listed: outbox::Listed| {
            App::with(|app| settings.show_outbox(app, listed));
        });
    }

    fn show_outbox(&self, app: &App, listed: outbox::Listed) {
        let say = app.voice.global::<Say>();
        let rows: Vec<Waiting> = listed
            .messages
            .into_iter()
            .map(|message| {
                let name = app
                    .current(|account| account.friend(&message.to).map(|friend| friend.shown().to_owned()))
                    .flatten();
                Waiting {
                    to: say.invoke_waits_to(name.unwrap_or(message.to).into(), date(&message.ts).into()),
                    id: message.id.into(),
                    text: message.text.lines().next().unwrap_or_default().into(),
                    failed: message.state == State::Failed,
                    why: message.why.map_or_else(|| say.invoke_undelivered(), Into::into),
                }
            })
            .collect();
        self.window.global::<Global>().set_any_failed(rows.iter().any(|row| row.failed));
        update(&self.waiting, rows);
    }

    /// Looks at all that must work; the daemon asks the way to the server, which takes a moment.
    fn check_up(&self, app: &App) {
        let global = self.window.global::<Global>();
        global.set_checking(true);
        update(&self.checks, Vec::new());
        app.link.call(None, &Doctor {}, |reply| {
            Self::with(|settings, app| {
                settings.window.global::<Global>().set_checking(false);
                match reply {
                    Ok(checked) => settings.show_checks(checked),
                    Err(error) => settings.fail(app, &error),
                }
            });
        });
    }

    fn show_checks(&self, checked: Checked) {
        let mut last = None;
        let mut row = |check: ipc_schema::daemon::Check| Check {
            verdict: match check.verdict {
                Verdict::Good => 0,
                Verdict::Warning => 1,
                Verdict::Bad => 2,
            },
            text: check.text.into(),
            advice: check.advice.unwrap_or_default().into(),
            whose: match check.account {
                same if same == last => "".into(),
                whose => {
                    last.clone_from(&whose);
                    whose.unwrap_or_default().into()
                }
            },
        };
        update(&self.checks, checked.checks.into_iter().map(&mut row).collect());
    }

    /// What waits may have changed while one looks at it.
    pub(super) fn follow_outbox(&self, count: u64) {
        let looked_at = self.window.window().is_visible()
            && self.window.global::<Global>().get_section() == Section::Outbox;
        if self.outbox.replace(count) != count && looked_at {
            Self::look_at_outbox();
        }
    }
}
