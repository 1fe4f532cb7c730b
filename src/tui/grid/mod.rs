//! Where the columns of a table stand, and how words are cut to them. Pure functions of sizes.

mod cut;
mod fit;

pub use cut::{cut, width};
pub use fit::{Room, Slot, fit};
