//! The relay: the one program an administrator starts. Accounts, friends and messages, over TLS, in SQLite.

pub mod admin;
pub mod cli;
pub mod config;
pub mod core;
pub mod data_dir;
pub mod log;
pub mod memory;
pub mod net;
pub mod password;
pub mod secrecy;
pub mod shell;
pub mod store;
