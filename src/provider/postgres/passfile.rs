//! Credentials from the files that libpq reads (PostgreSQL documentation 34.16 and 34.17).

use std::path::PathBuf;

use ini::Ini;
use secrecy::{ExposeSecret, SecretString};

use super::Login;
use crate::{
    config::Direct,
    model::{Fault, FaultKind, Server},
    provider::secret_file::private,
};

/// The login that `direct` stands for on this server.
pub fn login(direct: &Direct, server: &Server, database: &str) -> Result<Login, Fault> {
    match direct {
        Direct::Passfile { user, passfile } => {
            let path = passfile.clone().map_or_else(|| home(".pgpass"), Ok)?;
            let text = private(&path)?;
            let password = password(text.expose_secret(), server, database, user).ok_or_else(|| {
                refused(format!(
                    "{}: no line for {}:{}:{database}:{user}",
                    path.display(),
                    server.host,
                    server.port
                ))
            })?;
            Ok(Login {
                user: user.clone(),
                password: SecretString::from(password),
            })
        }
        Direct::Service { service, file } => {
            let path = file.clone().map_or_else(|| home(".pg_service.conf"), Ok)?;
            let text = private(&path)?;
            let parsed = Ini::load_from_str_noescape(text.expose_secret())
                .map_err(|e| refused(format!("{}: {e}", path.display())))?;
            let value = |key| {
                let section = parsed.section(Some(service.as_str()));
                let found = section.and_then(|section| section.get(key));
                found.ok_or_else(|| refused(format!("{}: [{service}] has no {key}", path.display())))
            };
            Ok(Login {
                user: value("user")?.to_owned(),
                password: SecretString::from(value("password")?.to_owned()),
            })
        }
    }
}

fn home(name: &str) -> Result<PathBuf, Fault> {
    let dirs = directories::BaseDirs::new().ok_or_else(|| refused("no home directory".into()))?;
    Ok(dirs.home_dir().join(name))
}

fn refused(what: String) -> Fault {
    Fault::new(FaultKind::Credential, what)
}

/// The password of the first line `host:port:database:user:password` that fits; `*` fits everything.
fn password(text: &str, server: &Server, database: &str, user: &str) -> Option<String> {
    let port = server.port.to_string();
    let host = if server.host.starts_with('/') {
        "localhost"
    } else {
        server.host.as_str()
    };
    let wanted = [host, &port, database, user];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = fields(line);
        let (given, password) = fields.split_at_checked(4)?;
        let fits = given
            .iter()
            .zip(wanted)
            .all(|(given, wanted)| given == "*" || given == wanted);
        fits.then(|| password.first().cloned()).flatten()
    })
}

/// Splits at colons; `\:` and `\\` stand for themselves.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, fields.last_mut()) {
            ('\\', Some(last)) => last.extend(chars.next()),
            (':', _) => fields.push(String::new()),
            (c, Some(last)) => last.push(c),
            (_, None) => {}
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::password;
    use crate::model::{Server, TlsMode};

    #[test]
    fn the_first_line_that_fits_gives_the_password() {
        let server = Server {
            name: "a".into(),
            host: "db1".into(),
            port: 5432,
            zone: None,
            tls: TlsMode::Disable,
            ca: None,
        };
        let text = "# comment\nother:*:*:ada:no\ndb1:5432:*:ada:a\\:b\\\\c\n*:*:*:*:last\n";
        assert_eq!(password(text, &server, "postgres", "ada").as_deref(), Some("a:b\\c"));
        assert_eq!(password(text, &server, "postgres", "bob").as_deref(), Some("last"));
        assert_eq!(password("db1:5432:*:ada", &server, "postgres", "ada"), None);
    }
}
