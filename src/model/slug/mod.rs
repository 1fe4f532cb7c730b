//! What a new tenant may be called: the short name that everything of it is named by, and the name people use.

mod alike;
mod called;

use std::fmt::Write;

pub use self::{
    alike::{alike, skeleton},
    called::name,
};
use super::Text;

/// The most bytes of a short name. PostgreSQL cuts what is longer than 63 (`NAMEDATALEN - 1`) without an error, and two names
/// that were cut may be the same one: a role `t_SLUG_owner` has 48 at most.
pub const LONGEST: usize = 40;

/// Names that mislead whoever reads them, because they are taken for something of the server's, of the fleet's, or for
/// nobody or everybody. In the order of the alphabet.
///
/// Words of SQL are not among them, but for these: identifiers are always quoted.
const RESERVED: [&str; 57] = [
    "admin",
    "administrator",
    "all",
    "any",
    "anybody",
    "anyone",
    "backup",
    "backups",
    "console",
    "copy",
    "database",
    "default",
    "dev",
    "development",
    "every",
    "everybody",
    "everyone",
    "false",
    "fleet",
    "global",
    "guest",
    "information_schema",
    "instance",
    "lab",
    "live",
    "main",
    "nobody",
    "none",
    "null",
    "operator",
    "owner",
    "postgres",
    "primary",
    "prod",
    "production",
    "public",
    "replica",
    "root",
    "schema",
    "shared",
    "stage",
    "staging",
    "standby",
    "superuser",
    "system",
    "template",
    "template0",
    "template1",
    "tenant",
    "tenantry",
    "tenants",
    "test",
    "true",
    "undefined",
    "unknown",
    "user",
    "vault",
];

/// What the server keeps for its own roles and schemas.
const SERVERS_OWN: &str = "pg_";

/// Whether a new tenant may have this short name: lower-case letters of ASCII, digits and single `_`, beginning with a
/// letter, not ending with `_`, at most [`LONGEST`] bytes, and not a name that misleads.
///
/// # Errors
/// What is wrong with it, and what would be right where that is known.
pub fn slug(text: &str) -> Result<(), String> {
    let Some(mut what) = fault(text) else { return Ok(()) };
    if let Some(right) = propose(text) {
        _ = write!(what, "; {right:?} would be right");
    }
    Err(what)
}

/// A short name made of the one that people use: `cafe_neu_sohne` of `Café Neu & Söhne`. None where nothing of it can be
/// written in ASCII, and where what is left is a name that misleads: which other one is meant, nobody knows.
pub fn propose(name: &str) -> Option<String> {
    let seen: String = name.chars().filter(|c| !called::unseen(*c)).collect();
    // What belongs to a word in other scripts too: `O'Neill`, `Кубань`.
    let plain = deunicode::deunicode_with_tofu(&seen, " ").replace(['\'', '`'], "");
    let words = plain
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut slug = words.collect::<Vec<_>>().join("_").to_ascii_lowercase();
    if slug.starts_with(|c: char| c.is_ascii_digit()) {
        slug.insert_str(0, "t_");
    }
    slug.truncate(LONGEST);
    slug.truncate(slug.trim_end_matches('_').len());
    fault(&slug).is_none().then_some(slug)
}

/// What is wrong with a short name.
fn fault(text: &str) -> Option<String> {
    let stranger = |c: &char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_');
    let shown = Text::from(text);
    if text.is_empty() {
        return Some("a short name has at least one letter".into());
    }
    if text.len() > LONGEST {
        let bytes = text.len();
        return Some(format!(
            "a short name has at most {LONGEST} bytes and this one {bytes}: what is named by it would be cut"
        ));
    }
    let how = if let Some(c) = text.chars().find(stranger) {
        let c = Text::from(c.to_string());
        format!("has {c:?} in it, and a short name has only the letters a to z, digits and `_`")
    } else if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        "does not begin with a letter, as a short name does".into()
    } else if text.ends_with('_') {
        "ends with `_`, and a short name ends with a letter or digit".into()
    } else if text.contains("__") {
        "has `__` in it, and in a short name `_` stands alone".into()
    } else if text.starts_with(SERVERS_OWN) {
        format!("begins with `{SERVERS_OWN}`, as what is the server's own; begin with another word")
    } else if RESERVED.binary_search(&text).is_ok() {
        "would be taken for something else than a tenant; add a word, such as the place or the year".into()
    } else {
        return None;
    };
    Some(format!("{shown:?} {how}"))
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};

    use super::*;

    #[test]
    fn short_names_are_short_and_plain() {
        for right in [
            "a",
            "acme",
            "cafe_neu",
            "a1_2b",
            "select",
            "pgx",
            "tested",
            "x".repeat(40).as_str(),
        ] {
            assert_eq!(slug(right), Ok(()), "{right}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_short_name_is_told_with_what_would_be_right() {
        let long = "x".repeat(41);
        let cut = format!("what is named by it would be cut; {:?} would be right", "x".repeat(40));
        for (wrong, said) in [
            ("", "a short name has at least one letter"),
            (
                &long,
                &format!("a short name has at most 40 bytes and this one 41: {cut}"),
            ),
            (
                "cafe-neu",
                "\"cafe-neu\" has \"-\" in it, and a short name has only the letters a to z, digits and `_`; \"cafe_neu\" \
                 would be right",
            ),
            (
                "pr\u{202e}acme",
                "\"pr\\u{202e}acme\" has \"\\u{202e}\" in it, and a short name has only the letters a to z, digits and `_`; \
                 \"pracme\" would be right",
            ),
            (
                "3m",
                "\"3m\" does not begin with a letter, as a short name does; \"t_3m\" would be right",
            ),
            (
                "_a",
                "\"_a\" does not begin with a letter, as a short name does; \"a\" would be right",
            ),
            (
                "a_",
                "\"a_\" ends with `_`, and a short name ends with a letter or digit; \"a\" would be right",
            ),
            (
                "a__b",
                "\"a__b\" has `__` in it, and in a short name `_` stands alone; \"a_b\" would be right",
            ),
            (
                "pg_acme",
                "\"pg_acme\" begins with `pg_`, as what is the server's own; begin with another word",
            ),
            (
                "prod",
                "\"prod\" would be taken for something else than a tenant; add a word, such as the place or the year",
            ),
        ] {
            assert_eq!(slug(wrong), Err(said.to_owned()));
        }
        for wrong in [
            "Acme",
            "\u{430}cme",
            "a b",
            "a\0",
            "ａcme",
            "template1",
            "information_schema",
            "all",
        ] {
            assert!(slug(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn reserved_names_are_found_each() {
        assert!(RESERVED.is_sorted());
        for name in RESERVED {
            assert!(slug(name).is_err(), "{name}");
            assert_eq!(propose(name), None);
        }
    }

    #[test]
    fn a_short_name_is_proposed_for_what_people_say() {
        let long = "Donaudampfschifffahrtsgesellschaft & Co. KG";
        for (name, right) in [
            ("Café Neu & Söhne", Some("cafe_neu_sohne")),
            ("  O'Neill -- Bros.  ", Some("oneill_bros")),
            ("Łódź Straße", Some("lodz_strasse")),
            ("Кубань", Some("kuban")),
            ("日本", Some("ri_ben")),
            ("3M", Some("t_3m")),
            (long, Some("donaudampfschifffahrtsgesellschaft_co_kg")),
            (
                "Donaudampfschifffahrtsgesellschaft Wien AG",
                Some("donaudampfschifffahrtsgesellschaft_wien"),
            ),
            ("Prod", None),
            ("…", None),
            ("", None),
        ] {
            assert_eq!(propose(name).as_deref(), right, "{name}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 2000,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(39),
            ..ProptestConfig::default()
        })]

        #[test]
        fn every_proposal_is_right(name in prop_oneof!["\\PC{0,60}", ".{0,60}", "[a-zA-Z0-9_ .-]{0,60}"]) {
            if let Some(proposed) = propose(&name) {
                prop_assert_eq!(slug(&proposed), Ok(()));
                prop_assert_eq!(propose(&proposed), Some(proposed));
            }
        }

        #[test]
        fn what_is_right_stays(slug in "[a-z][a-z0-9]{0,9}(_[a-z0-9]{1,9}){0,3}") {
            prop_assume!(fault(&slug).is_none());
            prop_assert_eq!(propose(&slug), Some(slug));
        }
    }
}
