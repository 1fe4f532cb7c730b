//! Which schema stands at which version: files, histories, shapes, and what follows from them.

pub mod difference;
pub mod history;
mod judge;
pub mod outlines;
mod parts;
pub mod shapes;
pub mod sources;
mod sql;
pub mod standing;
#[cfg(test)]
mod tests;
pub mod units;

pub use sql::alike;
