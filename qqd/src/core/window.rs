//! The window programs: which there are, what their user looks at, and how one is brought to the front; and the end of the
//! daemon, which they outlive.

use std::collections::{HashMap, HashSet};

use ipc_schema::daemon::{Open, Opened, Outdated, Stop, Stopped, Stopping, View, Viewed, Wanted};
use ipc_schema::{Code, Envelope, Error, Event};

use super::address::usage;
use super::io::{ClientId, Local, Output, Unopened, Window};
use super::name::no_friend;
use super::request::Caller;
use super::{Core, VERSION, clock};

/// How a link begins that a window is to open.
const LINK: &str = "qiao://";
/// The longest link, in bytes.
const LINK_MAX: usize = 4_096;
/// The longest activation token or name of a display, in bytes.
const WORD_MAX: usize = 512;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Windows {
    /// Each window program that is connected, with the conversation that has the keyboard focus there: whose, and with whom.
    viewed: HashMap<ClientId, Option<(Local, String)>>,
    /// Those of them that show each incoming message by themselves.
    opens: HashSet<ClientId>,
    /// Those of them that show nothing by themselves now, for something fills the screen.
    full: HashSet<ClientId>,
    /// Who asked for one that is being started.
    opening: HashMap<u64, Caller>,
    last: u64,
}

impl Windows {
    /// Whether anybody could be shown anything.
    pub(super) fn are_there(&self) -> bool {
        !self.viewed.is_empty()
    }

    /// Whether this conversation of this account is in front of the user now.
    pub(super) fn show(&self, local: &str, friend: &str) -> bool {
        self.viewed.values().flatten().any(|(whose, with)| **whose == *local && with == friend)
    }

    /// Whether one of them shows each incoming message by itself.
    pub(super) fn open_at_once(&self) -> bool {
        !self.opens.is_empty()
    }

    /// Whether one of them shakes its window when a friend does.
    pub(super) fn may_shake(&self) -> bool {
        self.viewed.keys().any(|client| !self.full.contains(client))
    }

    /// Those who wait for one that is being started.
    pub(super) fn take_callers(&mut self) -> Vec<Caller> {
        self.opening.drain().map(|(_, caller)| caller).collect()
    }

    /// A frontend is gone, and with it its windows.
    pub(super) fn forget(&mut self, client: ClientId) {
        self.viewed.remove(&client);
        self.opens.remove(&client);
        self.full.remove(&client);
        self.opening.retain(|_, caller| caller.client != client);
    }
}

/// Whether a link may have this letter: addresses, their separators, codes and keys.
fn is_of_link(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-._~:/?#[]@,;=&+%".contains(letter)
}

impl Core {
    /// `daemon.view`.
    pub(super) fn view(&mut self, caller: Caller, name: Option<&str>, params: &View) {
        let viewed = match &params.to {
            None => Ok(None),
            Some(to) => self.meant(name, to).map(Some),
        };
        // Whatever it looks at: it is a window program.
        let shown = viewed.as_ref().ok().cloned().flatten();
        let Windows { opens, full, .. } = &mut self.windows;
        for (set, is_so) in [(opens, params.opens), (full, params.full)] {
            if is_so {
                set.insert(caller.client);
            } else {
                set.remove(&caller.client);
            }
        }
        if let Some((account, friend)) = &shown {
            self.hear_read(account, friend);
        }
        self.windows.viewed.insert(caller.client, shown);
        self.answer(caller, viewed.map(|_| Viewed {}));
    }

    /// `daemon.open`.
    pub(super) fn open_window(&mut self, caller: Caller, name: Option<&str>, params: Open) {
        let (account, wanted) = match self.wanted(name, &params) {
            Err(error) => return self.refuse(caller, error),
            Ok(wanted) => wanted,
        };
        if self.windows.are_there() {
            self.tell_daemon(account.as_deref(), Event::DaemonWanted(wanted));
            return self.answer(caller, Ok(Opened { started: false }));
        }
        self.windows.last += 1;
        let number = self.windows.last;
        self.windows.opening.insert(number, caller);
        let Wanted { to, link, token } = wanted;
        let screen = params.screen.map(|screen| *screen).unwrap_or_default();
        self.outputs.push_back(Output::Open { number, window: Window { account, to, link, token, screen } });
    }

    /// What is to be shown, and whose it is.
    fn wanted(&self, name: Option<&str>, params: &Open) -> Result<(Option<Local>, Wanted), Error> {
        let Open { to, link, token, screen } = params;
        let screen = screen.as_deref().cloned().unwrap_or_default();
        let words = [token, &screen.wayland_display, &screen.display, &screen.xauthority];
        if words.into_iter().flatten().any(|word| word.len() > WORD_MAX || word.contains(char::is_control)) {
            return Err(usage(format!("a token or a display has more than {WORD_MAX} bytes, or is no word")));
        }
        let token = token.clone().filter(|token| !token.is_empty());
        let wanted = Wanted { to: None, link: link.clone(), token };
        match (to, link) {
            (Some(_), Some(_)) => {
                Err(usage("a friend and a link are two things; open one of them".to_owned()))
            }
            (None, Some(link)) if !link.starts_with(LINK) || link.len() > LINK_MAX => {
                Err(usage(format!("that is no link of ours: one begins with {LINK}")))
            }
            (None, Some(link)) if !link.chars().all(is_of_link) => {
                Err(usage("that is no link of ours: copy it whole, and nothing else".to_owned()))
            }
            (None, _) => {
                let account = name.map(|name| self.whose(Some(name))).transpose()?;
                Ok((account.map(|at| self.accounts[at].local.clone()), wanted))
            }
            (Some(to), None) => {
                let at = self.whose(name)?;
                let (local, friend) = self.meant(name, to)?;
                if !self.accounts[at].is_known(&friend) {
                    return Err(no_friend(&friend, false));
                }
                Ok((Some(local), Wanted { to: Some(friend), ..wanted }))
            }
        }
    }

    /// Which conversation of which account is meant.
    fn meant(&self, name: Option<&str>, to: &str) -> Result<(Local, String), Error> {
        let account = &self.accounts[self.whose(name)?];
        Ok((account.local.clone(), account.resolve(to)?))
    }

    /// The shell has started a window program, or could not.
    pub(super) fn on_opened(&mut self, number: u64, result: Result<(), Unopened>) {
        let Some(caller) = self.windows.opening.remove(&number) else { return };
        self.answer(caller, result.map(|()| Opened { started: true }).map_err(unopened));
    }

    /// `daemon.stop`.
    pub(super) fn stop_wanted(&mut self, caller: Caller, params: &Stop) {
        self.answer(caller, Ok(Stopping { pid: std::process::id() }));
        self.tell_daemon(None, Event::DaemonStopped(Stopped { restart: params.restart }));
        self.stop();
    }

    /// Another daemon is installed than the one that runs.
    pub(super) fn on_outdated(&mut self, installed: Option<String>) {
        let outdated = Outdated { running: VERSION.to_owned(), installed };
        if self.events.outdated() != Some(&outdated) {
            self.events.set_outdated(outdated.clone());
            self.tell_daemon(None, Event::DaemonOutdated(outdated));
        }
    }

    /// An event of the daemon's own.
    fn tell_daemon(&mut self, account: Option<&str>, event: Event) {
        let ts = clock::rfc3339(self.now.wall_us);
        self.publish(Envelope::new(0, ts, account.map(str::to_owned), event));
    }
}

/// Why no window came, and what to do.
fn unopened(why: Unopened) -> Error {
    let by_hand = "or start qq-slint there by hand";
    match why {
        Unopened::Missing => Error::new(
            Code::NotFound,
            "the window program qq-slint is not installed beside qqd, nor on the PATH",
        )
        .with_hint("install it; everything that it does, qqctl does, too: `qqctl --help`"),
        Unopened::NoDisplay => Error::new(Code::Unsupported, "there is no display here to show a window on")
            .with_hint(format!("call `qqctl open` from within the desktop, {by_hand}")),
        Unopened::Failed(said) => {
            Error::new(Code::Unexpected, format!("qq-slint could not be started: {said}"))
                .with_hint("qqd's log has more; `qq-slint` started by hand says why")
        }
    }
}
