//! Receipts: what devices have committed (`recv`), what seed clients' kernels have acknowledged, and the marks that
//! senders see (`delivered`, `read`).

use std::time::Duration;

use relay_schema::{Delivered, ErrorCode, Read};

use super::account::Online;
use super::bucket::{Bucket, Size};
use super::op::{AccountId, Done, Mark, MarkKind, Op, Seq, StoreError};
use super::pending::Pending;
use super::session::{Live, live, live_mut};
use super::{Core, Limits, Now, Output, SessionId};

/// The most bytes of a conversation's name.
pub(super) const CONV_MAX: usize = 128;

/// Less debt than that is not worth a rest.
const MARKS_SLACK: Duration = Duration::from_millis(50);
/// How long a debt is remembered beyond the time that a full burst takes to come back.
pub(super) const DEBT_KEPT: Duration = Duration::from_secs(10);

pub(super) fn size(limits: &Limits) -> Size {
    Size::new(limits.marks_burst, limits.marks_per_second)
}

/// A device's receipts: at most one is on its way, and of those behind it the newest counts.
#[derive(Debug, Default)]
pub(super) struct Receipts {
    busy: bool,
    told: Seq,
    next: Option<Seq>,
}

/// What an account's seed sessions have, in the same way.
#[derive(Debug, Default)]
pub(super) struct SeedCursor {
    /// Every row up to there has reached the kernel of some session; what lies behind a row that has not, does not
    /// count (see decision 0007).
    has: Seq,
    busy: bool,
    told: Seq,
    next: Option<Seq>,
}

impl SeedCursor {
    /// Every row up to there has reached a kernel.
    pub(super) fn has(&self) -> Seq {
        self.has
    }

    /// What the store knows already.
    pub(super) fn start(&mut self, seq: Seq) {
        self.told = self.told.max(seq);
        self.has = self.has.max(seq);
    }
}

impl Core {
    pub(super) fn on_recv(&mut self, session: SessionId, seq: Seq) {
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        // Nobody has what he was not sent.
        let seq = seq.min(live.mail.cursor);
        if seq <= live.receipts.told.max(live.receipts.next.unwrap_or(0)) {
            return;
        }
        if live.receipts.busy {
            live.receipts.next = Some(seq);
            return;
        }
        live.receipts.busy = true;
        live.receipts.told = seq;
        self.store_recv(session, seq);
    }

    /// The store has a receipt: the next one, if there is one.
    pub(super) fn on_received(&mut self, session: SessionId, done: bool) {
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        if !done {
            // Whoever says it again is heard again.
            live.receipts.told = 0;
        }
        let next = live.receipts.next.take();
        live.receipts.busy = next.is_some();
        if let Some(seq) = next {
            live.receipts.told = seq;
            self.store_recv(session, seq);
        }
    }

    fn store_recv(&mut self, session: SessionId, seq: Seq) {
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        let Some(device) = live.device.clone() else { return };
        let account = live.account;
        self.ask(Op::Recv { account, device, seq }, Pending::Recv { session });
    }

    /// A session ends: its last receipt must not wait for the one before.
    pub(super) fn flush_recv(&mut self, live: &Live) {
        if let (Some(seq), Some(device)) = (live.receipts.next, live.device.clone()) {
            self.ask(Op::Recv { account: live.account, device, seq }, Pending::Confirm);
        }
    }

    /// What a client says that it has, or that somebody has read.
    pub(super) fn on_mark(&mut self, now: Now, session: SessionId, kind: MarkKind, conv: String, cseq: u64) {
        let Some(live) = live_mut(&mut self.sessions, session) else { return };
        let account = live.account;
        if conv.len() > CONV_MAX {
            let word = match kind {
                MarkKind::Delivered => "delivered",
                MarkKind::Read => "read",
            };
            let text = format!("<conv> of {word} has a bad value");
            return self.error(session, ErrorCode::BadField, text, None);
        }
        // What is on its way is bounded, too: a mark over that is dropped, the next one says the same and more.
        if self.take_off(session, 0) {
            let is_hidden = self.hides_marks(account);
            self.ask(Op::Mark { kind, account, conv, cseq, is_hidden }, Pending::Mark { session });
        }
        let debt = self.take_mark(now, account);
        if debt > MARKS_SLACK {
            self.outputs.push_back(Output::Pause { session, time: debt });
        }
    }

    /// One mark more of that account; how long its connection has to rest. It is not refused: the last one of a
    /// conversation must not be lost, and nobody says it again.
    fn take_mark(&mut self, now: Now, account: AccountId) -> Duration {
        let (now, size) = (now.mono, size(&self.limits));
        self.marks.entry(now, account, || Bucket::full(size, now)).take(size, now)
    }

    /// Whether nobody else is told of the account's marks now; then they are told when it is visible again.
    fn hides_marks(&mut self, account: AccountId) -> bool {
        let Some(online) = self.online.get_mut(&account) else { return false };
        let hides = online.presence.is_invisible();
        online.has_hidden_marks |= hides;
        hides
    }

    /// The account is seen: so is what it has and has read.
    pub(super) fn reveal_marks(&mut self, account: AccountId) {
        let Some(online) = self.online.get_mut(&account) else { return };
        if std::mem::take(&mut online.has_hidden_marks) {
            self.ask(Op::Reveal { account }, Pending::Reveal { account });
        }
    }

    /// They are told, or will be.
    pub(super) fn on_revealed(&mut self, account: AccountId, result: Result<Done, StoreError>) {
        if result.is_err()
            && let Some(online) = self.online.get_mut(&account)
        {
            online.has_hidden_marks = true;
        }
        self.on_marked(result, None);
    }

    /// Marks that moved: told to the members' full sessions but the one that reported it.
    pub(super) fn on_marked(&mut self, result: Result<Done, StoreError>, reporter: Option<SessionId>) {
        let Ok(Done::Marked(marks)) = result else { return };
        for mark in marks {
            for account in &mark.tell {
                // Whoever is blocked does not see what the other one has.
                if self.online.get(&mark.account).is_some_and(|online| online.blocks(*account)) {
                    continue;
                }
                for session in self.full_sessions(*account) {
                    if Some(session) != reporter {
                        self.send_mark(session, &mark);
                    }
                }
            }
        }
    }

    pub(super) fn send_mark(&mut self, session: SessionId, mark: &Mark) {
        let (conv, cseq, account) = (mark.conv.clone(), mark.cseq, Some(mark.name.clone()));
        match mark.kind {
            MarkKind::Delivered => self.send(session, Delivered { conv, cseq, account }),
            MarkKind::Read => self.send(session, Read { conv, cseq, account }),
        }
    }

    /// The kernel of one of the account's seed clients has the rows behind `start` up to `seq`.
    pub(super) fn seed_has(&mut self, account: AccountId, start: Seq, seq: Seq) {
        // Long after its last session an account is forgotten; then the rows are sent again.
        let Some(online) = self.online.get_mut(&account) else { return };
        if start > online.seed.has {
            return;
        }
        online.seed.has = online.seed.has.max(seq);
        // What it lacked may be all that later rows of other sessions waited for.
        let mut others: Vec<_> = online
            .sessions
            .iter()
            .filter_map(|session| live(&self.sessions, *session))
            .filter(|live| !live.is_full())
            .map(|live| (live.mail.start, live.mail.has))
            .collect();
        others.sort_unstable();
        for (start, has) in others {
            if start <= online.seed.has {
                online.seed.has = online.seed.has.max(has);
            }
        }
        self.tell_seed(account);
    }

    /// A seed session is over: if it alone was sent rows that nobody's kernel has, the session that began first after
    /// it is sent them, too.
    pub(super) fn heal(&mut self, account: AccountId) {
        let Some(online) = self.online.get(&account) else { return };
        let has = online.seed.has;
        let seeds = self.seed_sessions(account);
        let start_of = |session: &SessionId| live(&self.sessions, *session).map(|live| live.mail.start);
        let Some(first) = seeds.iter().filter_map(start_of).min().filter(|first| *first > has) else {
            return;
        };
        for session in seeds {
            if let Some(live) = live_mut(&mut self.sessions, session).filter(|live| live.mail.start == first)
            {
                live.mail.go_back(has);
                self.pump(session);
            }
        }
    }

    fn tell_seed(&mut self, account: AccountId) {
        let Some(online) = self.online.get_mut(&account) else { return };
        let seed = &mut online.seed;
        let seq = seed.has;
        if seq <= seed.told.max(seed.next.unwrap_or(0)) {
            return;
        }
        if seed.busy {
            seed.next = Some(seq);
            return;
        }
        seed.busy = true;
        seed.told = seq;
        self.store_seed(account, seq);
    }

    pub(super) fn on_seed_stored(&mut self, account: AccountId, done: bool) {
        let Some(online) = self.online.get_mut(&account) else { return };
        if !done {
            online.seed.told = 0;
        }
        let next = online.seed.next.take();
        online.seed.busy = next.is_some();
        if let Some(seq) = next {
            online.seed.told = seq;
            self.store_seed(account, seq);
        }
    }

    /// The account is forgotten: what waits must not be.
    pub(super) fn flush_seed(&mut self, account: AccountId, online: &Online) {
        if let Some(seq) = online.seed.next {
            self.ask_seed(account, seq, online.has_hidden_marks);
        }
    }

    fn ask_seed(&mut self, account: AccountId, seq: Seq, is_hidden: bool) {
        self.ask(Op::SeedCursor { account, seq, is_hidden }, Pending::SeedCursor { account });
    }

    fn store_seed(&mut self, account: AccountId, seq: Seq) {
        if seq > 0 {
            let is_hidden = self.hides_marks(account);
            self.ask_seed(account, seq, is_hidden);
        }
    }
}
