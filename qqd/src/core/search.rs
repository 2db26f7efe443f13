//! Finding messages by their words, and writing a conversation out.

use ipc_schema::chat::{Export, Exported, Hits, SEARCH_COUNT_MAX, Search, Whole};
use ipc_schema::{Code, Error};

use super::account::Account;
use super::address::usage;
use super::name::not_logged_in;
use super::op::{Message, Op, StoreError};
use super::read::{Messages, Unmet, shown};
use super::request::ReplyTo;
use super::segment::phrases;
use super::stored::{Then, unexpected};

/// Nobody looks for more words at a time.
const PHRASES_MAX: usize = 64;

/// Hits, whether there are more, and whether the index is still being made.
pub(super) type Found = (Vec<(u64, Message)>, bool, bool);

impl Account {
    /// `chat.search`.
    pub(super) fn search(&mut self, to: ReplyTo<Search>, params: &Search) {
        match self.looked_for(params) {
            Err(error) => self.reply(to, Err(error)),
            Ok((phrases, with)) => {
                let (before, count) = (params.before, params.count);
                let op = Op::Search { phrases, with: with.clone(), before, count };
                self.ask(op, Then::Search(to, with));
            }
        }
    }

    fn looked_for(&self, params: &Search) -> Result<(Vec<String>, Option<String>), Error> {
        if self.account.is_none() {
            return Err(not_logged_in());
        }
        let with = params.to.as_deref().map(|to| self.resolve(to)).transpose()?;
        if !(1..=SEARCH_COUNT_MAX).contains(&params.count) {
            return Err(usage(format!("a search answers 1 to {SEARCH_COUNT_MAX} messages at a time")));
        }
        let phrases = phrases(&params.text);
        match phrases.len() {
            0 => Err(usage("there is no word in that to search for; write one".to_owned())),
            1..=PHRASES_MAX => Ok((phrases, with)),
            _ => Err(usage(format!("that is more than {PHRASES_MAX} words; leave some out"))),
        }
    }

    pub(super) fn on_found_words(
        &mut self,
        to: ReplyTo<Search>,
        with: Option<String>,
        result: Result<Option<Found>, StoreError>,
    ) {
        let nothing = matches!(&result, Ok(Some((messages, ..))) if messages.is_empty());
        if let Some(with) = with.filter(|with| nothing && !self.is_known(with)) {
            return self.ask_met(Unmet::Search(to), with);
        }
        let hits = match result {
            Err(error) => Err(unexpected(&error)),
            Ok(None) => Err(gone("before")),
            Ok(Some((messages, more, indexing))) => {
                Ok(Hits { messages: self.shown(messages), more, indexing })
            }
        };
        self.reply(to, hits);
    }

    /// `chat.export`: a page.
    pub(super) fn export(&mut self, to: ReplyTo<Export>, params: &Export) {
        match self.resolve(&params.to) {
            Err(error) => self.reply(to, Err(error)),
            Ok(with) => {
                let op = Op::Export { with: with.clone(), after: params.after };
                self.ask(op, Then::Export(to, with));
            }
        }
    }

    pub(super) fn on_export(
        &mut self,
        to: ReplyTo<Export>,
        with: String,
        result: Result<Option<Messages>, StoreError>,
    ) {
        if matches!(&result, Ok(Some((messages, _))) if messages.is_empty()) && !self.is_known(&with) {
            return self.ask_met(Unmet::Export(to), with);
        }
        let page = match result {
            Err(error) => Err(unexpected(&error)),
            Ok(None) => Err(gone("after")),
            Ok(Some((messages, more))) => Ok(Exported { messages: self.whole(messages), more }),
        };
        self.reply(to, page);
    }

    fn whole(&self, messages: Vec<(u64, Message)>) -> Vec<Whole> {
        let own = self.account.as_ref().map(|account| account.account.as_str()).unwrap_or_default();
        let whole = |(row, mut message): (u64, Message)| Whole {
            re: message.re.take(),
            body: message.body.take(),
            conv: message.conv.take(),
            cseq: message.cseq,
            seq: message.seq,
            message: shown(row, message, own),
        };
        messages.into_iter().map(whole).collect()
    }
}

/// A row that was given to go on from is no message's.
fn gone(field: &str) -> Error {
    Error::new(
        Code::NotFound,
        format!("no message has the row that {field} names (any more); begin again without it"),
    )
}
