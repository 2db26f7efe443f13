//! The links of all accounts, side by side. Each has a queue of its own for its news, and they are heard in turn: a relay
//! that floods, or one that is slow, holds up no other account's.

use std::future::poll_fn;
use std::task::{Context, Poll};

use relay_schema::Stanza;
use tokio::sync::mpsc;

use super::{Link, Settings};
use crate::core::io::{AccountKey, Attempt, News, Trust};
use crate::core::op::Address;

/// News of one link that waits for the core; beyond, that relay is not read. With [`ipc_schema::account::MAX`] accounts,
/// and up to 256 KiB each, all of them together hold at most 64 MiB.
const NEWS: usize = 16;

/// One link for each account that has one. Its functions but [`Links::next`] never wait; they must be called inside a
/// tokio runtime with I/O and time.
#[derive(Debug, Default)]
pub struct Links {
    settings: Settings,
    links: Vec<Own>,
    /// Whose turn it is to be heard first.
    turn: usize,
}

/// One account's.
#[derive(Debug)]
struct Own {
    account: AccountKey,
    /// The newest one.
    attempt: Attempt,
    link: Link,
    news: mpsc::Receiver<(Attempt, News)>,
}

impl Links {
    /// No links yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// [`Links::new`] with other deadlines and limits.
    pub fn with(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Whether there is neither a link nor one on its way.
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// [`Link::dial`] for an account.
    pub fn dial(&mut self, account: AccountKey, attempt: Attempt, address: Address, trust: Trust) {
        if let Some(own) = self.begin(account, attempt) {
            own.link.dial(attempt, address, trust);
        }
    }

    /// [`Link::dial_any`] for an account.
    pub fn dial_any(&mut self, account: AccountKey, attempt: Attempt, addresses: Vec<Address>, trust: Trust) {
        if let Some(own) = self.begin(account, attempt) {
            own.link.dial_any(attempt, addresses, trust);
        }
    }

    fn begin(&mut self, account: AccountKey, attempt: Attempt) -> Option<&mut Own> {
        if self.own(account).is_none() {
            let (events, news) = mpsc::channel(NEWS);
            let link = Link::with(events, self.settings.clone());
            self.links.push(Own { account, attempt, link, news });
        }
        let own = self.own(account)?;
        own.attempt = attempt;
        Some(own)
    }

    /// [`Link::send`] for an account.
    pub fn send(&mut self, account: AccountKey, stanza: &Stanza) {
        if let Some(own) = self.own(account) {
            own.link.send(stanza);
        }
    }

    /// [`Link::hangup`] for an account.
    pub fn hangup(&mut self, account: AccountKey) {
        if let Some(own) = self.own(account) {
            own.link.hangup();
        }
    }

    fn own(&mut self, account: AccountKey) -> Option<&mut Own> {
        self.links.iter_mut().find(|own| own.account == account)
    }

    /// The next news of any link; without links it never comes. Dropped before it is ready, it has taken nothing.
    pub async fn next(&mut self) -> (AccountKey, Attempt, News) {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<(AccountKey, Attempt, News)> {
        let count = self.links.len();
        for offset in 0..count {
            let at = (self.turn + offset) % count;
            let Some(own) = self.links.get_mut(at) else { continue };
            let Poll::Ready(Some((attempt, news))) = own.news.poll_recv(cx) else { continue };
            let (account, over) = (own.account, attempt == own.attempt && matches!(news, News::Closed(_)));
            self.turn = at + 1;
            if over {
                self.links.remove(at);
                self.turn = at;
            }
            return Poll::Ready((account, attempt, news));
        }
        Poll::Pending
    }
}
