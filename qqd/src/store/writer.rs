//! The store's thread: takes what is queued, commits it together, and answers after the commit, never before.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::mpsc::Receiver;
use tokio::sync::mpsc::error::TryRecvError;

use super::open::Opened;
use super::{Answer, Asked, apply, password_file, picture, schema, search, token_file};
use crate::core::io::Local;
use crate::core::op::{Done, Loaded, Op, StoreError};

/// The most operations in one commit.
const BATCH: usize = 256;

/// The one who owns the connection.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) conn: Connection,
    directory: PathBuf,
    /// Why an inbox row of an account could not be kept; those behind it must not be kept either, until a new login asks
    /// for it again: the cursor would pass a row that is not here.
    missed: HashMap<Local, StoreError>,
    _lock: File,
}

impl Writer {
    pub(super) fn new(opened: Opened) -> Self {
        Self { conn: opened.conn, directory: opened.directory, missed: HashMap::new(), _lock: opened._lock }
    }

    /// Works until nobody can hand in anything any more, and all that was handed in is answered.
    pub(super) fn run(mut self, mut queue: Receiver<Asked>, mut answers: impl FnMut(Vec<Answer>)) {
        let mut batch = Vec::new();
        let mut indexing = true;
        loop {
            if indexing {
                match queue.try_recv() {
                    Ok(asked) => {
                        batch.push(asked);
                        batch.extend(std::iter::from_fn(|| queue.try_recv().ok()).take(BATCH - 1));
                    }
                    Err(TryRecvError::Empty) => {
                        indexing = self.index();
                        continue;
                    }
                    Err(TryRecvError::Disconnected) => break,
                }
            } else if queue.blocking_recv_many(&mut batch, BATCH) == 0 {
                break;
            }
            answers(self.commit(&batch));
            batch.clear();
        }
        if let Err((_, error)) = self.conn.close() {
            tracing::warn!(%error, "the database was not closed cleanly");
        }
    }

    /// Takes a few messages into the index while nobody waits; whether there are more. After an error the rest comes with
    /// the next start.
    pub(super) fn index(&mut self) -> bool {
        let mut step = || -> Result<bool, StoreError> {
            let transaction = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let more = search::step(&transaction)?;
            transaction.commit()?;
            Ok(more)
        };
        step().unwrap_or_else(|error| {
            tracing::warn!(%error, "older messages could not be made searchable; the next start tries again");
            false
        })
    }

    /// Carries out a batch: all in one commit if that works, else each for itself.
    pub(super) fn commit(&mut self, batch: &[Asked]) -> Vec<Answer> {
        let wipes = batch.iter().any(|(_, _, op)| op.wipes());
        let missed = self.missed.clone();
        if batch.len() > 1
            && !wipes
            && let Some(answers) = self.together(batch)
        {
            return answers;
        }
        self.missed = missed;
        batch.iter().map(|(token, whose, op)| (*token, self.carry_out(whose, op))).collect()
    }

    /// One transaction for all, or none at all: then nothing of it has happened.
    fn together(&mut self, batch: &[Asked]) -> Option<Vec<Answer>> {
        self.conn.execute_batch("BEGIN IMMEDIATE").ok()?;
        let mut answers = Vec::with_capacity(batch.len());
        for (token, whose, op) in batch {
            let result = self.carry_out(whose, op);
            // On some errors SQLite has ended the transaction by itself.
            if matches!(result, Err(StoreError::Full(_))) || self.conn.is_autocommit() {
                return self.give_up();
            }
            answers.push((*token, result));
        }
        if self.conn.execute_batch("COMMIT").is_err() {
            return self.give_up();
        }
        Some(answers)
    }

    fn give_up<T>(&mut self) -> Option<T> {
        if !self.conn.is_autocommit()
            && let Err(error) = self.conn.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
        None
    }

    fn carry_out(&mut self, whose: &Local, op: &Op) -> Result<Done, StoreError> {
        if let (Op::Receive { .. }, Some(error)) = (op, self.missed.get(whose)) {
            return Err(error.clone());
        }
        let result = self.file_and_database(whose, op);
        match (op, &result) {
            (Op::Receive { .. }, Err(error)) => drop(self.missed.insert(whose.clone(), error.clone())),
            (Op::SaveAccount(_) | Op::Logout { .. }, Ok(_)) => drop(self.missed.remove(whose)),
            _ => {}
        }
        result
    }

    fn file_and_database(&mut self, whose: &str, op: &Op) -> Result<Done, StoreError> {
        match op {
            Op::SaveToken { token } => token_file::save(&self.directory, whose, token)?,
            // One that is left over of a login that did not get further is the forgotten account's.
            Op::Logout { .. } | Op::Forget => token_file::remove(&self.directory, whose)?,
            Op::FindPicture { hash } => return picture::find(&self.directory, hash),
            Op::KeepPicture(picture) => return picture::keep(&self.directory, picture),
            Op::ReadPicture { path } => return Ok(Done::PictureRead(picture::read(Path::new(path)))),
            Op::KeepPassword { password } => password_file::keep(&self.directory, whose, password)?,
            Op::DropPassword => password_file::forget(&self.directory, whose)?,
            Op::EndJoin(ticket) => password_file::end_join(&self.directory, ticket)?,
            Op::BeginJoin { ticket, offer } => {
                let offer = password_file::begin_join(&self.directory, ticket, offer)?;
                return Ok(Done::Joining(Box::new(offer)));
            }
            Op::Password => return password_file::load(&self.directory, whose).map(Done::Password),
            _ => {}
        }
        if op.wipes() {
            self.remove_traces(whose)?;
        }
        let mut done = apply(&mut self.conn, whose, op)?;
        match &mut done {
            Done::Loaded(loaded) => self.add_secrets(loaded),
            Done::All(all) => {
                all.present.iter_mut().for_each(|loaded| self.add_secrets(loaded));
                let former = all.former.iter().map(|former| &former.local);
                let random = former.filter(|local| password_file::is_kept(&self.directory, local));
                all.random = random.cloned().collect();
            }
            _ => {}
        }
        Ok(done)
    }

    /// What a wipe removes beside the database, and before it: should this fail, or be cut off, the account is still there
    /// and can be wiped again; afterwards nobody would look for what is left.
    fn remove_traces(&self, whose: &str) -> Result<(), StoreError> {
        password_file::forget(&self.directory, whose)?;
        // Whose friends they are is not known here; what is still needed is fetched again.
        picture::remove_all(&self.directory)?;
        schema::remove_copies(&self.directory).map_err(|error| {
            StoreError::Full(format!("an old copy of the database could not be removed: {error}"))
        })
    }

    /// A token that cannot be read costs its account the password, and no other account anything.
    fn add_secrets(&self, loaded: &mut Loaded) {
        let Some(account) = &loaded.account else { return };
        loaded.random_password = password_file::is_kept(&self.directory, &account.local);
        loaded.token = token_file::load(&self.directory, &account.local).unwrap_or_else(|error| {
            tracing::warn!(account = account.local, %error, "the password will be asked for");
            None
        });
    }
}
