//! The window program before a user's eyes: real windows on private desktops, real daemons, a real relay, driven through
//! the accessibility bus and by real keys. `cargo test -p qiaoqiao-tests --test window -- --nocapture` tells what each sees.

#![allow(clippy::print_stdout, reason = "what everybody sees is shown to whoever asks for it")]

mod controls;
mod holiday;
mod keyboard;
mod scales;
mod seat;
mod story;
