//! Which schema stands at which version: files, histories, shapes, and what follows from them.

pub mod history;
pub mod shapes;
pub mod sources;
pub mod standing;
pub mod units;
