//! Row-level security on a real server: every planted fault is named by its rule, and nothing else is.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod live;
mod server;
