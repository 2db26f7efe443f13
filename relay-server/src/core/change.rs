//! A wish about friends, groups or the profile on its way into the store, and its answer; `ack` only after the commit.
//! What it changes is told by rows, to every device of everybody concerned.

use std::time::Duration;

use relay_schema::{Ack, ErrorCode, Id, NackCode};

use super::bucket::{Bucket, Size};
use super::chat::{FLIGHT_RETRY, STORAGE_RETRY};
use super::op::{AccountId, Change, Changed, Op, Refused, Wish};
use super::pending::Pending;
use super::session::live;
use super::{Core, Now, SessionId, name};

/// Wishes of one account: so many at once, and so many a second. Nobody sorts friends faster by hand.
const BURST: u32 = 200;
const PER_SECOND: u32 = 10;

impl Core {
    /// Sends a wish to the store, unless it is refused here, and answered. `word` is the stanza's.
    pub(super) fn wish(&mut self, now: Now, session: SessionId, word: &str, id: Option<Id>, wish: Wish) {
        let Some(account) = live(&self.sessions, session).map(|live| live.account) else { return };
        let Some(id) = id else { return self.without_id(session, word) };
        let bytes = if let Wish::Picture(picture) = &wish { picture.body.len() } else { 0 };
        if let Err(wait) = self.take_wish(now, session, account, bytes) {
            return self.nack(session, id, NackCode::Rate, Some(wait));
        }
        let change = Change {
            account,
            wish,
            friends_max: self.limits.friends,
            groups_max: self.limits.groups,
            requests_per_day: self.limits.requests_per_day,
            now_ms: now.wall_ms,
        };
        self.ask(Op::Change(Box::new(change)), Pending::Change { session, id, bytes });
    }

    /// One wish more of that account, about friends, groups, the profile or devices; how long it must wait if it is over
    /// its rate, or too many are on their way.
    pub(super) fn take_wish(
        &mut self,
        now: Now,
        session: SessionId,
        account: AccountId,
        bytes: usize,
    ) -> Result<(), Duration> {
        let size = size();
        let wait =
            self.changes.entry(now.mono, account, || Bucket::full(size, now.mono)).wait(size, now.mono);
        if !wait.is_zero() {
            return Err(wait);
        }
        if !self.take_off(session, bytes) {
            return Err(FLIGHT_RETRY);
        }
        if let Some(bucket) = self.changes.get(now.mono, &account) {
            bucket.take(size, now.mono);
        }
        Ok(())
    }

    /// The store has carried a wish out, or says why not, or (none) could not.
    pub(super) fn on_changed(
        &mut self,
        session: SessionId,
        id: Id,
        bytes: usize,
        result: Result<Changed, Option<Refused>>,
    ) {
        self.landed(session, bytes);
        let there = live(&self.sessions, session).is_some();
        match result {
            Ok(Changed { seq, rows }) => {
                if there {
                    self.send(session, Ack { id, seq, ..Default::default() });
                }
                self.on_rows_made(&rows);
            }
            Err(_) if !there => {}
            Err(Some(Refused { code, retry_ms })) => {
                self.nack(session, id, code, retry_ms.map(Duration::from_millis));
            }
            Err(None) => self.nack(session, id, NackCode::Storage, Some(STORAGE_RETRY)),
        }
    }

    /// A text as it is stored: without white space at its ends, without control characters, at most `max` characters
    /// long. None if it is refused, and answered; `word` and `field` name it.
    pub(super) fn text(
        &mut self,
        session: SessionId,
        id: Option<&Id>,
        (word, field): (&str, &str),
        text: &str,
        max: usize,
    ) -> Option<String> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            let why = format!("<{field}> of {word} must be one line without control characters");
            self.error(session, ErrorCode::BadField, why, id.cloned());
            return None;
        }
        if text.chars().nth(max).is_some() {
            match id {
                Some(id) => self.nack(session, id.clone(), NackCode::TooBig, None),
                None => self.without_id(session, word),
            }
            return None;
        }
        Some(text.to_owned())
    }
}

/// An account's name as the store knows it; empty for what is no name: nobody has it.
pub(super) fn other(text: &str) -> String {
    name::normalise(text).unwrap_or_default()
}

pub(super) fn size() -> Size {
    Size::new(BURST, PER_SECOND)
}
