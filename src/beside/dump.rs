//! A dump of what is in a copy, as SQL on our own output: what `pg_dump` of the server's own version says.

use std::os::unix::process::CommandExt;

use super::{
    backrest::command,
    place::{PORT, Place},
    record,
    trouble::refused,
};
use crate::model::{Fault, quote};

/// What is dumped.
#[derive(Clone, Debug)]
pub struct Content {
    /// The database.
    pub database: String,
    /// A schema in it; all of it where none is named.
    pub schema: Option<String>,
    /// It becomes somebody else's: nobody's rights are in it.
    pub unowned: bool,
}

/// Becomes `pg_dump`. It comes back only where that could not be started.
///
/// # Errors
/// Where there is no such copy, or its server's programs are not there.
pub fn dump(place: &Place, content: &Content) -> Result<(), Fault> {
    let copy = record::read(place)?.ok_or_else(|| refused(format!("there is no copy {}", place.id())))?;
    let server = copy.server.ok_or_else(|| {
        let what = format!(
            "copy {} is {}: nothing can be read from it",
            place.id(),
            copy.stage.word()
        );
        refused(what)
    })?;
    let program = copy.binaries.join("pg_dump");
    let mut command = command(&program);
    command
        .current_dir(place.dir())
        // The same text, whoever restores it. A subscription would begin to fetch what another one fetches.
        .args(["--no-password", "--encoding=UTF8", "--no-subscriptions"])
        .args([
            "--host",
            Place::HERE,
            "--port",
            &PORT.to_string(),
            "--username",
            server.user.raw(),
        ])
        .arg("--dbname")
        .arg(database(&content.database));
    if content.unowned {
        command.args(["--no-owner", "--no-privileges", "--no-publications"]);
    }
    if let Some(schema) = &content.schema {
        // A pattern means a name as it is where that is quoted.
        command.arg("--strict-names").arg("--schema").arg(quote::ident(schema));
    }
    let error = command.exec();
    Err(refused(format!("{}: {error}", program.display())).hint("see `binaries` in [instances.backups]"))
}

/// A database as a string of a connection, in which no name means anything.
fn database(name: &str) -> String {
    format!("dbname='{}'", name.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::database;

    #[test]
    fn the_name_of_a_database_is_no_connection_string() {
        assert_eq!(database("host=x dbname=y"), "dbname='host=x dbname=y'");
        assert_eq!(database(r"it's \"), r"dbname='it\'s \\'");
    }
}
