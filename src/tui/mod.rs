//! The terminal: keys in, frames out. `update` and `draw` are plain functions; only the loop waits.

pub mod input;
pub mod screen;
pub mod signals;
pub mod terminal;
