//! `idle`: the memory of connections that do nothing; at the relay they are logged in.

use anyhow::Result;

use super::Found;
use crate::table::{Goal, Row};
use crate::wire::Wire;
use crate::world::{Place, World};
use crate::{login, tasks};

/// How many come at once: a storm's memory is not an idle connection's.
const AT_ONCE: usize = 4;

pub(super) async fn run(world: &World) -> Result<Found> {
    let mut rows = Vec::new();
    for (tls, transport, goal) in [(false, "plain", 4.0), (true, "TLS", 10.0)] {
        let (mut ours, mut reference, mut bases) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..world.size.rounds {
            let place = world.raw()?;
            reference.push(raw(world, &place, tls).await?);
            place.leave()?;
            let place = world.relay(&format!("idle-{tls}-{round}"))?;
            let (base, each) = relay(world, &place, tls).await?;
            place.leave()?;
            bases.push(base);
            ours.push(each);
        }
        let connections = world.size.idle;
        let what = format!("memory an idle connection of {connections}, {transport}");
        rows.push(Row::new("idle", what, "KiB", Goal::AtMost(goal)).ours(ours).raw(reference));
        rows.push(Row::new("idle", "memory without any connection", "MiB", Goal::None).ours(bases));
    }
    Ok(Found { rows, ..Found::default() })
}

/// KiB for each.
async fn raw(world: &World, place: &Place, tls: bool) -> Result<f64> {
    let door = place.door(tls);
    drop(login::at_raw(&door, 0).await?);
    place.server.settle().await?;
    let base = place.server.rss()?;
    let numbers = 0..u32::try_from(world.size.idle)?;
    let _open: Vec<Wire> = tasks::at_most(AT_ONCE, numbers, move |number| {
        let door = door.clone();
        async move { login::at_raw(&door, number).await }
    })
    .await?;
    each(world, place, base).await
}

/// MiB of the base, and KiB for each. Somebody has been in before the base is taken, so that the first login's one-time
/// costs are not counted; the pages of the database that the others' logins bring into its cache are.
async fn relay(world: &World, place: &Place, tls: bool) -> Result<(f64, f64)> {
    let door = place.door(tls);
    let come = move |mut person: login::Person| {
        let door = door.clone();
        async move {
            let mut wire = login::with_token(&door, &mut person).await?;
            login::confirm(&mut wire).await?;
            Ok(wire)
        }
    };
    drop(tasks::at_most(1, place.people[..1].to_vec(), come.clone()).await?);
    place.server.settle().await?;
    let base = place.server.rss()?;
    let people = place.people[1..=world.size.idle].to_vec();
    let _open: Vec<Wire> = tasks::at_most(AT_ONCE, people, come).await?;
    Ok((base as f64 / 1_048_576.0, each(world, place, base).await?))
}

async fn each(world: &World, place: &Place, base: u64) -> Result<f64> {
    place.server.settle().await?;
    let grown = place.server.rss()?.saturating_sub(base);
    Ok(grown as f64 / 1_024.0 / world.size.idle as f64)
}
