//! The operator's files: what they become, and what each mistake in them is told as.

mod desk;
mod fleet;
