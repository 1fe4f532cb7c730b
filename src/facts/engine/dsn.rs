//! Where a connection of the engine goes and how it is protected, out of its URL. Users and passwords are not kept.

use crate::model::Text;

/// A connection string, without what is secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dsn {
    /// Hosts; empty means a Unix socket.
    pub hosts: Vec<Text>,
    /// The database.
    pub database: Option<Text>,
    /// `sslmode`; libpq takes `prefer` where there is none.
    pub tls: Option<Text>,
}

/// Understands both forms that libpq takes (PostgreSQL documentation 34.1.1).
pub fn read(given: &str) -> Dsn {
    let url = given
        .strip_prefix("postgresql://")
        .or_else(|| given.strip_prefix("postgres://"));
    url.map_or_else(|| pairs(given), address)
}

fn address(url: &str) -> Dsn {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    // A password may hold a slash or an `@`: hosts begin after the last `@`.
    let (_, place) = place.rsplit_once('@').unwrap_or(("", place));
    let (hosts, database) = place.split_once('/').unwrap_or((place, ""));
    let mut dsn = Dsn {
        hosts: hosts.split(',').map(host).filter(|host| !host.is_empty()).collect(),
        database: named(database),
        tls: None,
    };
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        set(&mut dsn, key, value);
    }
    dsn
}

fn pairs(given: &str) -> Dsn {
    let mut dsn = Dsn::default();
    for (key, value) in given.split_whitespace().filter_map(|pair| pair.split_once('=')) {
        set(&mut dsn, key, value.trim_matches('\''));
    }
    dsn
}

fn set(dsn: &mut Dsn, key: &str, value: &str) {
    match key {
        "sslmode" => dsn.tls = named(value),
        "dbname" => dsn.database = named(value),
        "host" | "hostaddr" => dsn.hosts = value.split(',').filter_map(named).collect(),
        _ => {}
    }
}

fn host(given: &str) -> Text {
    let bare = match given.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => given.split(':').next().unwrap_or_default(),
    };
    bare.into()
}

fn named(given: &str) -> Option<Text> {
    (!given.is_empty()).then(|| given.into())
}

#[cfg(test)]
mod tests {
    use super::{Text, read};

    #[test]
    fn hosts_database_and_protection_are_read_and_no_secret_is() {
        for (given, hosts, tls) in [
            (
                "postgresql://{{username}}:{{password}}@10.0.0.1:5432/app?sslmode=disable",
                "10.0.0.1",
                "disable",
            ),
            (
                "postgres://ada:canary@/pw@db1:1,db2:2/app?x=1&sslmode=verify-full",
                "db1,db2",
                "verify-full",
            ),
            ("postgresql://ada:canary@[::1]:5432/app", "::1", ""),
            (
                "host=db1 user=ada password=canary dbname=app sslmode='require'",
                "db1",
                "require",
            ),
            ("dbname=app password=canary", "", ""),
        ] {
            let dsn = read(given);
            let found: Vec<&str> = dsn.hosts.iter().map(Text::raw).collect();
            assert_eq!(found.join(","), hosts, "{given}");
            assert_eq!(dsn.tls.as_ref().map_or("", Text::raw), tls, "{given}");
            assert_eq!(dsn.database.as_ref().map(Text::raw), Some("app"), "{given}");
            assert!(!format!("{dsn:?}").contains("canary"), "{dsn:?}");
        }
    }
}
