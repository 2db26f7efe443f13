//! The windows of `qq-slint`: what `ui/*.slint` describes, as Rust types. A crate of its own, so that a change of the
//! program does not compile the windows again.
#![allow(
    missing_docs,
    missing_debug_implementations,
    clippy::all,
    clippy::pedantic,
    reason = "all of it is what Slint generates"
)]

slint::include_modules!();
