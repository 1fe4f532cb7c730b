//! Copies beside an instance: this program on the host of the backups, as the user of the database, told what to do by the
//! same program elsewhere; and what only reads their repository. Nothing else in the house starts a server of a copy, and
//! nothing here reaches a live one.

mod back_up;
mod backrest;
mod commits;
mod connect;
mod drop;
mod dump;
mod gap;
mod holders;
mod list;
mod make;
mod place;
mod record;
mod replay;
mod retention;
mod scan;
mod segment;
mod server;
mod trouble;
mod verify;

pub use back_up::{back_up, backed_up};
pub use backrest::Repository;
pub use commits::{Span, commits};
pub use connect::connect;
pub use drop::drop;
pub use dump::{Content, dump};
pub use list::{gone, list, stands};
pub use make::{Order, make};
pub use place::Place;
pub use retention::retention;
pub use scan::scan;
pub use verify::verify;
