//! `storm`: a thousand TLS clients are dropped, and all come back at once, without any jitter.

use anyhow::Result;

use super::Found;
use crate::server::Cost;
use crate::table::{Goal, Row};
use crate::wire::Wire;
use crate::world::{Place, World};
use crate::{login, tasks};

/// How many come at once before the drop; then all do.
const AT_FIRST: usize = 32;

pub(super) async fn run(world: &World) -> Result<Found> {
    let (mut ours, mut reference) = (Vec::new(), Vec::new());
    for round in 0..world.size.rounds {
        let place = world.raw()?;
        reference.push(raw(world, &place).await?);
        place.leave()?;
        let place = world.relay(&format!("storm-{round}"))?;
        ours.push(relay(world, &place).await?);
        place.leave()?;
    }
    let clients = world.size.storm;
    let wall = |costs: &[Cost]| costs.iter().map(|cost| cost.wall.as_secs_f64()).collect::<Vec<_>>();
    let cpu = |costs: &[Cost]| costs.iter().map(|cost| cost.cpu_us(clients as u64) / 1e3).collect::<Vec<_>>();
    let rows = vec![
        Row::new(
            "storm",
            format!("{clients} TLS clients dropped, all back with tokens"),
            "s",
            Goal::AtMost(0.5),
        )
        .ours(wall(&ours))
        .raw(wall(&reference))
        .cost(&ours),
        Row::new("storm", "CPU a client", "ms", Goal::None).ours(cpu(&ours)).raw(cpu(&reference)),
    ];
    Ok(Found { rows, ..Found::default() })
}

async fn raw(world: &World, place: &Place) -> Result<Cost> {
    let numbers = u32::try_from(world.size.storm)?;
    let come = |most: usize| {
        let door = place.door(true);
        tasks::at_most(most, 0..numbers, move |number| {
            let door = door.clone();
            async move { login::at_raw(&door, number).await }
        })
    };
    drop(come(AT_FIRST).await?);
    let used = place.server.used()?;
    let _back = come(world.size.storm).await?;
    place.server.since(used)
}

async fn relay(world: &World, place: &Place) -> Result<Cost> {
    // The popular one has a scenario of its own.
    let mut people = place.people[1..=world.size.storm].to_vec();
    let come = |people: Vec<login::Person>, most: usize| {
        let door = place.door(true);
        tasks::at_most(most, people, move |mut person| {
            let door = door.clone();
            async move {
                let mut wire = login::with_token(&door, &mut person).await?;
                login::confirm(&mut wire).await?;
                Ok((wire, person))
            }
        })
    };
    let (wires, with_new_tokens): (Vec<Wire>, _) = come(people, AT_FIRST).await?.into_iter().unzip();
    people = with_new_tokens;
    place.server.settle().await?;
    drop(wires);
    let used = place.server.used()?;
    let _back = come(people, world.size.storm).await?;
    place.server.since(used)
}
