//! What is in flight: each operation that went out, and where its answer goes.

use relay_schema::Id;

use super::attempt::Attempt;
use super::chat::Sent;
use super::device::Question;
use super::history::page;
use super::op::{AccountId, BeginError, Begun, Done, Seq, StoreError};
use super::register::Applicant;
use super::{AdminRefusal, Core, Now, Output, SessionId, Token, Verdict};

/// What an answer of the store or of the password pool is for.
#[derive(Debug)]
pub(super) enum Pending {
    /// A login: the account is looked up.
    Find(Box<Attempt>),
    /// A login: the password is checked.
    Check(Box<Attempt>),
    /// A login: the session begins.
    Begin(Box<Attempt>),
    /// A registration: the invitation and the name are looked up.
    Inquire(Box<Applicant>),
    /// A password is hashed.
    Hash(Hashing),
    /// A registration: the account is made.
    Join(Box<Applicant>),
    /// The owner's new password.
    Passwd(Box<Attempt>),
    /// The owner ends the account.
    Remove(Box<Attempt>),
    /// Something about the account's devices.
    Device(Box<Question>),
    /// A chat.
    Submit(Box<Sent>),
    /// A page of rows; `head` was the inbox's highest number then.
    Rows { session: SessionId, count: u32, head: Seq },
    /// A page of the list.
    List { session: SessionId, count: u32 },
    /// A wish about friends, groups or the profile, so many bytes long.
    Change { session: SessionId, id: Id, bytes: usize },
    /// An avatar.
    Picture { session: SessionId, id: Id, hash: String },
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

/// What a new hash is for.
#[derive(Debug)]
pub(super) enum Hashing {
    /// A new account.
    Register(Box<Applicant>),
    /// A new password.
    Passwd(Box<Attempt>),
}

impl Core {
    /// The password pool has made a hash, or could not.
    pub(super) fn on_hashed(&mut self, now: Now, hashing: Hashing, hashed: Verdict) {
        match hashing {
            Hashing::Register(applicant) => self.on_password_hashed(now, applicant, hashed),
            Hashing::Passwd(attempt) => self.on_new_hashed(attempt, hashed),
        }
    }

    pub(super) fn on_stored(&mut self, now: Now, token: Token, result: Result<Done, StoreError>) {
        let Some(pending) = self.pending.remove(&token) else { return };
        match pending {
            Pending::Find(attempt) => self.on_found(now, attempt, result.and_then(found)),
            Pending::Begin(mut attempt) => {
                let begun = result.and_then(|done| begun(done, &mut attempt));
                self.on_begun(now, attempt, begun);
            }
            Pending::Submit(sent) => self.on_submitted(now, *sent, result.and_then(submitted)),
            Pending::Rows { session, count, head } => match result {
                Ok(Done::Rows(rows)) => self.on_rows(session, count, head, &rows),
                _ => self.on_unreadable(now, session),
            },
            Pending::List { session, count } => match result {
                Ok(Done::List(page)) => self.on_list(now, session, count, &page),
                _ => self.on_unreadable(now, session),
            },
            Pending::Change { session, id, bytes } => match result {
                Ok(Done::Changed(done)) => self.on_changed(session, id, bytes, done.map_err(Some)),
                _ => self.on_changed(session, id, bytes, Err(None)),
            },
            Pending::Picture { session, id, hash } => match result {
                Ok(Done::Picture(body)) => self.on_picture(session, id, hash, Ok(body)),
                _ => self.on_picture(session, id, hash, Err(())),
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
            Pending::Inquire(applicant) => self.on_inquired(
                now,
                applicant,
                result.and_then(|done| match done {
                    Done::Inquired(inquired) => Ok(inquired),
                    other => Err(unexpected(&other)),
                }),
            ),
            Pending::Join(applicant) => self.on_joined(
                now,
                applicant,
                result.and_then(|done| match done {
                    Done::Joined(joined) => Ok(joined),
                    other => Err(unexpected(&other)),
                }),
            ),
            Pending::Passwd(attempt) => self.on_passwd_stored(
                now,
                &attempt,
                result.and_then(|done| match done {
                    Done::Passwd(done) => Ok(done),
                    other => Err(unexpected(&other)),
                }),
            ),
            Pending::Remove(attempt) => self.on_removed(
                now,
                &attempt,
                result.and_then(|done| match done {
                    Done::Removed(rows) => Ok(rows),
                    other => Err(unexpected(&other)),
                }),
            ),
            Pending::Device(question) => self.on_device_answer(now, *question, result),
            // The password pool's; the store cannot answer them.
            Pending::Check(attempt) => self.on_unchecked(now, attempt),
            Pending::Hash(hashing) => self.on_hashed(now, hashing, Verdict::Busy),
        }
    }

    fn admin_refused(&mut self, reply: u64, error: StoreError) {
        self.outputs.push_back(Output::Admin { reply, result: Err(AdminRefusal::Store(error)) });
    }
}

fn found(done: Done) -> Result<Option<super::op::Account>, StoreError> {
    if let Done::Found(account) = done { Ok(account) } else { Err(unexpected(&done)) }
}

fn begun(done: Done, attempt: &mut Attempt) -> Result<Result<Begun, BeginError>, StoreError> {
    match done {
        Done::Begun(begun) => Ok(begun),
        Done::Entered(entered) => {
            let (account, begun) = *entered;
            attempt.account = account;
            Ok(begun)
        }
        other => Err(unexpected(&other)),
    }
}

fn submitted(done: Done) -> Result<Result<super::op::Submitted, relay_schema::NackCode>, StoreError> {
    if let Done::Submitted(submitted) = done { Ok(submitted) } else { Err(unexpected(&done)) }
}

/// An answer to another question: a defect of the store, and no reason to fall over.
pub(super) fn unexpected(_done: &Done) -> StoreError {
    StoreError::Failed("the store answered another question".to_owned())
}
