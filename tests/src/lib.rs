//! Real relay, real daemons, real command line: what the tests of the whole product share.
//!
//! The programs are those that `cargo build --workspace --bins` made (`make test` does that first); each test gives them
//! directories of their own and free ports on loopback, and ends what it started.

pub mod desktop;
pub mod dialogue;
pub mod dunst;
pub mod person;
pub mod program;
pub mod raw;
pub mod relay;
pub mod terminal;
pub mod wait;
