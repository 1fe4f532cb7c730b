//! The screen, driven by keys and read as an operator reads it: no terminal, no server, no clock.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod acting;
mod backups;
mod bytes;
mod choosing;
mod corpus;
mod desk;
#[path = "../support/evidence.rs"]
mod evidence;
mod flows;
mod frames;
mod newcomer;
mod offers;
mod placement;
mod progress;
mod pty;
#[path = "../support/recording.rs"]
mod recording;
mod runs;
mod sizes;
mod support;
#[path = "../support/terminal.rs"]
mod terminal;
mod views;
mod write;
