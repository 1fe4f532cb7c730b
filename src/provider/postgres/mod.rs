//! PostgreSQL: sessions that watch, at most two to a server, opened lazily and backed off when refused.

mod dump;
mod login;
mod operators;
mod passfile;
mod servers;
mod session;
mod sql;
mod tls;

pub use dump::Poured;
pub use login::Login;
pub use operators::Operators;
pub use servers::{Answer, Servers};
pub use session::{Manner, Param, Session};
pub use sql::for_version;
/// A type that a column can be read as.
pub use tokio_postgres::types::FromSqlOwned as Readable;
