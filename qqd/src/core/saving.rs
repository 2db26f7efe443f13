//! A login that the relay has taken, on its way to the disk: what comes in meanwhile waits, and nothing is said.

use ipc_schema::Event;
use ipc_schema::account::{Changed, State};
use relay_schema::{Refusal, Secret, Stanza};

use super::account::Account;
use super::failure::Failure;
use super::io::Attempt;
use super::login::Credential;
use super::name::{NAME_MAX, clip};
use super::op::{self, Loaded, Op, StoreError};
use super::stored::Then;

/// How much a relay may say between its answer and the account's being on disk.
const HELD_MAX: usize = 16_384;
/// The same in bytes of text.
const HELD_MAX_BYTES: usize = 16 << 20;

/// What came from the relay before it could be taken.
#[derive(Debug)]
pub(super) enum Heard {
    Stanza(Box<Stanza>),
    Unreadable(Box<Refusal>, Vec<u8>),
}

/// A login that the relay has accepted, on its way to the disk.
#[derive(Debug)]
pub(super) struct Saving {
    pub(super) attempt: Attempt,
    pub(super) account: op::Account,
    pub(super) token: Secret,
    /// The relay's store is another one than before: its rows come from the beginning.
    pub(super) restored: bool,
    /// No friend list is known for this store: the relay sends it whole.
    pub(super) list: bool,
    pub(super) head: u64,
    pub(super) held: Vec<Heard>,
    pub(super) held_bytes: usize,
    /// The link was lost in the meantime.
    pub(super) lost: Option<Failure>,
}

impl Saving {
    /// The last that came could not be read, and the relay was left for it.
    pub(super) fn ends_unread(&self) -> bool {
        self.lost.is_none()
            && matches!(self.held.last(), Some(Heard::Unreadable(refusal, _)) if refusal.fault.closes())
    }
}

impl Account {
    /// Keeps what the relay says until the account is on disk.
    pub(super) fn hold(&mut self, heard: Heard) {
        let Some(saving) = &mut self.saving else { return };
        saving.held_bytes += heard.weight();
        saving.held.push(heard);
        if saving.held.len() > HELD_MAX || saving.held_bytes > HELD_MAX_BYTES {
            let relay = self.relay();
            self.fail(Failure::trouble("it says more than this computer can store", &relay));
        }
    }

    pub(super) fn on_token_saved(&mut self, attempt: Attempt, result: Result<(), StoreError>) {
        let Some(saving) = self.saving.as_mut().filter(|saving| saving.attempt == attempt) else { return };
        if let Err(error) = result {
            return self.not_saved(&error);
        }
        if self.account.is_some() {
            self.token = Some(saving.token.clone());
        }
        let name = saving.held.iter().find_map(Heard::own_name);
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            saving.account.name = name;
        }
        let account = saving.account.clone();
        if self.inbox.start_over {
            // The epoch is the same, and yet the rows come from the beginning: only a changed epoch resets the cursor.
            let nothing = op::Account { epoch: String::new(), cursor: 0, ..account.clone() };
            self.ask(Op::SaveAccount(nothing), Then::Nothing);
        }
        self.ask(Op::SaveAccount(account), Then::Account(attempt));
    }

    pub(super) fn on_account_saved(&mut self, attempt: Attempt, result: Result<(), StoreError>) {
        let Some(saving) = self.saving.as_ref().filter(|saving| saving.attempt == attempt) else { return };
        match result {
            Err(error) => self.not_saved(&error),
            Ok(()) if self.account.is_none() => self.ask(Op::Load, Then::Reload(attempt)),
            Ok(()) => {
                self.profile.name.clone_from(&saving.account.name);
                // How it shows itself may have changed meanwhile.
                let own = self.account.take().map(|known| known.own).unwrap_or_default();
                self.account = Some(op::Account { own, ..saving.account.clone() });
                self.established();
            }
        }
    }

    pub(super) fn on_reloaded(&mut self, attempt: Attempt, result: Result<Loaded, StoreError>) {
        let Some(saving) = self.saving.as_ref().filter(|saving| saving.attempt == attempt) else { return };
        match result {
            Err(error) => self.not_saved(&error),
            Ok(loaded) => {
                let (account, token) = (saving.account.clone(), saving.token.clone());
                self.install(Loaded { account: Some(account), token: Some(token), ..loaded });
                self.established();
            }
        }
    }

    fn not_saved(&mut self, error: &StoreError) {
        self.saving = None;
        let relay = self.relay();
        self.fail(Failure::storage(&error.to_string(), &relay));
        self.after_saving();
    }

    /// All is on disk: the session begins, or what came in between is made up for.
    fn established(&mut self) {
        let Some(saving) = self.saving.take() else { return };
        self.refused = None;
        let wanted = self.login.take_if(|wanted| wanted.attempt == Some(saving.attempt));
        let lives = saving.lost.is_none();
        self.inbox.start(saving.account.cursor, saving.head, saving.restored);
        if lives {
            self.link.established(self.now.mono);
            self.friends.start(saving.list, self.now.mono);
            self.start_pictures();
        }
        let fresh = wanted.is_some();
        if let Some(wanted) = wanted {
            self.end_join(wanted.entrance);
            self.doubt_kept(wanted.credential);
            let reply = self.logged_in(&saving.account);
            self.reply_login(wanted.to, Ok(reply));
        }
        self.show_session(lives, fresh);
        match saving.lost {
            Some(failure) => self.schedule(failure),
            None => self.take_up(saving.held),
        }
        self.after_saving();
        self.release_early();
    }

    /// A password that somebody typed is taken: the random one that is kept here is the account's only if it is the same.
    fn doubt_kept(&mut self, credential: Credential) {
        let Credential::Password(right) = credential else { return };
        self.with_kept(move |account, kept| {
            if matches!(kept, Ok(Some(kept)) if kept != right) {
                account.drop_password();
            }
        });
    }

    /// Tells the account as it is now: its friends, what is unread, its state.
    fn show_session(&mut self, lives: bool, fresh: bool) {
        let known = self.visible().cloned().unwrap_or_default();
        let renamed = self.account.as_ref().is_some_and(|account| account.name != known.name);
        if fresh || renamed {
            let account = self.mirrored(known.link);
            self.tell_whole(account);
        }
        let state = if lives { State::Online } else { State::Offline };
        let relay = self.relay();
        self.tell(Event::AccountState(Changed { state, relay, ..Changed::default() }));
        if lives {
            self.tell_own_presence();
        }
    }

    fn take_up(&mut self, held: Vec<Heard>) {
        // The token before this one is good until the relay reads something: a login of ours that comes late would
        // take the session away.
        self.ping();
        self.say_marks();
        self.expire();
        self.pump();
        for heard in held {
            if !self.link.is_online() {
                return;
            }
            match heard {
                Heard::Stanza(stanza) => self.on_stanza(*stanza),
                Heard::Unreadable(refusal, raw) => self.on_unreadable(&refusal, raw),
            }
        }
        self.ask_lacking();
        self.fill();
    }

    /// What had to wait for the disk.
    fn after_saving(&mut self) {
        if self.logout.is_some() {
            self.start_logout();
        } else if self.login.as_ref().is_some_and(|wanted| wanted.attempt.is_none()) {
            self.start_login();
        }
    }

    /// Rows behind this one are not on disk after all: a login that is being saved must not count them.
    pub(super) fn rows_failed(&mut self, committed: u64) {
        if let Some(saving) = self.saving.as_mut().filter(|saving| saving.lost.is_none() && !saving.list) {
            saving.account.cursor = committed;
        }
    }
}

impl Heard {
    fn weight(&self) -> usize {
        match self {
            Self::Stanza(stanza) => match &**stanza {
                Stanza::Chat(chat) => {
                    256 + chat.content.len() + chat.body.as_ref().map_or(0, |body| body.0.len())
                }
                stanza => 256 + stanza.to_xml().len(),
            },
            Self::Unreadable(_, raw) => 256 + raw.len(),
        }
    }

    fn own_name(&self) -> Option<String> {
        match self {
            Self::Stanza(stanza) => match &**stanza {
                Stanza::User(user) => Some(clip(&user.name, NAME_MAX)),
                _ => None,
            },
            Self::Unreadable(..) => None,
        }
    }
}
