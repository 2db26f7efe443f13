//! Sentences for people: what the daemon answers by a word is said here in the window's language.

use std::path::{Path, PathBuf};

use ipc_schema::account::{self, Step};
use ipc_schema::{Code, Error, Event, inert};
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

/// A file of this program's own that cannot be written.
#[derive(Debug)]
pub(crate) struct Unwritten {
    pub(crate) path: PathBuf,
    pub(crate) error: std::io::Error,
}

impl Unwritten {
    /// As a sentence in the window's language.
    pub(crate) fn said(&self, voice: &Voice) -> String {
        file(voice, &self.path, &self.error)
    }
}

/// What is wrong with a file, and what to do. What nobody foresaw is told in the system's own words.
pub(crate) fn file(voice: &Voice, path: &Path, error: &std::io::Error) -> String {
    use std::io::ErrorKind as Kind;
    let word = match error.kind() {
        Kind::NotFound => "missing",
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => "denied",
        Kind::StorageFull | Kind::QuotaExceeded => "full",
        _ => "",
    };
    let path = path.display().to_string();
    voice.global::<Say>().invoke_file_problem(word.into(), path.into(), error.to_string().into()).into()
}

/// Makes the names and status texts of others in an event single lines that can do nothing, before they stand in sentences and rows of ours. The
/// bodies of messages have lines of their own: see `windows::rows`.
pub(crate) fn disarm(event: &mut Event) {
    match event {
        Event::DaemonState(state) => {
            for account in &mut state.accounts {
                disarm_each([&mut account.name, &mut account.note]);
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
            *text = inert::line(text);
        }
    }
}
