//! The store's thread: takes what is queued, commits it together, and answers after the commit, never before.

use std::path::PathBuf;

use rusqlite::Connection;
use std::fs::File;
use tokio::sync::mpsc::Receiver;

use super::open::Opened;
use super::{Answer, account, apply, schema, token_file};
use crate::core::io::Token;
use crate::core::op::{Done, Op, StoreError};

/// The most operations in one commit.
const BATCH: usize = 256;

/// The one who owns the connection.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) conn: Connection,
    directory: PathBuf,
    /// Why an inbox row could not be kept; those behind it must not be kept either, until a new login asks for it
    /// again: the cursor would pass a row that is not here.
    missed: Option<StoreError>,
    _lock: File,
}

impl Writer {
    pub(super) fn new(opened: Opened) -> Self {
        Self { conn: opened.conn, directory: opened.directory, missed: None, _lock: opened._lock }
    }

    /// Works until nobody can hand in anything any more, and all that was handed in is answered.
    pub(super) fn run(mut self, mut queue: Receiver<(Token, Op)>, mut answers: impl FnMut(Vec<Answer>)) {
        let mut batch = Vec::new();
        while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
            answers(self.commit(&batch));
            batch.clear();
        }
        if let Err((_, error)) = self.conn.close() {
            tracing::warn!(%error, "the database was not closed cleanly");
        }
    }

    /// Carries out a batch: all in one commit if that works, else each for itself.
    pub(super) fn commit(&mut self, batch: &[(Token, Op)]) -> Vec<Answer> {
        let wipes = batch.iter().any(|(_, op)| op.wipes());
        let missed = self.missed.clone();
        if batch.len() > 1
            && !wipes
            && let Some(answers) = self.together(batch)
        {
            return answers;
        }
        self.missed = missed;
        batch.iter().map(|(token, op)| (*token, self.carry_out(op))).collect()
    }

    /// One transaction for all, or none at all: then nothing of it has happened.
    fn together(&mut self, batch: &[(Token, Op)]) -> Option<Vec<Answer>> {
        self.conn.execute_batch("BEGIN IMMEDIATE").ok()?;
        let mut answers = Vec::with_capacity(batch.len());
        for (token, op) in batch {
            let result = self.carry_out(op);
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

    fn carry_out(&mut self, op: &Op) -> Result<Done, StoreError> {
        if let (Op::Receive { .. }, Some(error)) = (op, &self.missed) {
            return Err(error.clone());
        }
        let result = self.file_and_database(op);
        match (op, &result) {
            (Op::Receive { .. }, Err(error)) => self.missed = Some(error.clone()),
            (Op::SaveAccount(_), Ok(_)) => self.missed = None,
            _ => {}
        }
        result
    }

    fn file_and_database(&mut self, op: &Op) -> Result<Done, StoreError> {
        match op {
            Op::SaveToken { token } => token_file::save(&self.directory, token)?,
            Op::Logout { .. } => token_file::remove(&self.directory)?,
            // One that is left over while nobody is logged in may be the forgotten account's.
            Op::Forget { .. } if account::present(&self.conn)?.is_none() => {
                token_file::remove(&self.directory)?;
            }
            _ => {}
        }
        let mut done = apply(&mut self.conn, op)?;
        if let Done::Loaded(loaded) = &mut done {
            loaded.token = token_file::load(&self.directory)?;
        }
        if op.wipes() {
            schema::remove_copies(&self.directory).map_err(|error| {
                StoreError::Full(format!("an old copy of the database could not be removed: {error}"))
            })?;
        }
        Ok(done)
    }
}
