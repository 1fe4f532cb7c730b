//! Configuration files with mistakes in them: the server runs, until it is started anew.

use crate::{
    facts::server::{FileMistake, Setup},
    findings::{Check, Finding},
    model::{Fault, Severity, Target},
    store::{Fact, Snapshot},
};

/// One finding for each server: files differ from server to server.
pub struct ConfigurationFiles;

impl Check for ConfigurationFiles {
    fn id(&self) -> &'static str {
        "configuration-files"
    }

    fn about(&self) -> &'static str {
        "mistakes in configuration and access files that a reload ignores and a restart may not survive"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Setup::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let servers = world.all::<Setup>();
        let found = servers.filter_map(|(server, seen)| self.finding(server, seen.value.files.as_ref().ok()?));
        found.collect()
    }

    fn blind(&self, world: &Snapshot) -> Vec<(Target, Fault)> {
        let servers = world.all::<Setup>();
        servers
            .filter_map(|(server, seen)| Some((server.clone(), seen.value.files.clone().err()?)))
            .collect()
    }
}

impl ConfigurationFiles {
    fn finding(&self, server: &Target, mistakes: &[FileMistake]) -> Option<Finding> {
        if mistakes.is_empty() {
            return None;
        }
        let what = format!("{} has mistakes in its configuration files", server.name());
        let finding = Finding::new(self, server, Severity::Warning, what);
        let finding = mistakes.iter().take(5).fold(finding, |finding, mistake| {
            let file = mistake
                .file
                .as_ref()
                .map_or_else(|| "a file".into(), ToString::to_string);
            let line = mistake.line.map(|line| format!(":{line}")).unwrap_or_default();
            let setting = mistake
                .setting
                .as_ref()
                .map(|setting| format!("{setting}: "))
                .unwrap_or_default();
            finding.evidence(format!("{file}{line}"), format!("{setting}{}", mistake.error))
        });
        Some(finding.remedy("correct the lines, reload, and look again", super::place(server)))
    }
}
