//! What the user does with a notification: each button is a request like any frontend's.

use ipc_schema::chat::State;
use ipc_schema::{Call, Error, Request, call, chat, daemon, friend, shake};
use serde_json::Value;

use super::desk::Button;
use super::missed::Missed;
use super::notice::About;
use crate::core::Core;
use crate::core::io::DESK;
use crate::core::request::Caller;

/// The most that may be pressed before the first of it is done.
const MAX: usize = 64;

/// What was pressed: what the notification was about.
#[derive(Debug)]
pub(super) struct Pressed(About);

impl Core {
    /// The user pressed something: the notification goes, and it is done. Whoever stands before a locked screen may
    /// come to it, and make it stop ringing; the desktop may still show buttons from before it was locked.
    pub(super) fn on_pressed(&mut self, number: u64, button: Button, text: String, token: Option<String>) {
        let Some(at) = self.notices.told.iter().position(|told| told.number == number) else { return };
        let about = self.notices.told[at].about.clone();
        let is_anybodys = matches!((button, &about), (Button::Open, _) | (Button::Decline, About::Call(..)));
        if self.notices.locked && !is_anybodys {
            return;
        }
        let requests = self.requests_of(&about, button, text, token);
        self.take_away(at);
        if matches!(about, About::Missed(_)) {
            self.notices.missed.retain(|missed| missed.account != *about.account());
        }
        for request in requests {
            if self.notices.pressed.len() >= MAX {
                break;
            }
            self.notices.last += 1;
            let number = self.notices.last;
            self.notices.pressed.push((number, Pressed(about.clone())));
            let call = Call { account: Some(about.account().to_string()), request };
            self.on_call(Caller { client: DESK, id: number.into() }, call);
        }
    }

    fn requests_of(
        &self,
        about: &About,
        button: Button,
        text: String,
        token: Option<String>,
    ) -> Vec<Request> {
        let friend = about.friend().unwrap_or_default().to_owned();
        // An account, never a remark that somebody else has.
        let to = format!("@{friend}");
        let read = |to: &str| Request::ChatRead(chat::Read { to: Some(to.to_owned()), ..Default::default() });
        match (button, about) {
            (Button::Open, _) => vec![self.opening(about, token)],
            (Button::Read, _) => vec![read(&to)],
            (Button::Shake, _) => vec![Request::ShakeSend(shake::Send { to })],
            (Button::Reply, _) if text.trim().is_empty() => Vec::new(),
            (Button::Reply, _) => {
                let answer = chat::Send { to: to.clone(), text, ..Default::default() };
                vec![Request::ChatSend(answer), read(&to)]
            }
            (Button::Accept, _) => vec![Request::FriendAccept(friend::Accept { friend })],
            (Button::Decline, About::Call(.., id)) => {
                vec![Request::CallDecline(call::Decline { call: Some(id.clone()) })]
            }
            (Button::Decline, _) => vec![Request::FriendDecline(friend::Decline { friend })],
        }
    }

    /// The conversation that it is about; the friend list where it is about several, or about somebody who is no friend yet.
    fn opening(&self, about: &About, token: Option<String>) -> Request {
        let missed = self.notices.missed.iter().find(|missed| missed.account == *about.account());
        let friend = match about {
            About::Request(..) | About::Requests(_) => None,
            About::Missed(_) => missed.and_then(Missed::only_friend),
            About::Chat(_, friend) | About::Call(_, friend, _) | About::Failed(_, friend) => {
                Some(friend.as_str())
            }
        };
        let to = friend.filter(|friend| !friend.is_empty()).map(|friend| format!("@{friend}"));
        Request::DaemonOpen(daemon::Open { to, token, ..Default::default() })
    }

    /// What was pressed is done, or not: then the user is told why.
    pub(in crate::core) fn on_pressed_answer(&mut self, id: &Value, result: Result<Value, Error>) {
        let at = self.notices.pressed.iter().position(|(number, _)| id.as_u64() == Some(*number));
        let Some((_, Pressed(about))) = at.map(|at| self.notices.pressed.remove(at)) else { return };
        if let Err(error) = result {
            // A message that is kept because the server is away is on its way like any other.
            if error.fields.get("state").and_then(Value::as_str) == Some(State::Queued.word()) {
                return;
            }
            tracing::info!(%error, "what was pressed in a notification did not work");
            let friend = about.friend().unwrap_or_default().to_owned();
            self.tell(About::Failed(about.account().clone(), friend), |told| told.text = error.message);
        }
    }
}
