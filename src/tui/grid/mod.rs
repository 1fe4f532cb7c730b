//! Where the columns of a table stand, and how words are cut or broken to fit. Pure functions of sizes.

mod cut;
mod fit;
mod wrap;

pub use cut::{cut, width};
pub use fit::{Room, Slot, fit};
pub use wrap::wrap;
