//! `login`: one connection after the other over TLS: with a password, with a token, and at the reference with TLS and
//! nothing else.

use anyhow::Result;

use super::Found;
use crate::server::Cost;
use crate::table::{Goal, Row};
use crate::world::{AT_ONCE, Place, World};
use crate::{login, tasks};

/// Logins of one account: its devices are limited.
const DEVICES: usize = 16;

pub(super) async fn run(world: &World) -> Result<Found> {
    let (mut passwords, mut tokens, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..world.size.rounds {
        let place = world.raw()?;
        alone.push(raw(world, &place).await?);
        place.leave()?;
        let place = world.relay(&format!("login-{round}"))?;
        tokens.push(with_tokens(world, &place).await?);
        passwords.push(with_passwords(world, &place).await?);
        place.leave()?;
    }
    let ms = |costs: &[Cost], count: usize| -> Vec<f64> {
        costs.iter().map(|cost| cost.cpu_us(count as u64) / 1e3).collect()
    };
    let (many, few) = (world.size.token_logins, world.size.password_logins);
    let row = |what: &str, unit, goal| Row::new("login", what, unit, goal);
    let rates = passwords.iter().map(|cost| cost.rate(few as u64));
    let rows = vec![
        row("CPU a login with a token, TLS", "ms", Goal::AtMost(0.25))
            .ours(ms(&tokens, many))
            .raw(ms(&alone, many))
            .cost(&tokens),
        row("logins with a token a second, TLS", "1/s", Goal::None)
            .ours(tokens.iter().map(|cost| cost.rate(many as u64)))
            .raw(alone.iter().map(|cost| cost.rate(many as u64))),
        row("CPU a login with a password, TLS", "ms", Goal::None).ours(ms(&passwords, few)).cost(&passwords),
        row("logins with a password a second, TLS", "1/s", Goal::None).ours(rates),
    ];
    Ok(Found { rows, ..Found::default() })
}

/// TLS alone.
async fn raw(world: &World, place: &Place) -> Result<Cost> {
    let door = place.door(true);
    login::at_raw(&door, 0).await?;
    let used = place.server.used()?;
    let numbers = 0..u32::try_from(world.size.token_logins)?;
    tasks::at_most(AT_ONCE, numbers, move |number| {
        let door = door.clone();
        async move { login::at_raw(&door, number).await.map(drop) }
    })
    .await?;
    place.server.since(used)
}

/// The answer, the own profile, and the word that the new token is kept.
async fn with_tokens(world: &World, place: &Place) -> Result<Cost> {
    let door = place.door(true);
    let people = place.people.len();
    let mut logins = Vec::new();
    for number in 0..world.size.token_logins {
        // Nobody logs in twice, and the popular one not at all: that is another scenario.
        logins.push(place.people[1 + number % (people - 1)].clone());
    }
    let used = place.server.used()?;
    tasks::at_most(AT_ONCE, logins, move |mut person| {
        let door = door.clone();
        async move {
            let mut wire = login::with_token(&door, &mut person).await?;
            login::confirm(&mut wire).await
        }
    })
    .await?;
    let wall = place.server.since(used)?.wall;
    place.server.settle().await?;
    Ok(Cost { wall, ..place.server.since(used)? })
}

async fn with_passwords(world: &World, place: &Place) -> Result<Cost> {
    let door = place.door(true);
    let used = place.server.used()?;
    tasks::at_most(AT_ONCE, 0..world.size.password_logins, move |number| {
        let door = door.clone();
        async move { login::with_password(&door, 1 + number / DEVICES, number).await.map(drop) }
    })
    .await?;
    place.server.since(used)
}
