//! The operator's files: what they become, and what each mistake in them is told as.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod console;
mod desk;
mod fleet;
mod keymap;
mod onboarding;
mod policy;
mod sight;
mod theme;
