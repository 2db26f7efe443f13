//! `presence`: somebody with many friends on line logs in. Each of them is told, and he is told of each.

use anyhow::Result;

use super::Found;
use crate::server::Cost;
use crate::table::{Goal, Row};
use crate::tally::Tally;
use crate::wire::{self, Wire};
use crate::world::{Place, World};
use crate::{login, tasks};

/// Friends that come at once.
const AT_ONCE: usize = 32;

pub(super) async fn run(world: &World) -> Result<Found> {
    let (mut costs, mut tally) = (Vec::new(), Tally::default());
    for round in 0..world.size.rounds {
        let place = world.relay(&format!("presence-{round}"))?;
        let (cost, notices) = once(world, &place).await?;
        place.leave()?;
        costs.push(cost);
        tally = tally + notices;
    }
    // He hears as many as he causes.
    let friends = world.size.friends as u64;
    let what = format!("CPU a notice, {friends} friends on line hear and are heard of (login included)");
    let each = Row::new("presence", what, "us", Goal::AtMost(4.0));
    let all = Row::new("presence", "CPU of the whole login", "ms", Goal::None);
    let rows = vec![
        each.ours(costs.iter().map(|cost| cost.cpu_us(2 * friends))).cost(&costs),
        all.ours(costs.iter().map(|cost| cost.cpu_us(1_000))),
    ];
    Ok(Found { rows, tally })
}

async fn once(world: &World, place: &Place) -> Result<(Cost, Tally)> {
    let door = place.door(false);
    let friends = place.people[1..=world.size.friends].to_vec();
    let come = {
        let door = door.clone();
        move |mut person: login::Person| {
            let door = door.clone();
            async move {
                let mut wire = login::with_token(&door, &mut person).await?;
                login::confirm(&mut wire).await?;
                Ok(wire)
            }
        }
    };
    let friends: Vec<Wire> = tasks::at_most(AT_ONCE, friends, come).await?;
    place.server.settle().await?;
    let mut popular = place.people[0].clone();
    let name = popular.name.clone();
    let used = place.server.used()?;
    let mut wire = login::with_token(&door, &mut popular).await?;
    let mut heard = 0;
    let count = world.size.friends as u64;
    let listening = friends.into_iter().map(|mut friend| {
        let name = name.clone();
        async move {
            let told = |stanza: &[u8]| {
                wire::word(stanza) == b"line"
                    && wire::text(stanza, "<friendaccount>") == name.as_bytes()
                    && wire::text(stanza, "<state>") == b"1"
            };
            friend.until(told).await?;
            Ok(friend)
        }
    });
    wire.until(|stanza| {
        heard += u64::from(wire::word(stanza) == b"line");
        heard == count
    })
    .await?;
    let mut friends = tasks::all(listening).await?;
    place.server.settle().await?;
    let cost = place.server.since(used)?;
    let again = friends.iter_mut().map(doubled).sum::<u64>();
    Ok((cost, Tally { expected: 2 * count, doubled: again, ..Tally::default() }))
}

/// Notices behind the one that was waited for.
fn doubled(friend: &mut Wire) -> u64 {
    let mut again = 0;
    while let Some(stanza) = friend.take() {
        again += u64::from(wire::word(stanza) == b"line");
    }
    again
}
