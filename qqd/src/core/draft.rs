//! Drafts: what was typed to somebody and not sent, one for each conversation. The store has the texts, everybody else
//! the first characters of each.

use std::collections::BTreeMap;

use ipc_schema::chat::{Draft, Drafted, Drafting, TEXT_MAX_CHARS};
use ipc_schema::{Code, Error, Event};

use super::account::Account;
use super::address::usage;
use super::name::not_logged_in;
use super::op::{Op, StoreError};
use super::request::ReplyTo;
use super::stored::{Then, unexpected};

/// The most drafts of one account.
const MAX: usize = 1_024;

/// The conversations that have one, each with its first characters.
#[derive(Debug, Default)]
pub(super) struct Drafts(BTreeMap<String, Drafted>);

impl Drafts {
    pub(super) fn begin(&mut self, kept: Vec<(String, String)>) {
        self.0 = kept.into_iter().map(|(with, text)| (with.clone(), Drafted::new(with, &text))).collect();
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// As the mirror shows them.
    pub(super) fn shown(&self) -> Vec<Drafted> {
        self.0.values().cloned().collect()
    }

    fn is_full_for(&self, with: &str) -> bool {
        self.0.len() >= MAX && !self.0.contains_key(with)
    }

    fn take_in(&mut self, draft: &Drafted) {
        if draft.text.is_empty() {
            self.0.remove(&draft.friend);
        } else {
            self.0.insert(draft.friend.clone(), draft.clone());
        }
    }
}

impl Account {
    /// `chat.draft`.
    pub(super) fn draft(&mut self, to: ReplyTo<Draft>, params: Draft) {
        match self.drafted(&params) {
            Err(error) => self.reply(to, Err(error)),
            Ok(with) => {
                let op = Op::Draft { with: with.clone(), text: params.text };
                self.ask(op, Then::Drafted(to, with));
            }
        }
    }

    /// Whose conversation, if the text can be kept.
    fn drafted(&self, params: &Draft) -> Result<String, Error> {
        if self.logout.is_some() {
            return Err(not_logged_in());
        }
        let with = self.resolve(&params.to)?;
        let text = params.text.as_deref().unwrap_or_default();
        if text.chars().nth(TEXT_MAX_CHARS).is_some() {
            let message = format!("the draft has more than {TEXT_MAX_CHARS} characters; shorten it");
            return Err(usage(message).with_field("reason", "too-big"));
        }
        if !text.is_empty() && self.drafts.is_full_for(&with) {
            let message = format!("{MAX} drafts are kept already; send or forget some");
            return Err(Error::new(Code::Conflict, message).with_hint("qqctl chat draft TO '' forgets one"));
        }
        Ok(with)
    }

    pub(super) fn on_drafted(
        &mut self,
        to: ReplyTo<Draft>,
        with: String,
        result: Result<(String, bool), StoreError>,
    ) {
        let reply = match result {
            Err(error) => Err(unexpected(&error)),
            // It was logged out meanwhile.
            Ok(_) if self.account.is_none() => Err(not_logged_in()),
            Ok((text, changed)) => {
                if changed {
                    let draft = Drafted::new(with.clone(), &text);
                    self.drafts.take_in(&draft);
                    self.tell(Event::ChatDrafted(draft));
                }
                Ok(Drafting { to: with, text })
            }
        };
        self.reply(to, reply);
    }
}
