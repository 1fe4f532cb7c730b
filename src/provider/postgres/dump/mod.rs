//! A dump as `pg_dump` writes it, poured into a session as it comes: statements, and rows by the COPY protocol.

mod lexer;
mod pieces;
#[cfg(test)]
mod tests;

use std::{io::Cursor, pin::pin};

use futures_util::SinkExt;
use tokio::io::AsyncBufRead;

use super::{Session, session::fault};
use crate::model::Fault;
use pieces::{Piece, Pieces};

/// Characters of a statement that are told where it fails.
const TOLD: usize = 100;

/// What was poured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Poured {
    /// Tables that rows were written to.
    pub tables: u64,
    /// What their rows took, in bytes.
    pub bytes: u64,
}

impl Session {
    /// Sends all of a dump into the transaction that is open. It ends none and sets no limit of time: where it would, it is
    /// refused.
    ///
    /// # Errors
    /// Where the server says no, the dump cannot be read to its end, or is none.
    pub async fn pour(&self, dump: impl AsyncBufRead + Unpin) -> Result<Poured, Fault> {
        let mut pieces = Pieces::of(dump);
        let mut poured = Poured::default();
        while let Some(piece) = pieces.next().await? {
            match piece {
                Piece::Statements(sql) => self.batch(&sql).await.map_err(|fault| told(&sql, fault))?,
                Piece::Copy(sql) => {
                    poured.tables += 1;
                    poured.bytes += self.rows(&sql, &mut pieces).await.map_err(|fault| told(&sql, fault))?;
                }
            }
        }
        Ok(poured)
    }

    /// The rows that follow a `COPY`; how many bytes of them.
    async fn rows(&self, sql: &str, pieces: &mut Pieces<impl AsyncBufRead + Unpin>) -> Result<u64, Fault> {
        let sink = self.client.copy_in(sql).await.map_err(|error| fault(&error))?;
        let mut sink = pin!(sink);
        let mut bytes = 0;
        while let Some(rows) = pieces.rows().await? {
            bytes += rows.len() as u64;
            sink.send(Cursor::new(rows)).await.map_err(|error| fault(&error))?;
        }
        sink.finish().await.map_err(|error| fault(&error))?;
        Ok(bytes)
    }
}

/// What the server said, with what it said it of.
fn told(sql: &str, fault: Fault) -> Fault {
    let words: String = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let words: String = words.chars().take(TOLD).collect();
    Fault {
        what: format!("{}, at: {words}", fault.what.raw()).into(),
        ..fault
    }
}
