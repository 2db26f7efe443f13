//! What happens with the store's answers.

use ipc_schema::notify::Rules;
use ipc_schema::{Code, Error, chat, outbox, presence};
use relay_schema::Secret;

use super::account::Account;
use super::chat::Asked;
use super::explain::Matches;
use super::io::Attempt;
use super::mark::Whose;
use super::op::{
    Arrived, Done, Left, List, Loaded, Message, Offer, Own, Picture, PictureFault, StoreError, Unfilled,
};
use super::passwd::Kept;
use super::picture::For;
use super::profile::Wish;
use super::read::{Look, Unmet};
use super::receive::Taken;
use super::request::ReplyTo;
use super::search::Found;

/// What an answer of the store is for.
#[derive(Debug)]
pub(super) enum Then {
    /// The login's token is on disk.
    Token(Attempt),
    /// The login's account is on disk.
    Account(Attempt),
    /// What is known of an account that came back.
    Reload(Attempt),
    /// Logged out.
    Logout,
    /// A message is in the outbox.
    Queued(Box<Asked>),
    /// Whether a key was used before, for a message that must not wait.
    Found(Box<Asked>),
    /// A row is committed.
    Received(Box<Taken>),
    /// The friend list is committed.
    Friends(List),
    /// A message is acknowledged.
    Acked,
    /// A mark is committed.
    Marked(Whose),
    /// How the account shows itself is committed.
    Presence(ReplyTo<presence::Set>, Own),
    /// What a restored relay lacks.
    Lacking,
    History(Look),
    /// A call that was not answered is in the outbox.
    Missed(Box<Message>),
    /// What older messages are lacking.
    Unfilled,
    /// A page of them is committed; whether it is the last one.
    Filled(String, bool),
    Read(ReplyTo<chat::Read>, Peek, Option<String>),
    /// A draft is kept, or was looked for.
    Drafted(ReplyTo<chat::Draft>, String),
    Search(ReplyTo<chat::Search>, Option<String>),
    Export(ReplyTo<chat::Export>, String),
    /// What became of the message with these first characters of its id.
    Explain(ReplyTo<chat::Explain>, String),
    Outbox(ReplyTo<outbox::List>),
    /// A message is not sent any more.
    Cancelled(ReplyTo<outbox::Cancel>, String),
    /// Why there was nothing to take back.
    NotWaiting(ReplyTo<outbox::Cancel>, String),
    /// A message that failed waits again.
    Retried(ReplyTo<outbox::Retry>, String),
    /// Messages that failed are not listed any more.
    Unlisted(ReplyTo<outbox::Clear>, Option<String>),
    /// Whether anything at all was said with somebody who is no friend, after an empty answer.
    Met(Unmet, String),
    /// Where an avatar lies.
    PictureFound(String, For),
    PictureKept(String, For),
    /// A file that is to be one's avatar.
    PictureRead(Wish),
    /// What another try to join needs is on disk.
    Joining,
    /// Whether the random password is on disk beside the token.
    PasswordKept,
    /// The random password that is kept.
    Kept(Kept),
    /// Nobody waits for it.
    Nothing,
}

/// Whether a reader only looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peek {
    Yes,
    No,
}

impl Account {
    pub(super) fn on_stored(&mut self, number: u64, result: Result<Done, StoreError>) {
        let Some(then) = self.asked.remove(&number) else { return };
        match then {
            Then::Token(attempt) => self.on_token_saved(attempt, result.map(drop)),
            Then::Account(attempt) => self.on_account_saved(attempt, result.map(drop)),
            Then::Reload(attempt) => self.on_reloaded(attempt, result.map(loaded)),
            Then::Logout => self.on_logged_out(result.map(left)),
            Then::Queued(asked) => self.on_queued(*asked, result.map(queued)),
            Then::Found(asked) => self.on_found(*asked, result.map(found)),
            Then::Received(taken) => self.on_received(*taken, result.map(received)),
            Then::Friends(friends) => self.on_friends_saved(friends, result.map(drop)),
            Then::Acked => self.tell_arrived(result.map(arrived).unwrap_or_default()),
            Then::Marked(whose) => self.on_mark_saved(whose, result),
            Then::Presence(to, own) => self.on_presence_saved(to, own, result.map(drop)),
            Then::Lacking => self.on_lacking(result.map(messages)),
            Then::History(look) => self.on_history(look, result.map(messages)),
            Then::Missed(message) => self.on_missed_saved(*message, result.map(drop)),
            Then::Unfilled => self.on_unfilled(result.map(unfilled)),
            Then::Filled(with, whole) => self.on_filled(with, whole, result),
            Then::Read(to, peek, with) => self.on_read(to, peek, with, result.map(messages)),
            Then::Drafted(to, with) => self.on_drafted(to, with, result.map(draft)),
            Then::Search(to, with) => self.on_found_words(to, with, result.map(hits)),
            Then::Export(to, with) => self.on_export(to, with, result.map(page)),
            Then::Explain(to, id) => self.on_explained(to, &id, result.map(explained)),
            Then::Outbox(to) => self.on_outbox(to, result.map(messages)),
            Then::Cancelled(to, id) => self.on_cancelled(to, id, result.map(found)),
            Then::NotWaiting(to, id) => self.on_not_waiting(to, &id, result.map(explained)),
            Then::Retried(to, id) => self.on_retried(to, &id, result.map(retried)),
            Then::Unlisted(to, id) => self.on_unlisted(to, id.as_deref(), result),
            Then::Met(unmet, with) => self.on_met(unmet, &with, result.map(messages)),
            Then::PictureFound(hash, who) => self.on_picture_found(hash, who, result.map(path)),
            Then::PictureKept(hash, who) => self.on_picture_kept(hash, who, result.map(path)),
            Then::PictureRead(wish) => self.on_picture_read(wish, result.map(file)),
            Then::Joining => self.on_join_kept(result.map(offer)),
            Then::PasswordKept => self.random_password = result.is_ok(),
            Then::Kept(kept) => kept.go_on(self, result.map(password)),
            Then::Nothing => {}
        }
    }
}

/// The store's failure as an answer to a frontend.
pub(super) fn unexpected(error: &StoreError) -> Error {
    let advice = match error {
        StoreError::Full(_) => "make room and try again",
        StoreError::Failed(_) => "qqd's log has more",
    };
    Error::new(Code::Unexpected, error.to_string()).with_hint(advice)
}

fn loaded(done: Done) -> Loaded {
    match done {
        Done::Loaded(loaded) => *loaded,
        _ => Loaded::default(),
    }
}

pub(super) fn left(done: Done) -> Left {
    match done {
        Done::LoggedOut(left) => left,
        _ => Left::default(),
    }
}

/// Of the database, in bytes.
pub(super) fn size(done: Done) -> u64 {
    match done {
        Done::Whole { bytes } => bytes,
        _ => 0,
    }
}

fn offer(done: Done) -> Option<Offer> {
    match done {
        Done::Joining(offer) => Some(*offer),
        _ => None,
    }
}

fn password(done: Done) -> Option<Secret> {
    match done {
        Done::Password(password) => password,
        _ => None,
    }
}

fn queued(done: Done) -> Option<(Message, bool)> {
    match done {
        Done::Queued { message, known } => Some((*message, known)),
        _ => None,
    }
}

fn found(done: Done) -> Option<Message> {
    match done {
        Done::Found(message) => message.map(|message| *message),
        _ => None,
    }
}

fn received(done: Done) -> (bool, bool) {
    match done {
        Done::Received { new, unread } => (new, unread),
        _ => (false, false),
    }
}

fn unfilled(done: Done) -> Unfilled {
    match done {
        Done::Unfilled(unfilled) => unfilled,
        _ => Unfilled::default(),
    }
}

fn arrived(done: Done) -> Vec<Arrived> {
    match done {
        Done::Delivered(arrived) => arrived,
        _ => Vec::new(),
    }
}

fn path(done: Done) -> Option<String> {
    match done {
        Done::PicturePath(path) => path,
        _ => None,
    }
}

fn file(done: Done) -> Result<Picture, PictureFault> {
    match done {
        Done::PictureRead(read) => read,
        _ => Err(PictureFault::Missing),
    }
}

fn messages(done: Done) -> (Vec<(u64, Message)>, bool) {
    match done {
        Done::Messages { messages, more } => (messages, more),
        _ => (Vec::new(), false),
    }
}

/// None if the row that was given to go on from is no message's.
fn hits(done: Done) -> Option<Found> {
    match done {
        Done::Hits { messages, more, indexing } => Some((messages, more, indexing)),
        _ => None,
    }
}

/// None if the row that was given to go on from is no message's.
fn page(done: Done) -> Option<(Vec<(u64, Message)>, bool)> {
    match done {
        Done::Messages { messages, more } => Some((messages, more)),
        _ => None,
    }
}

fn explained(done: Done) -> Matches {
    match done {
        Done::Explained { matches, steps } => (matches, steps),
        _ => (Vec::new(), Vec::new()),
    }
}

fn retried(done: Done) -> Result<Message, Matches> {
    match done {
        Done::Queued { message, .. } => Ok(*message),
        other => Err(explained(other)),
    }
}

/// The text, and whether it is another one than before.
fn draft(done: Done) -> (String, bool) {
    match done {
        Done::Draft { text, changed } => (text, changed),
        _ => (String::new(), false),
    }
}

pub(super) fn rules(done: Done) -> Rules {
    match done {
        Done::Notify(rules) => *rules,
        _ => Rules::default(),
    }
}
