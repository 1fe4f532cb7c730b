//! The door to the secrets server, against a server on loopback that misbehaves as told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod door;
mod fake;
