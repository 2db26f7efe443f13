//! Accounts that are on line: their sessions, and whom they may reach.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use relay_schema::ErrorCode;

use super::mark::SeedCursor;
use super::op::{Account, AccountId, Begun, FriendKind, Item, Row, Seq};
use super::presence::{Own, Presence};
use super::session::{live, live_mut};
use super::{Core, Now, SessionId};

/// From the last session's end until friends hear of it.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// An account with a session, or one whose last session has just left.
#[derive(Debug)]
pub(super) struct Online {
    pub(super) name: String,
    /// In the order of their logins.
    pub(super) sessions: Vec<SessionId>,
    /// Whom it may reach, by name.
    pub(super) friends: HashMap<String, (AccountId, FriendKind)>,
    /// Whom it blocks, friends or not.
    blocks: HashSet<AccountId>,
    /// Who blocks it.
    blocked_by: HashSet<AccountId>,
    /// The highest number of its inbox.
    pub(super) head: Seq,
    pub(super) seed: SeedCursor,
    /// The store has marks of it that others were not told because it was invisible.
    pub(super) has_hidden_marks: bool,
    /// How its sessions show it.
    pub(super) presence: Presence,
}

impl Online {
    /// Whether `name` is a friend.
    pub(super) fn is_friend(&self, name: &str) -> bool {
        matches!(self.friends.get(name), Some((_, FriendKind::Friend)))
    }

    /// Everybody who is a friend.
    pub(super) fn friends(&self) -> impl Iterator<Item = AccountId> {
        self.friends.values().filter(|(_, kind)| *kind == FriendKind::Friend).map(|(id, _)| *id)
    }

    /// Whether it blocks `other`.
    pub(super) fn blocks(&self, other: AccountId) -> bool {
        self.blocks.contains(&other)
    }

    /// Whether `other` blocks it.
    pub(super) fn is_blocked_by(&self, other: AccountId) -> bool {
        self.blocked_by.contains(&other)
    }
}

impl Core {
    /// One session more; friends hear of it if they see the account otherwise than before.
    pub(super) fn join(&mut self, now: Now, account: &Account, begun: &Begun, session: SessionId, own: Own) {
        let device = live(&self.sessions, session).and_then(|live| live.device.clone());
        let online = self.online.entry(account.id).or_insert_with(|| Online {
            name: account.account.clone(),
            sessions: Vec::new(),
            presence: Presence::default(),
            friends: HashMap::new(),
            blocks: HashSet::new(),
            blocked_by: HashSet::new(),
            head: 0,
            seed: SeedCursor::default(),
            has_hidden_marks: false,
        });
        let entries = begun.friends.iter();
        online.friends = entries.map(|(id, name)| (name.clone(), (*id, FriendKind::Friend))).collect();
        online.blocks = begun.blocks.iter().copied().collect();
        online.blocked_by = begun.blocked_by.iter().copied().collect();
        online.head = online.head.max(begun.head);
        online.seed.start(begun.seed_cursor);
        online.has_hidden_marks |= begun.has_hidden_marks;
        online.sessions.push(session);
        let is_new = !online.presence.is_told();
        online.presence.join(session, device, own);
        self.names.insert(account.account.clone(), account.id);
        // Whoever comes is told at once; whoever comes again otherwise than he was, as often as others may change.
        if is_new { self.announce(account.id) } else { self.show(now, account.id) }
    }

    /// One session less; friends hear of it after a while.
    pub(super) fn leave(&mut self, now: Now, account: AccountId, session: SessionId) {
        let Some(online) = self.online.get_mut(&account) else { return };
        online.sessions.retain(|other| *other != session);
        let when = now.mono + GRACE;
        online.presence.leave(session, when);
        self.leaving.push_back((when, account));
    }

    /// Announces those whom sessions left a while ago; forgets those who have none any more.
    pub(super) fn on_tick(&mut self, now: Now) {
        while let Some((when, account)) = self.leaving.front().copied() {
            if now.mono < when {
                return;
            }
            self.leaving.pop_front();
            let Some(online) = self.online.get_mut(&account) else { continue };
            let lost = online.presence.settle(now.mono);
            self.end_lost(account, lost);
            self.tell_rest(account);
        }
    }

    /// Nobody waits for those of the account's sessions that have ended to come back, be it those of one device:
    /// friends see at once what is left. (A lost connection has its while, see [`GRACE`].)
    pub(super) fn gone_for_good(&mut self, account: AccountId, device: Option<&str>) {
        let Some(online) = self.online.get_mut(&account) else { return };
        let lost = online.presence.forget(device);
        self.end_lost(account, lost);
        self.tell_rest(account);
    }

    /// Some of its sessions count no more: tells what friends see now, and forgets the account if it has none.
    fn tell_rest(&mut self, account: AccountId) {
        let is_gone = self.online.get(&account).is_some_and(|online| online.presence.is_empty());
        self.announce(account);
        let Some(online) = is_gone.then(|| self.online.remove(&account)).flatten() else { return };
        self.flush_seed(account, &online);
        if self.names.get(&online.name) == Some(&account) {
            self.names.remove(&online.name);
        }
    }

    /// Whether two accounts may see of each other who is on line, typing and reading: both are known here, are
    /// friends, and neither blocks the other. (Mutual: the order of the two does not matter.)
    pub(super) fn may_see(&self, a: AccountId, b: AccountId) -> bool {
        let (Some(one), Some(other)) = (self.online.get(&a), self.online.get(&b)) else { return false };
        // Both lists: whoever has just ended the friendship hears nothing any more.
        let friends = one.is_friend(&other.name) && other.is_friend(&one.name);
        friends && !one.blocks(b) && !one.is_blocked_by(b)
    }

    /// Whether `to` is on line for `from`: it has a session right now, and is not invisible to others than itself.
    pub(super) fn is_there(&self, from: AccountId, to: AccountId) -> bool {
        self.online.get(&to).is_some_and(|online| {
            !online.sessions.is_empty() && (from == to || !online.presence.is_invisible())
        })
    }

    /// Whether the account called `name` is on line for `from`.
    pub(super) fn is_there_by_name(&self, from: AccountId, name: &str) -> bool {
        self.names.get(name).is_some_and(|to| self.is_there(from, *to))
    }

    /// All sessions of the account.
    pub(super) fn sessions_of(&self, account: AccountId) -> Vec<SessionId> {
        self.online.get(&account).map(|online| online.sessions.clone()).unwrap_or_default()
    }

    /// The account's sessions of the full dialect.
    pub(super) fn full_sessions(&self, account: AccountId) -> Vec<SessionId> {
        self.sessions_where(account, |full, _| full)
    }

    /// The account's sessions of the seed dialect.
    pub(super) fn seed_sessions(&self, account: AccountId) -> Vec<SessionId> {
        self.sessions_where(account, |full, _| !full)
    }

    /// The account's sessions on that device.
    pub(super) fn sessions_of_device(&self, account: AccountId, device: &str) -> Vec<SessionId> {
        self.sessions_where(account, |_, own| own == Some(device))
    }

    fn sessions_where(
        &self,
        account: AccountId,
        filter: impl Fn(bool, Option<&str>) -> bool,
    ) -> Vec<SessionId> {
        let Some(online) = self.online.get(&account) else { return Vec::new() };
        let sessions = online.sessions.iter().copied();
        let fits = |session: &SessionId| {
            live(&self.sessions, *session).is_some_and(|live| filter(live.is_full(), live.device.as_deref()))
        };
        sessions.filter(fits).collect()
    }

    /// New rows of any inboxes: whoever is on line gets them at once, and his circle changes with them.
    pub(super) fn on_rows_made(&mut self, rows: &[(AccountId, Row)]) {
        for (account, row) in rows {
            let Some(online) = self.online.get_mut(account) else {
                // Whom he blocks has to know, even if he has left meanwhile.
                if let Item::Blocked { id, blocked, .. } = row.item {
                    self.on_block(*account, id, blocked);
                }
                continue;
            };
            online.head = online.head.max(row.seq);
            let count = online.sessions.len();
            for at in 0..count {
                let session = self.online.get(account).and_then(|online| online.sessions.get(at)).copied();
                if let Some(session) = session {
                    self.offer(session, row);
                }
            }
            self.update_circle(*account, &row.item);
        }
    }

    /// A row about the friend list changes whom the account may reach.
    fn update_circle(&mut self, account: AccountId, item: &Item) {
        let Some(online) = self.online.get_mut(&account) else { return };
        match item {
            Item::Chat(_)
            | Item::Request(_)
            | Item::Answer { .. }
            | Item::Group { .. }
            | Item::GroupRename { .. }
            | Item::GroupRemove { .. }
            | Item::Profile { .. } => {}
            Item::Blocked { id, blocked, .. } => self.on_block(account, *id, *blocked),
            Item::Friend(friend) | Item::Moved(friend) => {
                let before = online.friends.insert(friend.account.clone(), (friend.id, friend.kind));
                let new = before.is_none_or(|(_, kind)| kind != FriendKind::Friend);
                let hidden = online.blocks(friend.id) || online.is_blocked_by(friend.id);
                if new && friend.kind == FriendKind::Friend && !hidden {
                    self.introduce(account, friend.id);
                }
            }
            Item::FriendRemove { account } => {
                online.friends.remove(account);
            }
        }
    }

    /// `account` blocks `other` from now on, or not any more: friends see each other go off line, or come.
    fn on_block(&mut self, account: AccountId, other: AccountId, blocked: bool) {
        let saw = self.may_see(account, other);
        if let Some(online) = self.online.get_mut(&account) {
            set(&mut online.blocks, other, blocked);
        }
        if let Some(online) = self.online.get_mut(&other) {
            set(&mut online.blocked_by, account, blocked);
        }
        let sees = self.may_see(account, other);
        if saw && !sees {
            self.conceal(account, other);
            self.conceal(other, account);
        } else if sees && !saw {
            self.introduce(account, other);
            self.introduce(other, account);
        }
    }

    /// Ends a session with a reason.
    pub(super) fn end_session(&mut self, now: Now, session: SessionId, code: ErrorCode, text: &str) {
        if live_mut(&mut self.sessions, session).is_some() {
            self.error(session, code, text, None);
            self.close(now, session);
        }
    }
}

fn set(blocks: &mut HashSet<AccountId>, other: AccountId, blocked: bool) {
    if blocked {
        blocks.insert(other);
    } else {
        blocks.remove(&other);
    }
}
