//! The text of one session's statement as it is, for somebody who asked for it. It is asked for anew and never kept.

use serde::Deserialize;

use super::Masked;
use crate::{
    model::{Fault, FaultKind, Target, Text},
    provider::{Doors, postgres::Param},
};

const SQL: &str = "\
select json_build_object('query', (select left(a.query, 2048) from pg_stat_activity a where a.pid = $1::bigint))";

/// A query text with its literals. Has neither `Debug` nor `Serialize`, so that it is neither logged nor recorded.
pub struct Revealed(Text);

impl Revealed {
    /// What may be shown to whoever asked for it, and to nobody else.
    pub fn text(&self) -> &Text {
        &self.0
    }
}

#[derive(Deserialize)]
struct Answer {
    query: Option<Text>,
}

/// Asks for the statement of a session (`instance/server/pid`) that the operator has before him as `seen`.
///
/// Fails where the session is gone or has gone on to another statement: nobody asked for that one.
pub async fn reveal(doors: &Doors, session: &Target, seen: &Masked) -> Result<Revealed, Fault> {
    let server = Target::server(session.part(0), session.part(1));
    let pid = session.part(2).parse();
    let pid = pid.map_err(|_| Fault::new(FaultKind::Malformed, format!("{session}: no process id")))?;
    let answer = doors
        .servers
        .json::<Answer>(&server, None, SQL, &[Param::Int(pid)])
        .await?
        .value;
    let gone = || {
        Fault::new(
            FaultKind::Refused,
            format!("{session} has gone on: its statement is another one now"),
        )
    };
    let same = answer.query.filter(|query| Masked::new(query.raw()) == *seen);
    same.map(Revealed).ok_or_else(gone)
}
