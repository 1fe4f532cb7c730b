//! The engine on simulated doors: every death at every moment, every refusal, every silence; then the world is whole, or
//! the run says that it cannot know.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod crash;
mod indexes;
mod journal;
mod kept;
mod migrations;
mod moves;
mod onboard;
mod plans;
mod point;
mod proved;
mod purge;
mod rules;
mod sim;
mod timeline;
mod told;
mod turns;
mod undo;
mod whole;
