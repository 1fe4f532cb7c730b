//! Where an instance's backups are, as the fleet file says it: `[instances.backups]`.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::{Mistakes, node::Node, span::span};
use crate::model;

/// The backups of an instance, made by pgBackRest.
///
/// Paths are those of the host where pgBackRest runs.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Backups {
    /// pgBackRest's name for the cluster.
    stanza: String,
    /// Its configuration file; left out, its own default.
    config: Option<PathBuf>,
    /// The program: a name, or a path from the root.
    #[serde(default = "program")]
    program: String,
    /// Words in front of each command, by which the host and the user of the backups are reached: `ssh` and a host, or
    /// `setpriv` and a user. Left out, it runs here, as whoever runs the console.
    #[serde(default)]
    reach: Vec<String>,
    /// The directory of the server's programs.
    binaries: Option<PathBuf>,
    /// The directory where copies beside the instance are made.
    scratch: Option<PathBuf>,
    /// This program on that host, which makes them; left out, it is where it is here.
    tenantry: Option<PathBuf>,
    /// The youngest full backup must be younger than this span.
    #[serde(default = "full")]
    full_within: String,
    /// The youngest backup of any kind must be younger than this span.
    #[serde(default = "any")]
    backup_within: String,
    /// The last tested restore of each tenant must be younger than this span.
    #[serde(default = "tested")]
    tested_within: String,
    /// The last time that every file in the repository was read and found whole must be younger than this span; left out,
    /// nobody asks for that.
    verified_within: Option<String>,
}

fn program() -> String {
    "pgbackrest".into()
}

fn full() -> String {
    "8d".into()
}

fn any() -> String {
    "26h".into()
}

fn tested() -> String {
    "7d".into()
}

/// Everything wrong in an instance's `[instances.backups]` that its shape does not show.
pub(super) fn check(instance: Node<'_>, found: &mut Mistakes) {
    let Some(backups) = instance.get("backups") else { return };
    if let Some(stanza) = backups.get("stanza")
        && !stanza.text().is_none_or(plain)
    {
        found.add(stanza.wrong(
            "a stanza is named as in pgBackRest's configuration, with letters, digits, `_`, `.` and `-`, such as \"main\"",
        ));
    }
    if let Some(program) = backups.get("program")
        && !program.text().is_none_or(|word| plain(word) || rooted(word))
    {
        found.add(program.wrong("a program is a name, such as \"pgbackrest\", or a path from the root"));
    }
    for path in ["config", "binaries", "scratch", "tenantry"]
        .into_iter()
        .filter_map(|key| backups.get(key))
    {
        if !path.text().is_none_or(rooted) {
            found.add(path.wrong(
                "this is a path on the host where pgBackRest runs; write it from the root, such as \
                 \"/etc/pgbackrest/pgbackrest.conf\"",
            ));
        }
    }
    reach(backups, found);
    for within in ["full_within", "backup_within", "tested_within", "verified_within"]
        .into_iter()
        .filter_map(|key| backups.get(key))
    {
        if let Some(text) = within.text()
            && span(text).is_none()
        {
            found.add(within.wrong(format!("{text:?} is no span; write one such as \"26h\" or \"8d\"")));
        }
    }
}

/// `ssh` gives its words to a shell on the other side, which would read some of them as its own.
fn reach(backups: Node<'_>, found: &mut Mistakes) {
    if let Some(first) = backups.list("reach").next()
        && first
            .text()
            .is_some_and(|word| word.trim().is_empty() || word.starts_with('-'))
    {
        found.add(first.wrong("`reach` begins with a program, such as \"ssh\" or \"setpriv\""));
    }
    let is_ssh = |word: Node<'_>| {
        word.text()
            .is_some_and(|word| Path::new(word).file_name().is_some_and(|name| name == "ssh"))
    };
    // It may be that somebody else is to call it: `sudo -u backup ssh host`.
    if !backups.list("reach").any(is_ssh) {
        return;
    }
    let paths = ["program", "config", "binaries", "scratch", "tenantry"];
    for path in paths.into_iter().filter_map(|key| backups.get(key)) {
        let harmless = |c: char| c.is_ascii_alphanumeric() || "/_.,+@:=-".contains(c);
        if !path.text().is_none_or(|text| text.chars().all(harmless)) {
            found.add(path.wrong(
                "`ssh` gives this to a shell on the other side; use a path of letters, digits and `/_.,+@:=-` alone",
            ));
        }
    }
}

/// What needs no quotes anywhere, and is no option.
fn plain(word: &str) -> bool {
    let first = word.starts_with(|c: char| c.is_ascii_alphanumeric());
    first && word.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

fn rooted(path: &str) -> bool {
    Path::new(path).is_absolute() && !path.chars().any(char::is_control)
}

/// What the fleet knows of them. The file was checked: a span that is none cannot be met here.
pub(super) fn settle(file: Backups) -> model::Backups {
    let within = |text: &str| span(text).unwrap_or(SignedDuration::ZERO);
    model::Backups {
        full_within: within(&file.full_within),
        backup_within: within(&file.backup_within),
        tested_within: within(&file.tested_within),
        verified_within: file.verified_within.as_deref().map(within),
        stanza: file.stanza,
        config: file.config,
        program: file.program,
        reach: file.reach,
        binaries: file.binaries,
        scratch: file.scratch,
        tenantry: file.tenantry.or_else(|| std::env::current_exe().ok()),
    }
}
