//! What a fact is, the immutable snapshot that holds the last of each, and the poller that asks for them.
//!
//! This room knows no particular fact: `facts` lists them, and whoever wires the program hands the list over.

mod fact;
mod poller;
mod snapshot;
mod trend;

pub use fact::{Derived, Fact, Pace, Probe, Sealed};
pub use poller::{Interest, Questions, poll_once, serve};
pub use snapshot::{Known, Seen, Snapshot};
pub use trend::Sample;
