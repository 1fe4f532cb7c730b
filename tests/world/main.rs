//! What is derived from facts: replication states, findings, views. Worlds are made by hand; nothing is asked.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod health;
mod patient;
mod poller;
mod replication;
mod scene;
mod sessions;
