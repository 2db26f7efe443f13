//! Sentences for people: what the daemon answers by a word is said here in the window's language.

use ipc_schema::account::{self, Step};
use ipc_schema::{Code, Error, Event};
use qq_slint_ui::{Say, Voice};
use slint::ComponentHandle;

/// A refusal as a sentence.
pub(crate) fn error(voice: &Voice, error: &Error) -> String {
    let say = voice.global::<Say>();
    let relay = field(error, "relay");
    let unjoined = say.invoke_unjoined(
        field(error, "reason").into(),
        relay.into(),
        // A link's own address is named by nobody; whoever asks without a link is told of them.
        error.hint.as_deref() != Some("qqctl join LINK"),
    );
    let said = if error.code == Code::Timeout && !field(error, "step").is_empty() {
        say.invoke_timed_out(field(error, "step").into(), relay.into(), false)
    } else if !unjoined.is_empty() {
        unjoined
    } else {
        let seconds =
            error.retry_after_ms.map_or(0, |ms| i32::try_from(ms.div_ceil(1000)).unwrap_or(i32::MAX));
        say.invoke_error(error.code.word().into(), error.message.as_str().into(), seconds, relay.into())
    };
    if said == error.message && say.invoke_language() != "en" {
        // The daemon speaks English: its sentence says more, and stands behind one that can be read.
        return format!("{}\n{}", say.invoke_general(error.code.word().into()), error.message);
    }
    said.to_string()
}

/// A field of an error that is a text.
pub(crate) fn field<'a>(error: &'a Error, name: &str) -> &'a str {
    error.fields.get(name).and_then(|value| value.as_str()).unwrap_or_default()
}

/// What is wrong with an account's link, for the quiet bar; empty when nothing is.
pub(crate) fn link(voice: &Voice, link: &account::Changed) -> String {
    let say = voice.global::<Say>();
    let relay = link.relay.as_str();
    match link.state {
        account::State::Online => String::new(),
        account::State::Connecting | account::State::Authenticating => {
            let step = link.step.map_or("connect", Step::word);
            say.invoke_working(step.into(), relay.into()).to_string()
        }
        account::State::Backoff => match (link.reason.as_deref(), link.step) {
            (Some("timeout"), Some(step)) => {
                say.invoke_timed_out(step.word().into(), relay.into(), true).to_string()
            }
            _ => say.invoke_link_away(relay.into()).to_string(),
        },
        account::State::Offline => match &link.message {
            Some(message) => message.clone(),
            None => say.invoke_logged_out().to_string(),
        },
    }
}

/// A text of others that has to stay in its line: no line end, and nothing that turns the order of the letters behind it.
pub(crate) fn one_line(text: &str) -> String {
    let turns = |letter| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let kept = text.chars().filter(|letter| !turns(*letter));
    kept.map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// Makes the names and status texts of others in an event such lines, before they stand in sentences and rows of ours. The
/// bodies of messages stay as they are: each stands alone, and right-to-left texts need their marks.
pub(crate) fn disarm(event: &mut Event) {
    match event {
        Event::DaemonState(state) => {
            for account in &mut state.accounts {
                for friend in account.groups.iter_mut().flat_map(|group| &mut group.friends) {
                    disarm_each([&mut friend.name, &mut friend.remark, &mut friend.note]);
                }
                for asked in &mut account.requests {
                    disarm_each([&mut asked.name, &mut asked.note]);
                }
            }
        }
        Event::FriendAdded(profile) | Event::FriendChanged(profile) => {
            disarm_each([&mut profile.name, &mut profile.remark]);
        }
        Event::FriendRequested(asked) => disarm_each([&mut asked.name, &mut asked.note]),
        Event::PresenceChanged(changed) => disarm_each([&mut changed.note]),
        Event::DaemonGap(_)
        | Event::DaemonWanted(_)
        | Event::DaemonOutdated(_)
        | Event::DaemonStopped(_)
        | Event::AccountState(_)
        | Event::AccountRefused(_)
        | Event::AccountNotice(_)
        | Event::AccountProfile(_)
        | Event::FriendRemoved(_)
        | Event::FriendAnswered(_)
        | Event::FriendBlocked(_)
        | Event::GroupAdded(_)
        | Event::GroupRenamed(_)
        | Event::GroupRemoved(_)
        | Event::ChatReceived(_)
        | Event::ChatState(_)
        | Event::ChatRead(_)
        | Event::ChatDrafted(_)
        | Event::ChatFilling(_)
        | Event::UnreadChanged(_)
        | Event::ShakeReceived(_)
        | Event::ShakeSent(_)
        | Event::TypingChanged(_)
        | Event::CallIncoming(_)
        | Event::CallState(_)
        | Event::NotifyChanged(_)
        | Event::Unknown { .. } => {}
    }
}

fn disarm_each<const N: usize>(texts: [&mut String; N]) {
    for text in texts {
        if !text.is_ascii() || text.contains(char::is_control) {
            *text = one_line(text);
        }
    }
}
