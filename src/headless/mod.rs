//! The same views without a terminal: data on stdout, narration on stderr, one exit code for each ending.

mod describe;
mod doctor;
mod exit;
mod findings;
mod json;
pub mod list;
mod listing;
pub mod markdown;
mod moments;
mod paper;
pub mod plan;
mod progress;
mod reveal;
pub mod run;
mod runs;
mod show;

pub use describe::describe;
pub use doctor::doctor;
pub use exit::Exit;
pub use findings::{Bound, findings, mute, unmute};
pub use json::print as print_json;
pub use listing::{config_path, config_show, keys, themes};
pub use moments::moments;
pub use paper::Form;
pub use reveal::reveal;
pub use runs::{audit, runs, verify};
pub use show::show;
