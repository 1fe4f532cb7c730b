//! The screen, driven by keys and read as an operator reads it: no terminal, no server, no clock.

mod bytes;
mod corpus;
mod flows;
mod frames;
mod pty;
mod sizes;
mod support;
