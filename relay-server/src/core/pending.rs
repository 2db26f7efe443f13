//! What is in flight: each operation that went out, and where its answer goes.

use relay_schema::Id;

use super::chat::Sent;
use super::history::page;
use super::login::Attempt;
use super::op::{AccountId, Done, Seq, StoreError};
use super::{AdminRefusal, Core, Now, Output, SessionId, Token};

/// What an answer of the store or of the password pool is for.
#[derive(Debug)]
pub(super) enum Pending {
    /// A login: the account is looked up.
    Find(Box<Attempt>),
    /// A login: the password is checked.
    Check(Box<Attempt>),
    /// A login: the session begins.
    Begin(Box<Attempt>),
    /// A chat.
    Submit(Box<Sent>),
    /// A page of rows; `head` was the inbox's highest number then.
    Rows { session: SessionId, count: u32, head: Seq },
    /// A page of the friend list.
    Friends { session: SessionId, count: u32 },
    /// A device's receipt.
    Recv { session: SessionId },
    /// A mark that a session reported.
    Mark { session: SessionId },
    /// A page of a conversation.
    History { session: SessionId, id: Id },
    /// Marks that were hidden.
    Reveal { account: AccountId },
    /// What the seed sessions of an account have.
    SeedCursor { account: AccountId },
    /// A logout.
    Logout { session: SessionId, id: Id },
    /// Nobody waits for it.
    Confirm,
    /// The administrator waits.
    Admin { reply: u64 },
}

impl Core {
    pub(super) fn on_stored(&mut self, now: Now, token: Token, result: Result<Done, StoreError>) {
        let Some(pending) = self.pending.remove(&token) else { return };
        match pending {
            Pending::Find(attempt) => self.on_found(now, attempt, result.and_then(found)),
            Pending::Begin(attempt) => self.on_begun(now, attempt, result.and_then(begun)),
            Pending::Submit(sent) => self.on_submitted(now, *sent, result.and_then(submitted)),
            Pending::Rows { session, count, head } => match result {
                Ok(Done::Rows(rows)) => self.on_rows(session, count, head, &rows),
                _ => self.on_unreadable(now, session),
            },
            Pending::Friends { session, count } => match result {
                Ok(Done::Friends(page)) => self.on_friends(now, session, count, &page),
                _ => self.on_unreadable(now, session),
            },
            Pending::Recv { session } => self.on_received(session, result.is_ok()),
            Pending::History { session, id } => self.on_page(session, id, result.and_then(page)),
            Pending::Reveal { account } => self.on_revealed(account, result),
            Pending::Mark { session } => {
                self.landed(session, 0);
                self.on_marked(result, Some(session));
            }
            Pending::SeedCursor { account } => {
                self.on_seed_stored(account, result.is_ok());
                self.on_marked(result, None);
            }
            Pending::Logout { session, id } => self.on_logged_out(now, session, id, result.is_ok()),
            Pending::Confirm => {}
            Pending::Admin { reply } => match result {
                Ok(Done::Admin(done)) => self.on_admin(now, reply, done),
                Ok(other) => self.admin_refused(reply, unexpected(&other)),
                Err(error) => self.admin_refused(reply, error),
            },
            // The password pool's; the store cannot answer it.
            Pending::Check(attempt) => self.on_unchecked(now, attempt),
        }
    }

    fn admin_refused(&mut self, reply: u64, error: StoreError) {
        self.outputs.push_back(Output::Admin { reply, result: Err(AdminRefusal::Store(error)) });
    }
}

fn found(done: Done) -> Result<Option<super::op::Account>, StoreError> {
    if let Done::Found(account) = done { Ok(account) } else { Err(unexpected(&done)) }
}

fn begun(done: Done) -> Result<Result<super::op::Begun, super::op::BeginError>, StoreError> {
    if let Done::Begun(begun) = done { Ok(begun) } else { Err(unexpected(&done)) }
}

fn submitted(done: Done) -> Result<Result<super::op::Submitted, relay_schema::NackCode>, StoreError> {
    if let Done::Submitted(submitted) = done { Ok(submitted) } else { Err(unexpected(&done)) }
}

/// An answer to another question: a defect of the store, and no reason to fall over.
pub(super) fn unexpected(_done: &Done) -> StoreError {
    StoreError::Failed("the store answered another question".to_owned())
}
