//! The scenarios, one file each. Every one gives rows for the table and says what became of its messages.

mod chat;
mod drain;
mod forward;
mod idle;
mod login;
mod pace;
mod presence;
mod storm;

use anyhow::Result;
use clap::ValueEnum;

use crate::table::Row;
use crate::tally::Tally;
use crate::world::World;

pub use forward::Ephemeral;

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Ephemeral stanzas: CPU for each, window 1 and 16, plain and TLS, beside raw
    Forward,
    /// Ephemeral stanzas and chats at a fixed rate: latency against the time each was due
    Pace,
    /// Chats that are stored, synced, acknowledged and delivered: CPU, rate, time of the ack; window 1 and 16
    Chat,
    /// Logins over TLS with a password and with a token: CPU for each, beside TLS alone
    Login,
    /// A thousand TLS clients dropped, all back with their tokens: seconds
    Storm,
    /// Chats for somebody who is off line: stored, then drained, a second; memory
    Drain,
    /// Somebody with 500 friends on line logs in: CPU for each notice
    Presence,
    /// Memory for each connection that does nothing, plain and TLS
    Idle,
}

/// What a scenario found.
#[derive(Debug, Default)]
pub struct Found {
    /// For the table.
    pub rows: Vec<Row>,
    /// All messages of all rounds, the reference's too.
    pub tally: Tally,
}

impl Scenario {
    /// As it is called on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Pace => "pace",
            Self::Chat => "chat",
            Self::Login => "login",
            Self::Storm => "storm",
            Self::Drain => "drain",
            Self::Presence => "presence",
            Self::Idle => "idle",
        }
    }

    /// Runs it.
    pub async fn run(self, world: &World, ephemeral: Ephemeral) -> Result<Found> {
        match self {
            Self::Forward => forward::run(world, ephemeral).await,
            Self::Pace => pace::run(world, ephemeral).await,
            Self::Chat => chat::run(world).await,
            Self::Login => login::run(world).await,
            Self::Storm => storm::run(world).await,
            Self::Drain => drain::run(world).await,
            Self::Presence => presence::run(world).await,
            Self::Idle => idle::run(world).await,
        }
    }
}
