//! How much is done: enough for numbers that hold, or just enough to see that everything works.

use std::time::Duration;

use serde::Serialize;

/// The numbers of a run.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Size {
    /// Interleaved rounds of each scenario.
    pub rounds: usize,
    /// Accounts.
    pub people: usize,
    /// Friends of the first account.
    pub friends: usize,
    /// Clients that chat with one another.
    pub chatters: usize,
    /// Chats of each with window 1, and with window 16.
    pub chats: [u64; 2],
    /// Pairs between which ephemeral stanzas travel.
    pub pairs: usize,
    /// For how long.
    pub forward: Duration,
    /// Messages of an open loop, and how many a second.
    pub paced: u64,
    /// Ephemeral stanzas a second.
    pub pace_forward: u64,
    /// Chats a second.
    pub pace_chat: u64,
    /// Logins with a password, a round.
    pub password_logins: usize,
    /// Logins with a token, a round.
    pub token_logins: usize,
    /// Connections that drop and come back.
    pub storm: usize,
    /// Chats that are kept for somebody who is off line.
    pub kept: u64,
    /// Connections that do nothing.
    pub idle: usize,
}

impl Size {
    /// For numbers.
    pub fn full(rounds: usize) -> Self {
        Self {
            rounds,
            people: 1_002,
            friends: 500,
            chatters: 200,
            chats: [75, 200],
            pairs: 4,
            forward: Duration::from_millis(800),
            paced: 4_000,
            pace_forward: 1_000,
            pace_chat: 2_000,
            password_logins: 48,
            token_logins: 400,
            storm: 1_000,
            kept: 20_000,
            idle: 1_000,
        }
    }

    /// For a test: every scenario runs, and nothing is timed.
    pub fn quick() -> Self {
        Self {
            rounds: 1,
            people: 12,
            friends: 8,
            chatters: 8,
            chats: [4, 20],
            pairs: 2,
            forward: Duration::from_millis(20),
            paced: 100,
            pace_forward: 1_000,
            pace_chat: 1_000,
            password_logins: 2,
            token_logins: 4,
            storm: 8,
            kept: 100,
            idle: 8,
        }
    }
}
