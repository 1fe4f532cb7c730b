//! A standby that is cut, paused, lost or late. One finding for each: its state decides which.

use crate::{
    facts::{
        pulse::Pulse,
        replication::{Replication, Standby, State},
    },
    findings::{Check, Finding},
    model::{Severity, Target, Value},
    store::{Fact, Snapshot},
};

/// Judges the state of every standby whose primary answers.
pub struct StandbyState;

impl Check for StandbyState {
    fn id(&self) -> &'static str {
        "standby"
    }

    fn about(&self) -> &'static str {
        "standbys that are cut, paused, lost, late or unknown to the fleet file"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let all = world.all::<Replication>();
        // Without its primary every standby is cut off: that is one trouble, and it is told with the primary.
        let led = all.filter(|(_, seen)| seen.value.primary_answers);
        led.flat_map(|(instance, seen)| {
            seen.value
                .standbys
                .iter()
                .filter_map(|standby| self.finding(world, instance, standby))
        })
        .collect()
    }
}

impl StandbyState {
    fn finding(&self, world: &Snapshot, instance: &Target, standby: &Standby) -> Option<Finding> {
        let severity = standby.severity();
        let name = standby.target.name();
        let (what, remedy) = match &standby.state {
            _ if !standby.configured => (
                format!("{name} streams and is not in the fleet file"),
                "add it to the servers of the instance, or find out who receives this log",
            ),
            // A standby that does not answer is told by the check of servers; what it lost is told all the same.
            State::ReceiverDown { .. } | State::Behind { .. } | State::ReplayPaused { .. }
                if standby.fault.is_some() =>
            {
                return None;
            }
            State::Unknown { .. } | State::CaughtUp | State::ArchiveOnly => return None,
            State::Behind { .. } if severity == Severity::Ok => return None,
            State::Behind { .. } => (
                format!("{name} is far behind"),
                "see what replay waits for: conflicts, a long query, the disk, the network",
            ),
            State::ReplayPaused { .. } => (
                format!("replay is paused on {name}"),
                "resume with: select pg_wal_replay_resume(); if nobody knows why it was paused, ask first",
            ),
            State::ReceiverDown { stalled: true, .. } => (
                format!("{name} holds its connection and says nothing"),
                "see whether its receiver process hangs; ending it makes the standby connect anew",
            ),
            State::ReceiverDown { .. } => (
                format!("{name} receives nothing"),
                "see its log and its primary_conninfo; the primary keeps the log as long as its slot is safe",
            ),
            State::SlotLost { .. } => (
                format!("{name} has lost the log it needs"),
                "it cannot catch up: rebuild it from its primary",
            ),
        };
        let severity = if standby.configured { severity } else { Severity::Notice };
        let finding = Finding::new(self, &standby.target, severity, what);
        Some(
            evidence(world, instance, standby, finding)
                .remedy(remedy, format!("replicas /instance={}", instance.part(0))),
        )
    }
}

fn evidence(world: &Snapshot, instance: &Target, standby: &Standby, finding: Finding) -> Finding {
    let mut finding = finding.evidence("state", standby.state.word());
    if let State::SlotLost { reason } = &standby.state {
        finding = finding.evidence("reason", reason);
    }
    if let State::ReceiverDown { since, earlier, .. } = &standby.state {
        finding = finding.evidence(if *earlier { "at least since" } else { "since" }, since);
    }
    if let Some(bytes) = standby.state.bytes() {
        finding = finding.evidence("not replayed", bytes);
    }
    if let Some(time) = standby.state.time() {
        finding = finding.evidence("for", Value::from(time).words(world.taken));
    }
    let Some(slot) = &standby.slot else {
        return finding.evidence("slot", "none");
    };
    finding = finding.evidence(
        "slot",
        format!("{} ({})", slot.name, slot.status.as_deref().unwrap_or("reserved")),
    );
    match slot.safe.and_then(|safe| super::slot::lost_at(world, instance, safe)) {
        Some(when) => finding.evidence("lost at about", when).until(when),
        None => finding,
    }
}
