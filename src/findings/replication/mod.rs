//! Trouble with primaries, standbys and slots.

mod primary;
mod slot;
mod standby;
mod unreachable;

pub use primary::{NoPrimary, TwoPrimaries};
pub use slot::SlotRetains;
pub use standby::StandbyState;
pub use unreachable::Unreachable;
