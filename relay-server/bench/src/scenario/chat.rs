//! `chat`: pairs of clients that chat in both directions, each with so many chats unacknowledged. What is counted is
//! the whole of it: submit, store, sync, ack, delivery to the receiver and to the sender's own device, the receipts.

use std::collections::VecDeque;
use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::Found;
use super::forward::FIRST;
use crate::server::Cost;
use crate::table::{Goal, Row, percentile};
use crate::tally::{Sequence, Tally};
use crate::wire::{self, Wire};
use crate::world::{Place, World};
use crate::{login, tasks};

/// As a daemon does: a receipt after so many rows, or so long after the first of them.
const RECEIPT_ROWS: u64 = 64;
const RECEIPT_TIME: Duration = Duration::from_millis(200);

/// One client with its device.
pub(super) struct Party {
    pub(super) wire: Wire,
    me: String,
    to: String,
    /// Rows of the own inbox.
    pub(super) rows: Sequence,
    /// Numbers that the partner gave its chats.
    pub(super) theirs: Sequence,
    /// The own ones as they come to the own device.
    own: Sequence,
    acks: Sequence,
    sent: u64,
    in_flight: VecDeque<Instant>,
    /// Milliseconds from the sending to the ack.
    ack_ms: Vec<f64>,
    receipt: Receipt,
    began: u64,
}

/// What is to be told the relay before long.
#[derive(Default)]
struct Receipt {
    rows: u64,
    since: Option<Instant>,
    mark: Option<(Vec<u8>, u64)>,
}

impl Party {
    /// Logs somebody in who chats with somebody else.
    pub(super) async fn open(place: &Place, tls: bool, me: usize, to: usize) -> Result<Self> {
        let mut person = place.people[me].clone();
        let mut wire = login::with_token(&place.door(tls), &mut person).await?;
        login::confirm(&mut wire).await?;
        Ok(Self {
            wire,
            me: person.name,
            to: place.people[to].name.clone(),
            rows: Sequence::after(person.has),
            theirs: Sequence::default(),
            own: Sequence::default(),
            acks: Sequence::default(),
            sent: 0,
            in_flight: VecDeque::new(),
            ack_ms: Vec::new(),
            receipt: Receipt::default(),
            began: person.has,
        })
    }

    /// Appends the next chat to `out`. Its number is in its content and, behind something random, in its id.
    pub(super) fn write_chat(&mut self, out: &mut Vec<u8>) {
        self.sent += 1;
        let (me, to, n) = (&self.me, &self.to, self.sent);
        let random = scatter(n ^ u64::from(me.as_bytes()[me.len() - 1]) << 56 ^ self.began << 40);
        let written = write!(
            out,
            "<msg><type>chat</type><myaccount>{me}</myaccount><friendaccount>{to}</friendaccount>\
             <content>{n} shall we have dinner at seven, 老地方?</content><id>{random:016x}-{n}</id></msg>"
        );
        written.expect("memory can be written to");
    }

    /// Sends so many chats, with so many unacknowledged at most, and hears so many of the partner's.
    async fn exchange(&mut self, count: u64, window: usize) -> Result<()> {
        let mut out = Vec::new();
        let end = self.began + 2 * count;
        loop {
            out.clear();
            while self.sent < count && self.in_flight.len() < window {
                self.write_chat(&mut out);
                self.in_flight.push_back(Instant::now());
            }
            self.write_receipt(&mut out);
            if !out.is_empty() {
                self.wire.say(&out).await?;
            }
            if self.acks.last >= count && self.rows.last >= end {
                return Ok(());
            }
            self.wire.more().await?;
            self.hear()?;
        }
    }

    /// Takes what has come.
    pub(super) fn hear(&mut self) -> Result<()> {
        let now = Instant::now();
        while let Some(stanza) = self.wire.take() {
            match wire::word(stanza) {
                b"chat" => {
                    self.rows.see(wire::number(stanza, "<seq>").unwrap_or(0));
                    let number = wire::number(stanza, "<content>").unwrap_or(0);
                    self.receipt.rows += 1;
                    self.receipt.since.get_or_insert(now);
                    if wire::text(stanza, "<myaccount>") == self.me.as_bytes() {
                        self.own.see(number);
                    } else {
                        self.theirs.see(number);
                        let conv = wire::text(stanza, "<conv>").to_vec();
                        self.receipt.mark = Some((conv, wire::number(stanza, "<cseq>").unwrap_or(0)));
                    }
                }
                b"ack" => {
                    let id = wire::text(stanza, "<id>");
                    self.acks.see(id.get(17..).and_then(wire::leading_number).unwrap_or(0));
                    let since = self.in_flight.pop_front().map(|since| now - since);
                    self.ack_ms.extend(since.map(|time| time.as_secs_f64() * 1e3));
                }
                _ => wire::no_error(stanza)?,
            }
        }
        Ok(())
    }

    /// Appends `recv` and `delivered` if it is time.
    pub(super) fn write_receipt(&mut self, out: &mut Vec<u8>) {
        let due = self.receipt.since.is_some_and(|since| since.elapsed() >= RECEIPT_TIME);
        if self.receipt.rows < RECEIPT_ROWS && !due {
            return;
        }
        let receipt = std::mem::take(&mut self.receipt);
        let _ = write!(out, "<msg><type>recv</type><seq>{}</seq></msg>", self.rows.last);
        if let Some((conv, cseq)) = receipt.mark {
            let conv = String::from_utf8_lossy(&conv);
            let _ = write!(out, "<msg><type>delivered</type><conv>{conv}</conv><cseq>{cseq}</cseq></msg>");
        }
    }

    /// What became of `count` own chats and `theirs` of the partner.
    pub(super) fn tally(&self, count: u64, theirs: u64) -> Tally {
        let rows = self.rows.tally(count + theirs, self.began + count + theirs);
        let parts = [self.acks.tally(0, count), self.own.tally(0, count), self.theirs.tally(0, theirs)];
        parts.into_iter().fold(rows, |worst, part| Tally {
            expected: worst.expected,
            lost: worst.lost.max(part.lost),
            doubled: worst.doubled.max(part.doubled),
            misordered: worst.misordered.max(part.misordered),
        })
    }

    /// So many own chats are acknowledged.
    pub(super) fn acked(&self) -> u64 {
        self.acks.last
    }
}

/// A number that looks random (splitmix64): ids are, and an index of the database feels it.
fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678_9abc_def1);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

pub(super) async fn run(world: &World) -> Result<Found> {
    let mut found = Found::default();
    for (window, count) in [(1, world.size.chats[0]), (16, world.size.chats[1])] {
        let (mut costs, mut acks) = (Vec::new(), Vec::new());
        let messages = world.size.chatters as u64 * count;
        for round in 0..world.size.rounds {
            let place = world.relay(&format!("chat-{window}-{round}"))?;
            let (cost, mut ack_ms, tally) = once(world, &place, window, count).await?;
            place.leave()?;
            found.tally = found.tally + tally;
            costs.push(cost);
            acks.push((percentile(&mut ack_ms, 0.5), percentile(&mut ack_ms, 0.99)));
        }
        let clients = world.size.chatters;
        let row = |what: &str, unit, goal| {
            Row::new("chat", format!("{what}, {clients} clients, window {window}"), unit, goal)
        };
        let (cpu_goal, rate_goal, ack_goal) = match window {
            // So many unacknowledged chats that their number alone makes the ack late.
            16 => (Goal::AtMost(15.0), Goal::AtLeast(40_000.0), Goal::None),
            _ => (Goal::None, Goal::None, Goal::AtMost(5.0)),
        };
        let cpu = costs.iter().map(|cost| cost.cpu_us(messages));
        found.rows.push(row("CPU a chat", "us", cpu_goal).ours(cpu).cost(&costs));
        found
            .rows
            .push(row("chats a second", "1/s", rate_goal).ours(costs.iter().map(|cost| cost.rate(messages))));
        found.rows.push(row("ack p50", "ms", ack_goal).ours(acks.iter().map(|(p50, _)| *p50)));
        found.rows.push(row("ack p99", "ms", Goal::None).ours(acks.iter().map(|(_, p99)| *p99)));
    }
    Ok(found)
}

async fn once(world: &World, place: &Place, window: usize, count: u64) -> Result<(Cost, Vec<f64>, Tally)> {
    let mut parties = Vec::new();
    for me in FIRST..FIRST + world.size.chatters {
        // The partner of an even one is the next, and the other way round.
        parties.push(Party::open(place, false, me, me ^ 1).await?);
    }
    place.server.settle().await?;
    let used = place.server.used()?;
    let talks = parties.into_iter().map(|mut party| async move {
        party.exchange(count, window).await?;
        Ok(party)
    });
    let parties = tasks::all(talks).await?;
    let cost = place.server.since(used)?;
    let tally = parties.iter().map(|party| party.tally(count, count)).sum();
    let ack_ms = parties.into_iter().flat_map(|party| party.ack_ms).collect();
    Ok((cost, ack_ms, tally))
}
