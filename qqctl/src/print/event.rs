//! Events, one a line.

use ipc_schema::chat::State as Chat;
use ipc_schema::{Envelope, Event, State, account, chat, daemon, friend, notify};

use super::daemon::grouped;
use super::friend::state;
use super::{Paint, Printer};
use crate::Stop;
use crate::text::{one_line, time};

impl Printer {
    /// One event: the envelope exactly as the daemon wrote it, or a line for a person, which says whose it is where there
    /// are `several` accounts.
    pub(crate) fn event(&self, envelope: &Envelope, raw: &str, several: bool) -> Result<(), Stop> {
        if self.json {
            return self.exact(raw);
        }
        let paint = self.paint_out;
        let head = paint.dim(&format!("{} {:<16}", time(&envelope.ts), one_line(envelope.event.name())));
        let own = envelope.account.as_deref().map(account::bare);
        let replayed = if envelope.replayed { paint.dim("  (while away)") } else { String::new() };
        let whose = envelope.account.as_deref().filter(|_| several);
        let whose = whose.map(|whose| paint.dim(&format!("{}  ", one_line(whose)))).unwrap_or_default();
        self.text(&format!("{head} {whose}{}{replayed}", sentence(&envelope.event, own, paint)))
    }
}

fn sentence(event: &Event, own: Option<&str>, paint: Paint) -> String {
    match event {
        Event::DaemonState(whole) => whole_state(whole),
        Event::DaemonGap(gap) => lost(gap),
        Event::DaemonWanted(window) => wanted(window),
        Event::DaemonOutdated(outdated) => super::window::outdated(outdated),
        Event::DaemonStopped(stopped) if stopped.restart => "qqd ends, and is started again".to_owned(),
        Event::DaemonStopped(_) => "qqd ends; you are off line".to_owned(),
        Event::AccountState(changed) => account_state(changed),
        Event::AccountRefused(refused) => one_line(&refused.message),
        Event::AccountNotice(notice) => one_line(&notice.message),
        Event::FriendAdded(friend) => {
            format!("{} ({}) is in the list", one_line(&friend.friend), one_line(&friend.name))
        }
        Event::FriendChanged(friend) => {
            format!("{} ({}) changed", one_line(&friend.friend), one_line(&friend.name))
        }
        Event::FriendRemoved(removed) => format!("{} left the list", one_line(&removed.friend)),
        Event::PresenceChanged(presence) if presence.invisible => "you are invisible".to_owned(),
        Event::PresenceChanged(presence) => {
            format!("{} is {}", one_line(&presence.friend), state(presence.state, &presence.note, paint))
        }
        Event::ChatReceived(chat) => {
            format!("{}: {}", paint.bold(&one_line(&chat.from)), one_line(&chat.text))
        }
        Event::ChatState(chat) => chat_state(chat),
        Event::ChatRead(mark) => chat_read(mark, own),
        Event::ChatDrafted(draft) => drafted(draft),
        Event::ShakeReceived(shake) => format!("{} shakes your window", paint.bold(&one_line(&shake.from))),
        Event::ShakeSent(shake) => format!("you shake the window of {}", one_line(&shake.to)),
        Event::UnreadChanged(unread) => {
            format!("{}: {} unread, {} in all", one_line(&unread.friend), unread.unread, unread.total)
        }
        Event::AccountProfile(profile) => format!("you are shown as {}", one_line(&profile.name)),
        Event::FriendRequested(asked) => requested(asked, paint),
        Event::FriendAnswered(answered) => answer(answered),
        Event::FriendBlocked(blocked) if blocked.blocked => {
            format!("{} is blocked", one_line(&blocked.friend))
        }
        Event::FriendBlocked(blocked) => format!("{} is not blocked any more", one_line(&blocked.friend)),
        Event::GroupAdded(group) => format!("there is a group {}", one_line(&group.group)),
        Event::GroupRenamed(group) => {
            format!("the group {} is called {} now", one_line(&group.group), one_line(&group.new))
        }
        Event::GroupRemoved(group) => format!("the group {} is gone", one_line(&group.group)),
        Event::ChatFilling(filling) => {
            format!("{} of {} older messages are here", grouped(filling.done), grouped(filling.total))
        }
        Event::TypingChanged(typing) if typing.typing => format!("{} is writing", one_line(&typing.friend)),
        Event::TypingChanged(typing) => format!("{} has stopped writing", one_line(&typing.friend)),
        Event::CallIncoming(call) => {
            format!("{} calls ({})", paint.bold(&one_line(&call.friend)), call.media)
        }
        Event::CallState(call) => super::call::sentence(call),
        Event::NotifyChanged(now) => notify(now),
        Event::Unknown { data, .. } => one_line(&data.to_string()),
    }
}

fn lost(gap: &daemon::Gap) -> String {
    match gap.lost {
        Some(lost) => format!("{lost} events are missing here"),
        None => "an unknown number of events is missing here".to_owned(),
    }
}

fn wanted(window: &daemon::Wanted) -> String {
    match (&window.to, &window.link) {
        (Some(to), _) => format!("the conversation with {} is to be shown", one_line(to)),
        (None, Some(link)) => format!("{} is to be opened", one_line(link)),
        (None, None) => "a window is to be shown".to_owned(),
    }
}

fn chat_read(mark: &chat::Marked, own: Option<&str>) -> String {
    if own == Some(mark.by.as_str()) {
        format!("you have read what {} wrote", one_line(&mark.friend))
    } else {
        format!("{} has read what you wrote", one_line(&mark.by))
    }
}

fn drafted(draft: &chat::Drafted) -> String {
    let friend = one_line(&draft.friend);
    if draft.text.is_empty() {
        format!("there is no draft to {friend} any more")
    } else {
        format!("draft to {friend}: {}", one_line(&draft.text))
    }
}

fn requested(asked: &friend::Asked, paint: Paint) -> String {
    let friend = one_line(&asked.friend);
    if asked.incoming {
        format!("{} asks to be friends: {}", paint.bold(&friend), one_line(&asked.note))
    } else {
        format!("you asked {friend} to be friends")
    }
}

fn notify(now: &notify::Now) -> String {
    match (now.locked, now.dnd) {
        (true, _) => "the screen is locked",
        (false, true) => "do not disturb",
        (false, false) => "notifications are shown",
    }
    .to_owned()
}

fn answer(answered: &friend::Answered) -> String {
    let friend = one_line(&answered.friend);
    match (answered.incoming, answered.accepted) {
        (_, true) => format!("{friend} and you are friends now"),
        (true, false) => format!("you declined the request of {friend}"),
        (false, false) => format!("{friend} declined your request"),
    }
}

fn whole_state(whole: &State) -> String {
    let accounts: Vec<String> = whole
        .accounts
        .iter()
        .map(|account| {
            format!(
                "{} {}, {} unread",
                one_line(&account.account),
                link(account.link.state),
                account.unread.total
            )
        })
        .collect();
    if accounts.is_empty() { "nobody is logged in".into() } else { accounts.join("; ") }
}

fn account_state(changed: &account::Changed) -> String {
    match &changed.message {
        Some(message) => one_line(message),
        None => format!("{} ({})", link(changed.state), one_line(&changed.relay)),
    }
}

fn link(state: account::State) -> &'static str {
    match state {
        account::State::Offline => "off line",
        account::State::Connecting => "connecting",
        account::State::Authenticating => "logging in",
        account::State::Online => "on line",
        account::State::Backoff => "trying again soon",
    }
}

fn chat_state(chat: &ipc_schema::chat::Changed) -> String {
    let to = one_line(&chat.to);
    let id = one_line(&chat.id);
    let short: String = id.chars().take(8).collect();
    match chat.state {
        Chat::Queued => format!("to {to}: waiting [{short}]"),
        Chat::Sent => format!("to {to}: sent [{short}]"),
        Chat::Acked => format!("to {to}: kept by the server [{short}]"),
        Chat::Delivered => format!("to {to}: delivered [{short}]"),
        Chat::Read => format!("to {to}: read [{short}]"),
        Chat::Failed => {
            format!("to {to}: not sent [{short}]; qqctl chat explain {short} says why")
        }
    }
}
