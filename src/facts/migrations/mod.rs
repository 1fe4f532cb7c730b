//! Which schema stands at which version: files, histories, shapes, and what follows from them.

pub mod history;
mod parts;
pub mod shapes;
pub mod sources;
mod sql;
pub mod standing;
pub mod units;
