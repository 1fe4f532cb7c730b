//! Whether the system ends what users leave behind when they log out: a run in a session of its own too.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where the settings of systemd-logind are, those that win last (logind.conf(5)).
const FILES: [&str; 3] = ["usr/lib/systemd", "run/systemd", "etc/systemd"];

/// What to say before a run is begun; nothing where it goes on after a logout.
pub fn warning() -> Option<&'static str> {
    let cgroup = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    ends(Path::new("/"), &cgroup).then_some(
        "systemd-logind ends what is left of a session at logout (KillUserProcesses=yes): the run would be interrupted, and \
         could be taken up. To let it go on: loginctl enable-linger, and start it under systemd-run --user --scope",
    )
}

/// Only what belongs to a login session is ended.
fn ends(root: &Path, cgroup: &str) -> bool {
    cgroup.contains("/session-") && kills(root)
}

fn kills(root: &Path) -> bool {
    let mut said = FILES.iter().rev().flat_map(|dir| {
        let files = files(&root.join(dir));
        files
            .into_iter()
            .rev()
            .filter_map(|file| value(&fs::read_to_string(file).ok()?))
    });
    said.next().unwrap_or(false)
}

/// What a file says of it, last.
fn value(text: &str) -> Option<bool> {
    let mut values = text
        .lines()
        .rev()
        .filter_map(|line| line.trim().strip_prefix("KillUserProcesses="));
    values
        .next()
        .map(|value| ["yes", "true", "on", "1"].contains(&value.trim()))
}

/// The file, then those beside it, in the order of their names.
fn files(dir: &Path) -> Vec<PathBuf> {
    let beside = fs::read_dir(dir.join("logind.conf.d")).into_iter().flatten().flatten();
    let mut beside: Vec<PathBuf> = beside.map(|entry| entry.path()).collect();
    beside.sort();
    [dir.join("logind.conf")].into_iter().chain(beside).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::ends;

    #[test]
    fn the_last_word_counts_and_only_within_a_login_session() {
        let root = std::env::temp_dir().join(format!("tenantry-logind-{}", std::process::id()));
        let etc = root.join("etc/systemd");
        fs::create_dir_all(etc.join("logind.conf.d")).unwrap();
        let session = "0::/user.slice/user-1000.slice/session-3.scope";
        assert!(!ends(&root, session));
        fs::write(
            etc.join("logind.conf"),
            "[Login]\n#KillUserProcesses=no\nKillUserProcesses=yes\n",
        )
        .unwrap();
        assert!(ends(&root, session));
        assert!(!ends(&root, "0::/user.slice/user-1000.slice/user@1000.service"));
        fs::write(
            etc.join("logind.conf.d/10-ours.conf"),
            "[Login]\nKillUserProcesses=no\n",
        )
        .unwrap();
        assert!(!ends(&root, session));
        fs::remove_dir_all(&root).unwrap();
    }
}
