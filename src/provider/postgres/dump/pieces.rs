//! The pieces of a dump, as they come: no more of it is held than one statement, or some rows.

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

use super::lexer::{Within, after};
use crate::model::{Fault, FaultKind};

/// So many bytes of rows are sent at once.
const ROWS: usize = 64 << 10;
/// What a dump sets for itself and must not set here: how long it may take is what the plan says.
const LIMITS: [&[u8]; 4] = [
    b"SET statement_timeout = ",
    b"SET lock_timeout = ",
    b"SET idle_in_transaction_session_timeout = ",
    b"SET transaction_timeout = ",
];
/// What psql is told, and nobody else needs: that it obeys no commands of its own until the end.
const FOR_PSQL: [&[u8]; 2] = [b"\\restrict ", b"\\unrestrict "];

/// A piece.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Whole statements.
    Statements(String),
    /// A `COPY` whose rows follow.
    Copy(String),
}

/// Reads them.
pub(super) struct Pieces<R> {
    from: R,
    line: Vec<u8>,
    within: Within,
    sql: Vec<u8>,
    /// A `COPY` that was met, and waits for what stands before it.
    copy: Option<String>,
    /// Rows are to come.
    rows: bool,
}

impl<R: AsyncBufRead + Unpin> Pieces<R> {
    pub(super) fn of(from: R) -> Self {
        Self {
            from,
            line: Vec::new(),
            within: Within::Nothing,
            sql: Vec::new(),
            copy: None,
            rows: false,
        }
    }

    /// The next piece; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Piece>, Fault> {
        if self.copy.is_none()
            && self.read_statements().await?
            && let Some(sql) = self.statements()?
        {
            return Ok(Some(Piece::Statements(sql)));
        }
        self.rows = self.copy.is_some();
        Ok(self.copy.take().map(Piece::Copy))
    }

    /// The next rows; none behind the last.
    pub(super) async fn rows(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        let mut rows = Vec::new();
        while self.rows && rows.len() < ROWS {
            if !self.read().await? {
                return Err(broken("it ends in the middle of a table"));
            }
            if self.line.trim_ascii_end() == b"\\." {
                self.rows = false;
            } else {
                rows.extend_from_slice(&self.line);
            }
        }
        Ok(Some(rows).filter(|rows| !rows.is_empty()))
    }

    /// Reads up to where statements can be sent: before a comment of the dump's own, before rows, or at the end.
    async fn read_statements(&mut self) -> Result<bool, Fault> {
        while self.read().await? {
            if self.within == Within::Nothing && !self.is_sql()? {
                if self.copy.is_some() || self.sql.trim_ascii_end().ends_with(b";") {
                    return Ok(true);
                }
                continue;
            }
            self.within = after(&self.line, std::mem::take(&mut self.within));
            self.sql.extend_from_slice(&self.line);
        }
        match self.within {
            Within::Nothing => Ok(true),
            _ => Err(broken("it ends in the middle of a statement")),
        }
    }

    async fn read(&mut self) -> Result<bool, Fault> {
        self.line.clear();
        let read = self.from.read_until(b'\n', &mut self.line).await;
        let read = read.map_err(|error| broken(&error.to_string()))?;
        Ok(read > 0)
    }

    /// Whether a line that begins between two words is to be sent as it is.
    fn is_sql(&mut self) -> Result<bool, Fault> {
        let line = self.line.trim_ascii_end();
        match line {
            b"BEGIN;" | b"COMMIT;" => Err(broken("it has large objects, and ends transactions for them")),
            line if FOR_PSQL.iter().any(|word| line.starts_with(word)) => Ok(false),
            [b'\\', ..] => Err(broken(&format!(
                "{} is a command for psql",
                String::from_utf8_lossy(line)
            ))),
            line if line.starts_with(b"--") || LIMITS.iter().any(|word| line.starts_with(word)) => Ok(false),
            line if line.starts_with(b"COPY ") && line.ends_with(b" FROM stdin;") => {
                self.copy = Some(String::from_utf8(line.to_vec()).map_err(|_| broken("it is no UTF-8"))?);
                Ok(false)
            }
            _ => Ok(true),
        }
    }

    fn statements(&mut self) -> Result<Option<String>, Fault> {
        let sql = String::from_utf8(std::mem::take(&mut self.sql)).map_err(|_| broken("it is no UTF-8"))?;
        Ok(Some(sql).filter(|sql| !sql.trim().is_empty()))
    }
}

fn broken(why: &str) -> Fault {
    Fault::new(FaultKind::Malformed, format!("the dump cannot be used: {why}"))
}
