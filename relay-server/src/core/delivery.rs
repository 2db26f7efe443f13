//! Delivery of rows: every one is a read from the store after a session's cursor, or the very row that has just been
//! stored if it is the next. A wake-up may be lost without harm; a peer that does not read stops the reading.

use std::collections::VecDeque;

use relay_schema::{ErrorCode, Gap};

use super::op::{AccountId, Behind, Mark, Op, Row, Seq};
use super::pending::Pending;
use super::session::{Live, Phase, Sent, live, live_mut};
use super::{Core, Dialect, Now, Output, SessionId, wire};

/// Bytes that may be on their way before the output has to be short again; at half of it that is asked.
const BUDGET: usize = 256 * 1024;
/// Rows a page, at most; fewer after a page of large ones.
const PAGE_MAX: u32 = 64;
/// Entries of the friend list a page.
const LIST_PAGE: u32 = 100;

/// What a session has been sent, and what follows.
#[derive(Debug)]
pub(super) struct Mail {
    /// The number of the last row that was sent or passed over.
    pub(super) cursor: Seq,
    /// Of a seed session: where it began; what lies before is another's to have acknowledged.
    pub(super) start: Seq,
    /// Of a seed session: up to where its peer's kernel has everything behind `start`.
    pub(super) has: Seq,
    /// Of a seed session that is sent rows again: up to where, and where it then goes on.
    detour: Option<(Seq, Seq)>,
    /// The page that is on its way was asked for before the cursor went back.
    stale: bool,
    /// The number up to which the friend list counts rows in.
    pub(super) list: Seq,
    pub(super) stage: Stage,
    /// Marks to be sent after the list.
    pub(super) marks: Vec<Mark>,
    /// A page is on its way from the store.
    pub(super) reading: bool,
    /// Rows of the next page.
    page: u32,
    /// Bytes that may still be sent.
    budget: usize,
    /// [`Output::AskRoom`] is not answered yet.
    asked_room: bool,
    /// [`Output::AskAcknowledged`] is not answered yet.
    asked_acknowledged: bool,
}

/// How far the welcome is.
#[derive(Debug)]
pub(super) enum Stage {
    /// The list is being sent; what follows is behind this.
    List { behind: Behind },
    /// Who is on line and the marks are being sent; these are left.
    Greeting(Greeting),
    /// Rows.
    Rows,
}

/// What is said between the friend list and the rows.
#[derive(Debug, Default)]
pub(super) struct Greeting {
    /// Friends who were not off line when it began.
    pub(super) friends: VecDeque<AccountId>,
    /// Marks that moved.
    pub(super) marks: VecDeque<Mark>,
}

impl Mail {
    pub(super) fn new(cursor: Seq, list: Seq, dialect: Dialect, marks: Vec<Mark>) -> Self {
        let behind = match dialect {
            Dialect::Full => Behind::Group(None),
            Dialect::Seed => Behind::Friend(None),
        };
        Self {
            cursor,
            start: cursor,
            has: cursor,
            detour: None,
            stale: false,
            list,
            stage: Stage::List { behind },
            marks,
            reading: false,
            page: PAGE_MAX,
            budget: BUDGET,
            asked_room: false,
            asked_acknowledged: false,
        }
    }

    /// Whether more may be sent.
    pub(super) fn has_room(&self) -> bool {
        self.budget > 0
    }

    /// The rows behind `has` up to where the session began are sent after all; then it goes on where it is now.
    pub(super) fn go_back(&mut self, has: Seq) {
        self.detour = Some((self.start, self.cursor));
        (self.start, self.has, self.cursor) = (has, has, has);
        self.stale = self.reading && matches!(self.stage, Stage::Rows);
    }

    /// Moves the cursor, and at the end of a detour back to where it was.
    fn advance(&mut self, to: Seq) {
        self.cursor = to;
        if let Some((_, back)) = self.detour.take_if(|(end, _)| to >= *end) {
            self.cursor = back.max(to);
        }
    }
}

impl Core {
    /// Reads on, if there is something to read, nothing being read, and room.
    pub(super) fn pump(&mut self, session: SessionId) {
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        if live.mail.reading || live.mail.budget == 0 {
            return;
        }
        let account = live.account;
        match &live.mail.stage {
            Stage::List { behind } => {
                let (behind, whole) = (behind.clone(), live.is_full());
                let op = Op::List { account, behind, whole, count: LIST_PAGE };
                live.mail.reading = true;
                self.ask(op, Pending::List { session, count: LIST_PAGE });
            }
            Stage::Greeting(_) => {}
            Stage::Rows => {
                let Some(head) = self.online.get(&account).map(|online| online.head) else { return };
                if live.mail.cursor >= head {
                    return;
                }
                let (after, count) = (live.mail.cursor, live.mail.page);
                live.mail.reading = true;
                self.ask(Op::Rows { account, after, count }, Pending::Rows { session, count, head });
            }
        }
    }

    /// A row that has just been stored: sent at once if it is the next, else read in its turn.
    pub(super) fn offer(&mut self, session: SessionId, row: &Row) {
        let Some(live) = live(&self.sessions, session) else { return };
        let mail = &live.mail;
        let next = matches!(mail.stage, Stage::Rows) && !mail.reading && row.seq == mail.cursor + 1;
        if next && mail.budget > 0 {
            self.send_row(session, row);
        } else {
            self.pump(session);
        }
    }

    /// A page after the cursor; `head` was the inbox's highest number when it was asked for.
    pub(super) fn on_rows(&mut self, session: SessionId, count: u32, head: Seq, rows: &[Row]) {
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        live.mail.reading = false;
        if std::mem::take(&mut live.mail.stale) {
            return self.pump(session);
        }
        let mut sent = 0;
        for row in rows {
            let Some(live) = live_mut(&mut self.sessions, session).filter(|live| live.mail.budget > 0) else {
                break;
            };
            if row.seq > live.mail.cursor {
                self.send_row(session, row);
            }
            sent += 1;
        }
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        let all = sent == rows.len();
        let next = if all { live.mail.page * 2 } else { u32::try_from(sent).unwrap_or(PAGE_MAX) };
        live.mail.page = next.clamp(1, PAGE_MAX);
        if all && rows.len() < count as usize {
            self.skip_to(session, head);
        }
        self.pump(session);
    }

    /// The store could not read. The session ends; whoever comes back is served from its cursor.
    pub(super) fn on_unreadable(&mut self, now: Now, session: SessionId) {
        let text = "the relay cannot read its disk now; log in again in a while";
        self.end_session(now, session, ErrorCode::Storage, text);
    }

    /// The output is short again.
    pub(super) fn on_room(&mut self, now: Now, session: SessionId) {
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        live.mail.asked_room = false;
        live.mail.budget = BUDGET;
        self.greet_on(now, session);
        self.pump(session);
        self.pump_history(session);
    }

    /// The peer's kernel has all that was sent.
    pub(super) fn on_acknowledged(&mut self, session: SessionId) {
        let Some(entry) = self.sessions.get_mut(&session) else { return };
        match &mut entry.phase {
            Phase::In(live) if !live.is_full() => {
                live.mail.asked_acknowledged = false;
                live.mail.has = live.mail.cursor;
                let (account, start, has) = (live.account, live.mail.start, live.mail.has);
                self.seed_has(account, start, has);
            }
            Phase::Over(Some(Sent { account, start, cursor })) => {
                let (account, start, cursor) = (*account, *start, *cursor);
                self.seed_has(account, start, cursor);
            }
            Phase::In(_) | Phase::Before | Phase::LoggingIn(_) | Phase::Over(None) => {}
        }
    }

    /// So many bytes were sent; asks for room in time.
    pub(super) fn spend(&mut self, session: SessionId, bytes: usize) {
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        live.mail.budget = live.mail.budget.saturating_sub(bytes);
        if live.mail.budget < BUDGET / 2 && !live.mail.asked_room {
            live.mail.asked_room = true;
            self.outputs.push_back(Output::AskRoom { session });
        }
    }

    fn send_row(&mut self, session: SessionId, row: &Row) {
        let Some(live) = live(&self.sessions, session) else { return };
        let stanza = wire::row(row, live.dialect(), &live.name, live.mail.list);
        if stanza.as_ref().is_some_and(|stanza| !wire::fits(stanza, wire::row_bound(row))) {
            // Whoever is sent it closes the connection, comes back and is sent it again, for ever.
            return self.skip_to(session, row.seq);
        }
        if let Some(before) = row.seq.checked_sub(1) {
            self.skip_to(session, before);
        }
        let Some(live) = live_mut(&mut self.sessions, session).filter(|live| live.mail.cursor < row.seq)
        else {
            return;
        };
        live.mail.advance(row.seq);
        let ask = stanza.is_some() && live.must_ask();
        if let Some(stanza) = stanza {
            self.send(session, stanza);
            self.spend(session, wire::weight(row));
        }
        if ask {
            self.outputs.push_back(Output::AskAcknowledged { session });
        }
    }

    /// Rows up to there are gone, or nobody can be sent them: a full session is told, a seed session passes them.
    fn skip_to(&mut self, session: SessionId, to: Seq) {
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        let from = live.mail.cursor + 1;
        if from > to {
            return;
        }
        live.mail.advance(to);
        if live.is_full() {
            self.send(session, Gap { from, to });
        }
    }
}

impl Live {
    /// Whether a seed session must be asked what its peer's kernel has.
    fn must_ask(&mut self) -> bool {
        !self.is_full() && !std::mem::replace(&mut self.mail.asked_acknowledged, true)
    }
}
