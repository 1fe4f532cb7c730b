//! What the name of a file says: which version, which way. Names are read as Flyway, refinery, sqlx and golang-migrate
//! read them.
//!
//! - `V1__name.sql`, `V1.2__name.sql`, `V1_2__name.sql`, `U1__name.sql` for the way back: Flyway, where an underscore
//!   between digits is a dot, and refinery. Both insist on capitals and on `.sql` in small letters.
//! - `20260104093000_name.sql`, `0001_name.sql`, `….up.sql` and `….down.sql`: sqlx and golang-migrate. The version ends
//!   at the first underscore, so `1_2_x.sql` is version 1.
//! - `00.00.00_01_name.sql`: as before, but where dots stand in the version, digits between underscores belong to it.
//! - `000001.sql`: a number and nothing else.

use crate::model::Version;

/// Which way a file leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Forth,
    Back,
}

/// What a name says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub version: Version,
    pub title: String,
    pub way: Way,
}

/// What the name of a file says, or why it is the name of no migration. Nothing where the file is none of SQL.
pub(super) fn told(file: &str) -> Option<Result<Name, String>> {
    let at = file.len().checked_sub(4)?;
    let ending = file.get(at..).filter(|ending| ending.eq_ignore_ascii_case(".sql"))?;
    if ending != ".sql" {
        return Some(Err(format!(
            "its ending is {ending}, and Flyway, refinery and sqlx take .sql only"
        )));
    }
    let stem = &file[..at];
    Some(match stem.as_bytes().first() {
        Some(b'0'..=b'9') => numbered(stem),
        Some(b'V') => lettered(&stem[1..], Way::Forth),
        Some(b'U') => lettered(&stem[1..], Way::Back),
        Some(b'v' | b'u') if stem[1..].starts_with(|c: char| c.is_ascii_digit()) => {
            Err("it begins with a small letter, and Flyway and refinery take V and U only".to_owned())
        }
        Some(b'R') if stem.starts_with("R__") => {
            Err("a repeatable migration of Flyway, which has no version: not supported".to_owned())
        }
        _ => Err("its name does not begin with a version".to_owned()),
    })
}

/// `1__name`, behind the letter.
fn lettered(rest: &str, way: Way) -> Result<Name, String> {
    let (version, name) = rest
        .split_once("__")
        .ok_or("two underscores must stand between the version and the name")?;
    if name.is_empty() {
        return Err("nothing stands behind the version".to_owned());
    }
    Ok(Name {
        version: dotted(version)?,
        title: name.to_owned(),
        way,
    })
}

/// `0001_name`, `0001_name.up`, `0001_name.down`, `00.00.00_01_name`, `0001`.
fn numbered(stem: &str) -> Result<Name, String> {
    let (stem, way) = match (stem.strip_suffix(".up"), stem.strip_suffix(".down")) {
        (Some(stem), _) => (stem, Way::Forth),
        (_, Some(stem)) => (stem, Way::Back),
        _ => (stem, Way::Forth),
    };
    let end = stem.find('_').unwrap_or(stem.len());
    let end = if stem[..end].contains('.') { longest(stem) } else { end };
    let name = stem[end..].trim_start_matches('_');
    Ok(Name {
        version: dotted(&stem[..end])?,
        title: if name.is_empty() { stem } else { name }.to_owned(),
        way,
    })
}

/// Where the last part of digits ends, counted from the front.
fn longest(stem: &str) -> usize {
    let mut end = 0;
    for part in stem.split_inclusive('_') {
        let digits = part.trim_end_matches('_');
        if digits.is_empty() || digits.contains(|c: char| c != '.' && !c.is_ascii_digit()) {
            break;
        }
        end += part.len();
    }
    stem[..end].trim_end_matches('_').len()
}

fn dotted(version: &str) -> Result<Version, String> {
    let plain = version.replace('_', ".");
    if plain.contains(|c: char| c != '.' && !c.is_ascii_digit()) {
        return Err(format!("{version:?} is no version"));
    }
    plain.parse()
}

#[cfg(test)]
mod tests {
    use super::{Name, Way, told};

    fn named(file: &str) -> (String, String, Way) {
        let Name { version, title, way } = told(file).expect("of SQL").expect("a migration");
        (version.to_string(), title, way)
    }

    fn refused(file: &str) -> String {
        told(file).expect("of SQL").expect_err("no migration")
    }

    fn is(version: &str, name: &str, way: Way) -> (String, String, Way) {
        (version.to_owned(), name.to_owned(), way)
    }

    #[test]
    fn letters_as_flyway_and_refinery_take_them() {
        assert_eq!(named("V1__orders.sql"), is("1", "orders", Way::Forth));
        assert_eq!(named("V1.2__a__b.sql"), is("1.2", "a__b", Way::Forth));
        assert_eq!(named("V1_2_10__orders.sql"), is("1.2.10", "orders", Way::Forth));
        assert_eq!(named("V001__2_fa.sql"), is("1", "2_fa", Way::Forth));
        assert_eq!(named("U1__orders.sql"), is("1", "orders", Way::Back));
    }

    #[test]
    fn numbers_as_sqlx_and_golang_migrate_take_them() {
        assert_eq!(
            named("20260104093000_orders.sql"),
            is("20260104093000", "orders", Way::Forth)
        );
        assert_eq!(named("0001_2_fa.sql"), is("1", "2_fa", Way::Forth));
        assert_eq!(named("1__orders.sql"), is("1", "orders", Way::Forth));
        assert_eq!(named("0001_orders.up.sql"), is("1", "orders", Way::Forth));
        assert_eq!(named("0001_orders.down.sql"), is("1", "orders", Way::Back));
        assert_eq!(named("000007.sql"), is("7", "000007", Way::Forth));
    }

    #[test]
    fn numbers_with_dots_go_on_behind_an_underscore() {
        assert_eq!(named("00.00.00_01_initial.sql"), is("0.0.0.1", "initial", Way::Forth));
        assert_eq!(named("1.2_x_3.sql"), is("1.2", "x_3", Way::Forth));
        assert_eq!(named("1.2_3.sql"), is("1.2.3", "1.2_3", Way::Forth));
    }

    #[test]
    fn other_names_are_told_why() {
        assert_eq!(told("README.md"), None);
        assert_eq!(told("sql"), None);
        assert_eq!(told("é.s"), None);
        assert!(refused("V1__orders.SQL").contains(".sql only"));
        assert!(refused("v1__orders.sql").contains("small letter"));
        assert!(refused("R__views.sql").contains("repeatable"));
        assert!(refused("V1_orders.sql").contains("two underscores"));
        assert!(refused("V1__.sql").contains("nothing"));
        assert!(refused("V1.x__orders.sql").contains("no version"));
        assert!(refused("V__orders.sql").contains("no version"));
        assert!(refused("views.sql").contains("does not begin"));
        assert!(refused(".sql").contains("does not begin"));
        assert!(refused("1-orders.sql").contains("no version"));
        assert!(refused("99999999999999999999_orders.sql").contains("no version"));
    }
}
