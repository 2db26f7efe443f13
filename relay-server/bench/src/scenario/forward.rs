//! `forward`: ephemeral stanzas between pairs, beside the reference. Closed loop: a sender says a bunch, and says the
//! next one when its partner has heard all of it.

use std::cell::Cell;
use std::fmt::Write as _;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::ValueEnum;
use serde::Serialize;

use super::Found;
use crate::server::Cost;
use crate::table::{Goal, Row};
use crate::tally::Tally;
use crate::wire::{self, Door, Wire};
use crate::world::{Place, World, name};
use crate::{login, raw, tasks};

/// What has not come by then is lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// Those who send are the even ones from here on: the first two people have other tasks.
pub(super) const FIRST: usize = 2;

/// A stanza that is forwarded and never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ephemeral {
    /// `typing`, between sessions of the full dialect
    Typing,
    /// `shake`, between sessions of the seed dialect (which answers none)
    Shake,
}

impl Ephemeral {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Typing => "typing",
            Self::Shake => "shake",
        }
    }

    /// The `turn`th one.
    pub(super) fn stanza(self, from: &str, to: &str, turn: u64) -> String {
        let mut text = format!("<msg><type>{}</type>", self.word());
        match self {
            Self::Shake => {
                let _ = write!(text, "<myaccount>{from}</myaccount><friendaccount>{to}</friendaccount>");
            }
            Self::Typing => {
                let _ = write!(text, "<friendaccount>{to}</friendaccount><state>{}</state>", state(turn));
            }
        }
        text + "</msg>"
    }

    /// Whether this is one as it arrives; its turn is seen from its state where it has one.
    pub(super) fn is_turn(self, stanza: &[u8], turn: u64) -> Option<bool> {
        if wire::word(stanza) != self.word().as_bytes() {
            return None;
        }
        Some(match self {
            Self::Shake => true,
            Self::Typing => wire::number(stanza, "<state>") == Some(state(turn)),
        })
    }
}

fn state(turn: u64) -> u64 {
    (turn + 1) % 2
}

/// Both ends of a pair.
pub(super) struct Pair {
    pub(super) sender: Wire,
    pub(super) receiver: Wire,
    /// The reference's name for the receiver; none at the relay.
    target: Option<u32>,
    names: (String, String),
    ephemeral: Ephemeral,
}

impl Pair {
    /// Logs both in.
    pub(super) async fn open(
        place: &Place,
        door: &Door,
        number: usize,
        ephemeral: Ephemeral,
    ) -> Result<Self> {
        let (from, to) = (FIRST + 2 * number, FIRST + 2 * number + 1);
        let names = (name(from), name(to));
        if place.people.is_empty() {
            let (a, b) = (u32::try_from(from)?, u32::try_from(to)?);
            let (sender, receiver) = (login::at_raw(door, a).await?, login::at_raw(door, b).await?);
            return Ok(Self { sender, receiver, target: Some(b), names, ephemeral });
        }
        let mut wires = Vec::new();
        for number in [from, to] {
            wires.push(match ephemeral {
                Ephemeral::Shake => login::seed(door, &name(number)).await?,
                Ephemeral::Typing => {
                    let mut wire = login::with_token(door, &mut place.people[number].clone()).await?;
                    login::confirm(&mut wire).await?;
                    wire
                }
            });
        }
        let receiver = wires.pop().expect("there are two");
        let sender = wires.pop().expect("there are two");
        Ok(Self { sender, receiver, target: None, names, ephemeral })
    }

    /// The bytes of the `turn`th one; the reference carries the very same stanza as its payload.
    pub(super) fn bytes(&self, turn: u64) -> Vec<u8> {
        let stanza = self.ephemeral.stanza(&self.names.0, &self.names.1, turn);
        match self.target {
            Some(target) => raw::frame(target, stanza.as_bytes()),
            None => stanza.into_bytes(),
        }
    }

    /// Whether something that arrived is the `turn`th one; none if it is something else.
    pub(super) fn is_turn(&self) -> impl Fn(&[u8], u64) -> Option<bool> + use<> {
        let (framed, ephemeral) = (self.target.is_some(), self.ephemeral);
        move |unit, turn| ephemeral.is_turn(if framed { &unit[raw::HEAD..] } else { unit }, turn)
    }
}

/// What passed between a pair.
#[derive(Default)]
struct Passed {
    sent: Cell<u64>,
    heard: Cell<u64>,
    misordered: Cell<u64>,
}

pub(super) async fn run(world: &World, ephemeral: Ephemeral) -> Result<Found> {
    let mut found = Found::default();
    for tls in [false, true] {
        for (window, times) in [(1, 1.2), (16, 2.5)] {
            let (mut ours, mut reference) = (Vec::new(), Vec::new());
            for round in 0..world.size.rounds {
                for (place, results) in [
                    (world.raw()?, &mut reference),
                    (world.relay(&format!("forward-{tls}-{window}-{round}"))?, &mut ours),
                ] {
                    let (cost, tally) = once(world, &place, tls, window, ephemeral).await?;
                    place.leave()?;
                    found.tally = found.tally + tally;
                    results.push((cost, tally.expected));
                }
            }
            let transport = if tls { "TLS" } else { "plain" };
            let costs: Vec<Cost> = ours.iter().map(|(cost, _)| *cost).collect();
            let cpu = |(cost, count): &(Cost, u64)| cost.cpu_us(*count);
            let rate = |(cost, count): &(Cost, u64)| cost.rate(*count);
            let row = |what: &str, unit, goal| {
                Row::new("forward", format!("{what} a message, {transport}, window {window}"), unit, goal)
            };
            found.rows.push(
                row("CPU", "us", Goal::TimesRaw(times))
                    .ours(ours.iter().map(cpu))
                    .raw(reference.iter().map(cpu))
                    .cost(&costs),
            );
            let what = format!("messages a second, {transport}, window {window}");
            found.rows.push(
                Row::new("forward", what, "1/s", Goal::None)
                    .ours(ours.iter().map(rate))
                    .raw(reference.iter().map(rate)),
            );
        }
    }
    Ok(found)
}

async fn once(
    world: &World,
    place: &Place,
    tls: bool,
    window: u64,
    ephemeral: Ephemeral,
) -> Result<(Cost, Tally)> {
    let door = place.door(tls);
    let mut pairs = Vec::new();
    for number in 0..world.size.pairs {
        pairs.push(Pair::open(place, &door, number, ephemeral).await?);
    }
    place.server.settle().await?;
    let used = place.server.used()?;
    let until = Instant::now() + world.size.forward;
    let passed: Vec<_> = pairs.iter().map(|_| Rc::new(Passed::default())).collect();
    let talks = pairs.into_iter().zip(&passed).map(|(pair, passed)| {
        let passed = Rc::clone(passed);
        async move {
            // Whoever waits in vain has lost what he waits for.
            let patience = world_patience(until);
            tokio::time::timeout_at(patience, talk(pair, window, until, &passed)).await.unwrap_or(Ok(None))
        }
    });
    // The connections stay until the cost is known: their end is not to be measured.
    let _open = tasks::all(talks).await?;
    let cost = place.server.since(used)?;
    let tally = passed.iter().map(|passed| Tally {
        expected: passed.sent.get(),
        lost: passed.sent.get().saturating_sub(passed.heard.get()),
        doubled: passed.heard.get().saturating_sub(passed.sent.get()),
        misordered: passed.misordered.get(),
    });
    Ok((cost, tally.sum()))
}

fn world_patience(until: Instant) -> tokio::time::Instant {
    (until + PATIENCE).into()
}

async fn talk(mut pair: Pair, window: u64, until: Instant, passed: &Passed) -> Result<Option<Pair>> {
    // States alternate, so an odd window needs two bunches.
    let bunches = [0, window]
        .map(|first| (first..first + window).flat_map(|turn| pair.bytes(turn)).collect::<Vec<_>>());
    let is_turn = pair.is_turn();
    let mut turn = 0;
    while Instant::now() < until {
        let bunch = (turn / window % 2) as usize;
        pair.sender.say(&bunches[bunch]).await?;
        turn += window;
        passed.sent.set(turn);
        while passed.heard.get() < turn {
            while let Some(unit) = pair.receiver.take() {
                match is_turn(unit, passed.heard.get()) {
                    None => wire::no_error(unit)?,
                    Some(in_turn) => {
                        passed.heard.set(passed.heard.get() + 1);
                        passed.misordered.set(passed.misordered.get() + u64::from(!in_turn));
                    }
                }
            }
            if passed.heard.get() < turn {
                pair.receiver.more().await?;
            }
        }
    }
    Ok(Some(pair))
}
