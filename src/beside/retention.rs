//! How long a repository keeps backups, as pgBackRest itself understands its configuration: `help` tells what is in force.

use std::io::Write;

use super::{
    backrest::{self, Repository},
    trouble::{refused, told},
};
use crate::model::{Fault, Retention};

/// Says how long backups are kept, in a line.
///
/// # Errors
/// Where pgBackRest does not tell, or the cluster is kept in several repositories, each with its own.
pub fn retention(of: &Repository, out: &mut impl Write) -> Result<(), Fault> {
    let stanza = &of.ask(&["info"])?[0];
    let mut keys: Vec<_> = backrest::own(stanza, &of.system)?
        .into_iter()
        .map(|(key, _)| key.to_string())
        .collect();
    keys.dedup();
    if keys.len() > 1 {
        return Err(refused(
            "there are several repositories, and each keeps backups as long as it likes",
        ));
    }
    let key = keys.first().map_or("1", String::as_str);
    let (full, kind) = (asked(of, key, "full")?, asked(of, key, "full-type")?);
    let kept = kept(full.as_deref(), kind.as_deref())?;
    writeln!(out, "{kept}").map_err(|error| refused(error.to_string()))
}

/// What is in force of an option: what the configuration says, or else the default; none where there is neither.
fn asked(of: &Repository, key: &str, option: &str) -> Result<Option<String>, Fault> {
    let option = format!("repo{key}-retention-{option}");
    let output = of.run(of.command().args(["help", "expire", &option]))?;
    if !output.status.success() {
        let complaint = told(&String::from_utf8_lossy(&output.stderr));
        return Err(refused(format!("pgbackrest help expire {option}: {complaint}")));
    }
    Ok(in_force(&String::from_utf8_lossy(&output.stdout)))
}

fn in_force(said: &str) -> Option<String> {
    let of = |word: &str| said.lines().find_map(|line| line.strip_prefix(word));
    of("current: ")
        .or_else(|| of("default: "))
        .map(|value| value.trim().to_owned())
}

fn kept(full: Option<&str>, kind: Option<&str>) -> Result<Retention, Fault> {
    let number = |full: &str| {
        full.parse()
            .map_err(|_| refused(format!("backups are kept for {full:?}, which is no number")))
    };
    match (full, kind) {
        (None, _) => Ok(Retention::Always),
        (Some(full), Some("time")) => Ok(Retention::Days(number(full)?)),
        (Some(full), Some("count")) => Ok(Retention::Fulls(number(full)?)),
        (Some(_), kind) => Err(refused(format!(
            "backups are kept by {}, which is not known",
            kind.unwrap_or("nothing")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::{in_force, kept};
    use crate::model::Retention;

    #[test]
    fn what_is_in_force_is_what_is_said_or_else_the_default() {
        let said = "pgBackRest 2.45 - 'expire' command - 'repo-retention-full' option help\n\nText.\n\ncurrent: 2\ndefault: 1\n";
        assert_eq!(in_force(said).as_deref(), Some("2"));
        assert_eq!(in_force("Text.\n\ndefault: count\n").as_deref(), Some("count"));
        assert_eq!(in_force("Text: current: 3\n"), None);
    }

    #[test]
    fn how_long_follows_from_both_options() {
        assert_eq!(kept(None, Some("count")).unwrap(), Retention::Always);
        assert_eq!(kept(Some("30"), Some("time")).unwrap(), Retention::Days(30));
        assert_eq!(kept(Some("2"), Some("count")).unwrap(), Retention::Fulls(2));
        for (full, kind) in [("two", "count"), ("2", "weeks")] {
            assert!(kept(Some(full), Some(kind)).is_err());
        }
        for kept in [Retention::Always, Retention::Days(30), Retention::Fulls(2)] {
            assert_eq!(kept.to_string().parse(), Ok(kept));
        }
    }
}
