//! Backups on another host: copies are made, read and removed over ssh, as the fleet file of a user would say it.

use std::{fs, path::PathBuf};

use super::{copies, restore, words};
use crate::{faults::Heals, ground::Ground};

const WHO: &str = "acme";
const PATH: &str = "acme//acme";

struct Far<'a>(&'a Ground);

impl Drop for Far<'_> {
    fn drop(&mut self) {
        copies::drop_all(self.0, WHO);
    }
}

/// The lab's fleet file, but for the way to the backups and for the program there.
pub fn fleet(ground: &Ground) -> PathBuf {
    let text = fs::read_to_string(ground.fleet()).unwrap();
    let value = |path: &str| toml::Value::String(ground.dir().join(path).display().to_string());
    let (file, program) = (value("ssh/ssh_config"), value("ssh/bin/tenantry"));
    let line = format!("reach = [\"ssh\", \"-T\", \"-F\", {file}, \"lab\"]\ntenantry = {program}");
    let lines = text
        .lines()
        .map(|old| if old.starts_with("reach = ") { &line } else { old });
    let new: Vec<&str> = lines.collect();
    assert_ne!(new.join("\n"), text.trim_end());
    let path = Ground::scratch("far.toml");
    fs::write(&path, new.join("\n")).unwrap();
    path
}

impl Far<'_> {
    /// Ends with this code, and says this.
    fn says(&self, line: &str, code: i32, said: &str) -> String {
        let words = words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = self.0.command(&words);
        let output = command.env("TENANTRY_FLEET", fleet(self.0)).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{line}: {text}");
        assert!(text.contains(said), "{said}: {line}: {text}");
        text
    }
}

pub fn away(ground: &Ground) {
    if copies::are_impossible(ground) {
        return;
    }
    let (far, _heals, _still) = (Far(ground), Heals(ground), restore::Still::stand(ground));
    ground.lab(&["fault", "botch", "acme/shop/acme"]);
    let (_, moment) = restore::moment_before(ground, "acme/shop/acme");

    let words = "--write T-1 --reason drill --confirm";
    far.says(
        &format!("run beside {WHO} --set moment={moment} {words} y"),
        0,
        "holds nothing later: seen: yes",
    );
    let [(copy, stage)] = &copies::stages(ground, WHO)[..] else {
        panic!("one copy is there");
    };
    assert_eq!(stage, "paused");
    far.says(&format!("describe copy {WHO}/{copy}"), 0, "paused");
    // The log is read there too.
    far.says(&format!("moments {PATH} --since 15m --json"), 0, "\"source\": \"log");
    let line = format!("restore {PATH} --set from={copy} --set mapped=public.customer.updated_at");
    far.says(&format!("run {line} {words} {WHO}"), 0, "read back: yes");
    far.says(&format!("plan {line}"), 2, "there is nothing to restore");
    far.says(&format!("run wipe-copy {WHO}/{copy} {words} 1"), 0, "read back: yes");
    assert!(copies::stages(ground, WHO).is_empty());
}
