//! What happens, and whether anybody is told of it by a notification.

use std::collections::BTreeSet;

use ipc_schema::chat::Received;
use ipc_schema::{Envelope, Event, account, call, friend, notify, presence};

use super::desk::Service;
use super::notice::{About, Told};
use crate::core::Core;
use crate::core::io::Local;
use crate::core::name::clip;

/// The most characters that are kept of a message for its notification.
const KEPT_MAX: usize = 400;
/// The most friend requests of an account that have a notification each, so that strangers cannot fill the screen.
const REQUESTS_MAX: usize = 3;

/// A message of somebody else's that came just now; what follows says whether it is unread.
#[derive(Debug)]
pub(super) struct Heard {
    account: String,
    from: String,
    text: String,
}

impl Core {
    /// One event of the daemon's, before the frontends hear of it.
    pub(in crate::core) fn hear(&mut self, envelope: &Envelope) {
        // What was missed is counted for the service that comes with the desktop, a moment after this daemon.
        let counts =
            envelope.replayed || matches!(envelope.event, Event::UnreadChanged(_) | Event::FriendAnswered(_));
        if self.notices.service == Service::None && !counts {
            return;
        }
        let Some(account) = envelope.account.as_deref() else { return };
        let replayed = envelope.replayed;
        match &envelope.event {
            Event::ChatReceived(chat) => self.hear_chat(account, chat),
            Event::UnreadChanged(unread) if unread.unread == 0 => self.hear_read(account, &unread.friend),
            Event::UnreadChanged(unread) => self.hear_unread(account, &unread.friend, replayed),
            Event::ShakeReceived(shake) => self.hear_shake(account, &shake.from),
            Event::FriendRequested(asked) if asked.incoming => self.hear_request(account, asked, replayed),
            Event::FriendRequested(_) => {}
            Event::FriendAnswered(answered) => self.hear_answered(account, &answered.friend),
            Event::FriendBlocked(blocked) => {
                self.hear_answered(account, &blocked.friend);
                self.hear_read(account, &blocked.friend);
            }
            Event::FriendRemoved(removed) => self.hear_read(account, &removed.friend),
            Event::CallIncoming(call) => self.hear_call(account, call),
            Event::CallState(call) if call.state == call::State::Ringing => {}
            Event::CallState(call) => {
                self.close(&About::Call(Local::from(account), call.friend.clone(), call.call.clone()));
            }
            Event::DaemonState(_)
            | Event::DaemonGap(_)
            | Event::AccountState(_)
            | Event::AccountRefused(_)
            | Event::AccountNotice(_)
            | Event::AccountProfile(_)
            | Event::FriendAdded(_)
            | Event::FriendChanged(_)
            | Event::GroupAdded(_)
            | Event::GroupRenamed(_)
            | Event::GroupRemoved(_)
            | Event::PresenceChanged(_)
            | Event::ChatState(_)
            | Event::ChatRead(_)
            | Event::ChatFilling(_)
            | Event::TypingChanged(_)
            | Event::DaemonWanted(_)
            | Event::DaemonOutdated(_)
            | Event::DaemonStopped(_)
            | Event::ShakeSent(_)
            | Event::ChatDrafted(_)
            | Event::NotifyChanged(_)
            | Event::Unknown { .. } => {}
        }
    }

    fn hear_chat(&mut self, account: &str, chat: &Received) {
        let own = chat.from == account::bare(account);
        self.notices.heard = (!own).then(|| Heard {
            account: account.to_owned(),
            from: chat.from.clone(),
            text: clip(&chat.text, KEPT_MAX),
        });
    }

    /// There is more that is unread, or less, but something.
    fn hear_unread(&mut self, account: &str, friend: &str, replayed: bool) {
        let heard = self.notices.heard.take();
        let Some(heard) = heard.filter(|heard| heard.account == account && heard.from == friend) else {
            return;
        };
        let account = Local::from(account);
        match replayed {
            true => self.miss_message(&account, friend, heard.text),
            false if self.may_tell(&account, friend) => {
                self.tell(About::Chat(account, heard.from), |told| {
                    told.messages += 1;
                    (told.text, told.shook) = (heard.text, false);
                });
            }
            false => {}
        }
    }

    /// Nothing of a friend is unread, here or on another device, or their conversation is in front of the user.
    pub(in crate::core) fn hear_read(&mut self, account: &str, friend: &str) {
        self.close(&About::Chat(Local::from(account), friend.to_owned()));
        self.miss_no_more(account, friend, false);
    }

    fn hear_shake(&mut self, account: &str, friend: &str) {
        let account = Local::from(account);
        // A window program shakes its window, whatever it does with messages, where that can be seen.
        if self.may_tell(&account, friend) && (self.notices.locked || !self.windows.may_shake()) {
            self.tell(About::Chat(account, friend.to_owned()), |told| told.shook = true);
        }
    }

    fn hear_request(&mut self, account: &str, asked: &friend::Asked, replayed: bool) {
        let account = Local::from(account);
        if replayed {
            return self.miss_request(&account, &asked.friend);
        }
        if self.may_disturb(&account) {
            self.tell_request(account, asked);
        }
    }

    fn tell_request(&mut self, account: Local, asked: &friend::Asked) {
        let all = About::Requests(account.clone());
        let one = About::Request(account.clone(), asked.friend.clone());
        let others = |told: &Told| matches!(&told.about, About::Request(whose, friend) if *whose == account && *friend != asked.friend);
        let told = &self.notices.told;
        let is_told = told.iter().any(|told| told.about == all);
        if !is_told && told.iter().filter(|told| others(told)).count() < REQUESTS_MAX {
            let text = clip(&asked.note, KEPT_MAX);
            return self.tell(one, |told| told.text = text);
        }
        self.close(&one);
        while let Some(at) = self.notices.told.iter().position(others) {
            self.take_away(at);
        }
        self.tell(all, |_| {});
    }

    fn hear_answered(&mut self, account: &str, friend: &str) {
        let local = Local::from(account);
        let mirror = self.account_of(account).and_then(|account| account.visible());
        let mut asks = mirror.into_iter().flat_map(|mirror| &mirror.requests);
        if !asks.any(|asked| asked.incoming && asked.friend != friend) {
            self.close(&About::Requests(local.clone()));
        }
        self.close(&About::Request(local, friend.to_owned()));
        self.miss_no_more(account, friend, true);
    }

    fn hear_call(&mut self, account: &str, call: &call::Call) {
        let account = Local::from(account);
        let known = self.is_friend(&account, &call.friend) && !self.mutes(&account, &call.friend);
        if known && self.may_disturb(&account) {
            self.tell(About::Call(account, call.friend.clone(), call.call.clone()), |_| {});
        }
    }

    /// Whether the user may be told of anything of this account now.
    pub(super) fn may_disturb(&mut self, account: &Local) -> bool {
        self.weigh();
        let mirror = self.account_of(account).and_then(|account| account.visible());
        let busy = mirror.is_none_or(|mirror| mirror.presence == presence::State::Busy);
        !busy && !self.notices.now.dnd
    }

    /// Whether the user may be told what this friend does now, and no window does it.
    pub(super) fn may_tell(&mut self, account: &Local, friend: &str) -> bool {
        let shown =
            self.windows.show(account, friend) || (self.windows.open_at_once() && !self.notices.locked);
        self.may_disturb(account) && self.may_summarise(account, friend) && !shown
    }

    /// Whether what this friend wrote counts at all.
    pub(super) fn may_summarise(&self, account: &Local, friend: &str) -> bool {
        self.is_friend(account, friend) && self.is_wanted(account, friend)
    }

    /// Whom nothing is counted of, among these: in one go, for they may be thousands.
    pub(super) fn unwanted<'a>(
        &self,
        account: &Local,
        among: impl Iterator<Item = &'a String>,
    ) -> BTreeSet<String> {
        let friends: BTreeSet<&str> = self.friends_of(account).collect();
        let counts = |friend: &str| friends.contains(friend) && self.is_wanted(account, friend);
        among.filter(|friend| !counts(friend)).cloned().collect()
    }

    /// Whether the user wants to hear of this friend, and does not look at the conversation anyway.
    fn is_wanted(&self, account: &Local, friend: &str) -> bool {
        !self.mutes(account, friend) && !self.windows.show(account, friend)
    }

    fn is_friend(&self, account: &Local, name: &str) -> bool {
        self.friends_of(account).any(|friend| friend == name)
    }

    fn friends_of(&self, account: &Local) -> impl Iterator<Item = &str> {
        let mirror = self.account_of(account).and_then(|account| account.visible());
        let groups = mirror.into_iter().flat_map(|mirror| &mirror.groups);
        let groups = groups.filter(|group| group.name != friend::STRANGERS);
        groups.flat_map(|group| &group.friends).map(|friend| friend.account.as_str())
    }

    fn mutes(&self, account: &Local, friend: &str) -> bool {
        let now: &notify::Now = &self.notices.now;
        now.mutes(account, friend)
    }
}
