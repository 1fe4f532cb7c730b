//! The house, room by room. A room may use only the rooms above it; `tests/architecture.rs` holds it to that.
//!
//! | room | what lives there |
//! |---|---|
//! | [`model`] | nouns and units: fleet, targets, text from outside, LSNs, bytes, severities, typed tables |
//! | [`config`] | the files an operator may write: fleet, themes, keymaps; the policy of the house; every value knows where it came from |
//! | [`beside`] | copies of an instance at a moment of its past, made on the host of its backups |
//! | [`provider`] | the doors to PostgreSQL and Vault; drivers are named only here |
//! | [`store`] | what a fact is, the immutable snapshot of the fleet, and the poller that fills it |
//! | [`facts`] | one file per observation: its type, its question, how often it is asked |
//! | [`findings`] | one file per kind of trouble: pure checks of a snapshot |
//! | [`ops`] | what changes the world: plans, confirmation, runs and their journals; one file an operation |
//! | [`views`] | one file per view: pure projections of a snapshot to a typed table |
//! | [`tui`] | the terminal: keys in, frames out |
//! | [`headless`] | the same views for pipes: `--json`, exit codes, `doctor` |
//! | [`lab`] | a real fleet on loopback, to try, to train and to test with |
//!
//! Reading is one river: a provider answers a probe in `facts`, the `store` keeps the answer with its age, `findings`
//! judge the snapshot, `views` lay it out, and `tui` or `headless` show it. Nothing flows back up.
//!
//! Acting is the other: `ops` makes a plan from the snapshot that the operator looks at, takes a confirmation, and carries
//! it out, writing its journal a line ahead of the world. The two meet in `ops::plan` and nowhere else.

pub mod beside;
pub mod config;
pub mod facts;
pub mod findings;
pub mod headless;
pub mod lab;
pub mod model;
pub mod ops;
pub mod provider;
pub mod store;
pub mod tui;
pub mod views;
