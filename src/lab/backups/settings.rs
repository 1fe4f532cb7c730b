//! What pgBackRest is told of the servers, and they of it.

use std::path::Path;

use crate::lab::{
    ground::Ground,
    plan::{CLUSTERS, Cluster, Site},
    postgres::{sockets, value},
};

use super::repository::{DATABASE_ROLE, conf, dir};

/// pgBackRest's file. Cheap rather than small: a lab is built often and kept for a short time.
pub fn pgbackrest(ground: &Ground) -> String {
    let dir = dir(ground).display().to_string();
    let stanzas: String = CLUSTERS.iter().map(|cluster| stanza(ground, cluster)).collect();
    format!(
        "[global]
repo1-path={dir}/repo
repo1-bundle=y
repo1-retention-full=2
log-path={dir}/log
lock-path={dir}/lock
log-level-console=warn
start-fast=y
process-max=1
compress-type=lz4
compress-level=1
checksum-page=n
archive-timeout=30
{stanzas}"
    )
}

fn stanza(ground: &Ground, cluster: &Cluster) -> String {
    let (name, site) = (cluster.name, &cluster.primary);
    let (data, port) = (ground.data(site), ground.port(site));
    let socket = sockets(ground, site)
        .map(|path| format!("pg1-socket-path={}\n", path.display()))
        .unwrap_or_default();
    format!(
        "\n[{name}]\npg1-path={}\npg1-port={port}\npg1-user={DATABASE_ROLE}\n{socket}",
        data.display()
    )
}

/// Added to a server's `postgresql.conf`. A standby begins to archive when it is promoted, from its own directory.
///
/// Without `archive_timeout` a file is archived when it is full, and a lab where little happens fills no disk.
pub fn archiving(ground: &Ground, program: &Path, cluster: &Cluster, site: &Site) -> String {
    let words = [
        program.display().to_string(),
        format!("--config={}", conf(ground).display()),
        format!("--stanza={}", cluster.name),
        format!("--pg1-path={}", ground.data(site).display()),
        "archive-push".into(),
    ];
    let words: Vec<String> = words.iter().map(|word| word_of_shell(word)).collect();
    let command = format!("{} %p", words.join(" ").replace('%', "%%"));
    format!("archive_mode = on\narchive_command = {}\n", value(&command))
}

fn word_of_shell(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::{value, word_of_shell};

    #[test]
    fn a_path_with_quotes_reaches_the_shell_as_it_is() {
        assert_eq!(word_of_shell("/a b/c'd"), r"'/a b/c'\''d'");
        assert_eq!(value(r"'/c'\''d' %p"), r"'''/c''\\''''d'' %p'");
    }
}
