//! The archive does not take the log.

use crate::{
    facts::{
        pulse::Pulse,
        server::{Setup, Wal},
    },
    findings::{Check, Finding},
    model::{Severity, Target, Value},
    store::{Fact, Snapshot},
};

/// Files that wait, of 16 MB by default: the disk fills, and a restore would end this far in the past.
const PILED_UP: u64 = 64;

/// The last attempt failed: one finding for each server that archives.
pub struct Archiver;

impl Check for Archiver {
    fn id(&self) -> &'static str {
        "archiver"
    }

    fn about(&self) -> &'static str {
        "servers whose last attempt to archive the log failed"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME, Setup::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let servers = world.all::<Pulse>();
        servers
            .filter_map(|(server, seen)| self.finding(world, server, seen.value))
            .collect()
    }
}

impl Archiver {
    fn finding(&self, world: &Snapshot, server: &Target, pulse: &Pulse) -> Option<Finding> {
        let setup = world.get::<Setup>(server)?.value;
        let archives = match setup.settings.archive_mode.as_str() {
            "always" => true,
            "on" => !pulse.recovery,
            _ => false,
        };
        let failed = pulse
            .archiver
            .failed_at
            .filter(|failed| archives && pulse.archiver.archived_at < Some(*failed))?;
        let waiting = setup.wal.as_ref().ok().map(|wal: &Wal| wal.ready);
        let piled_up = waiting.is_some_and(|waiting| waiting >= PILED_UP);
        let severity = if piled_up {
            Severity::Critical
        } else {
            Severity::Warning
        };
        let what = format!("{} cannot archive its log", server.name());
        let finding = Finding::new(self, server, severity, what)
            .evidence("last failure", Value::At(failed).words(failed))
            .evidence("failures", pulse.archiver.failed);
        let finding = match pulse.archiver.archived_at {
            Some(at) => finding.evidence("last success", Value::At(at).words(at)),
            None => finding.evidence("last success", "never"),
        };
        let file = pulse.archiver.failed_wal.iter();
        let finding = file.fold(finding, |finding, file| finding.evidence("file", file));
        let finding = waiting
            .iter()
            .fold(finding, |finding, waiting| finding.evidence("files waiting", waiting));
        let remedy = "see the server's log for what archive_command says; until it works, the log fills the disk \
                      and no restore reaches the present";
        Some(finding.remedy(remedy, super::place(server)))
    }
}
