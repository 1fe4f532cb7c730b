//! The statement of one session as it is, for an operator who asks for it by name. Nothing keeps it.

use std::io::{self, Write};

use super::Exit;
use crate::{
    facts::sessions::{self, Sessions},
    model::{Kind, Target},
    provider::Doors,
    store::Snapshot,
};

/// Writes the statement of the session at this path (`instance/server/pid`), literals and all.
///
/// # Errors
/// Where the other end is gone.
pub async fn reveal(
    name: &str,
    doors: &Doors,
    world: &Snapshot,
    out: &mut dyn Write,
    told: &mut dyn Write,
) -> io::Result<Exit> {
    let target = Target::new(Kind::Session, name.split('/'));
    let server = Target::server(target.part(0), target.part(1));
    let seen = world.get::<Sessions>(&server);
    let pid = target.part(2).parse().ok();
    let session = seen.and_then(|seen| seen.value.find(pid?));
    let Some(query) = session.and_then(|session| session.query.as_ref()) else {
        writeln!(
            told,
            "no statement of {target} was seen; its path is the one in `target` of `show sessions --json`"
        )?;
        return Ok(Exit::Failed);
    };
    match sessions::reveal(doors, &target, query).await {
        Ok(revealed) => {
            writeln!(out, "{}", revealed.text())?;
            Ok(Exit::Done)
        }
        Err(fault) => {
            writeln!(told, "{fault}")?;
            Ok(Exit::Failed)
        }
    }
}
