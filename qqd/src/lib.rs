//! The per-user daemon: keeps the link to the relay, the messages, and the local API that every frontend drives.

pub mod args;
pub mod core;
mod inherited;
pub mod ipc;
pub mod log;
pub mod notify;
mod open;
mod outdated;
pub mod relay;
pub mod shell;
pub mod store;
