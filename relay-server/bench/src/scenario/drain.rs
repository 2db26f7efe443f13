//! `drain`: many friends write to somebody who is off line; then he comes, and takes it all.

use anyhow::Result;

use super::Found;
use crate::server::Cost;
use crate::table::{Goal, Row};
use crate::tally::{Sequence, Tally};
use crate::wire::{self, Wire};
use crate::world::{Place, World};
use crate::{login, tasks};

/// Chats of one friend that are unacknowledged at once.
const WINDOW: u64 = 16;

/// Friends that write.
const WRITERS: u64 = 100;

/// As a daemon does.
const RECEIPT_ROWS: u64 = 64;

/// One round.
struct Round {
    stored: Cost,
    drained: Cost,
    /// Resident memory of the relay: before, once all was stored, and once all was drained.
    rss: [u64; 3],
    tally: Tally,
}

pub(super) async fn run(world: &World) -> Result<Found> {
    let mut rounds = Vec::new();
    for round in 0..world.size.rounds {
        let place = world.relay(&format!("drain-{round}"))?;
        rounds.push(once(world, &place).await?);
        place.leave()?;
    }
    let writers = writers(world);
    let count = world.size.kept / writers * writers;
    let stored: Vec<Cost> = rounds.iter().map(|round| round.stored).collect();
    let drained: Vec<Cost> = rounds.iter().map(|round| round.drained).collect();
    let rate = |costs: &[Cost]| costs.iter().map(|cost| cost.rate(count)).collect::<Vec<_>>();
    let cpu = |costs: &[Cost]| costs.iter().map(|cost| cost.cpu_us(count)).collect::<Vec<_>>();
    let mib =
        |at: usize| rounds.iter().map(move |round| round.rss[at] as f64 / 1_048_576.0).collect::<Vec<_>>();
    let grown = rounds.iter().map(|round| round.rss[2].saturating_sub(round.rss[1]) as f64 / 1_048_576.0);
    let row = |what: String, unit, goal| Row::new("drain", what, unit, goal);
    let rows = vec![
        row(format!("{count} chats stored for one off line, synced"), "1/s", Goal::AtLeast(20_000.0))
            .ours(rate(&stored))
            .cost(&stored),
        row("CPU a stored chat".to_owned(), "us", Goal::None).ours(cpu(&stored)),
        row("drained".to_owned(), "1/s", Goal::AtLeast(50_000.0)).ours(rate(&drained)).cost(&drained),
        row("CPU a drained chat".to_owned(), "us", Goal::None).ours(cpu(&drained)),
        row("memory before".to_owned(), "MiB", Goal::None).ours(mib(0)),
        row("memory with all stored".to_owned(), "MiB", Goal::None).ours(mib(1)),
        // Flat: whatever is drained passes through pages of a fixed size.
        row("memory that draining added".to_owned(), "MiB", Goal::AtMost(4.0)).ours(grown),
    ];
    let tally = rounds.iter().map(|round| round.tally).sum();
    Ok(Found { rows, tally })
}

fn writers(world: &World) -> u64 {
    WRITERS.min(world.size.friends as u64)
}

async fn once(world: &World, place: &Place) -> Result<Round> {
    let writers = writers(world);
    let each = world.size.kept / writers;
    let to = place.people[0].name.clone();
    let mut friends = Vec::new();
    for person in &place.people[1..=usize::try_from(writers)?] {
        let mut person = person.clone();
        let mut wire = login::with_token(&place.door(false), &mut person).await?;
        login::confirm(&mut wire).await?;
        friends.push((wire, person.name));
    }
    place.server.settle().await?;
    let before = place.server.rss()?;
    let used = place.server.used()?;
    let writing = friends.into_iter().map(|(wire, me)| write(wire, me, to.clone(), each));
    let mut wires = Vec::new();
    let mut tally = Tally::default();
    for (wire, acks) in tasks::all(writing).await? {
        wires.push(wire);
        tally = tally + acks.tally(each, each);
    }
    let stored = place.server.since(used)?;
    place.server.settle().await?;
    let full = place.server.rss()?;
    let used = place.server.used()?;
    let rows = drain(place, each * writers).await?;
    let drained = place.server.since(used)?;
    let after = place.server.rss()?;
    Ok(Round { stored, drained, rss: [before, full, after], tally: tally + rows })
}

/// So many chats, acknowledged in order.
async fn write(mut wire: Wire, me: String, to: String, each: u64) -> Result<(Wire, Sequence)> {
    let mut acks = Sequence::default();
    let (mut sent, mut rows) = (0, 0);
    while acks.last < each || rows < each {
        let mut out = String::new();
        while sent < each && sent < acks.last + WINDOW {
            sent += 1;
            out += &format!(
                "<msg><type>chat</type><myaccount>{me}</myaccount><friendaccount>{to}</friendaccount>\
                 <content>{sent} I shall tell you when you are back.</content><id>{me}-{sent}</id></msg>"
            );
        }
        if !out.is_empty() {
            wire.say(out.as_bytes()).await?;
        }
        wire.more().await?;
        while let Some(stanza) = wire.take() {
            match wire::word(stanza) {
                b"ack" => {
                    let id = wire::text(stanza, "<id>");
                    acks.see(id.get(me.len() + 1..).and_then(wire::leading_number).unwrap_or(0));
                }
                b"chat" => rows += 1,
                _ => wire::no_error(stanza)?,
            }
        }
    }
    Ok((wire, acks))
}

/// He logs in and takes all rows.
async fn drain(place: &Place, count: u64) -> Result<Tally> {
    let mut person = place.people[0].clone();
    let mut wire = login::with_token(&place.door(false), &mut person).await?;
    let mut rows = Sequence::after(person.has);
    let end = person.has + count;
    let mut told = rows.last;
    while rows.last < end {
        wire.more().await?;
        while let Some(stanza) = wire.take() {
            match wire::word(stanza) {
                b"chat" => rows.see(wire::number(stanza, "<seq>").unwrap_or(0)),
                _ => wire::no_error(stanza)?,
            }
        }
        if rows.last >= told + RECEIPT_ROWS {
            told = rows.last;
            wire.say(format!("<msg><type>recv</type><seq>{told}</seq></msg>").as_bytes()).await?;
        }
    }
    Ok(rows.tally(count, end))
}
