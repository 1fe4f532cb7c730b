//! The truth table: what ends a standby comes before what delays it.

use jiff::Timestamp;

use super::{Delay, Progress, Replication, Standby, State, delay::behind};
use crate::{
    facts::{
        instances, leader, members,
        pulse::{self, Pulse},
    },
    model::{Bytes, Kind, Lsn, Target},
    store::{Fact, Known, Sealed, Seen, Snapshot},
};

/// Judges every instance and keeps the judgement in the snapshot.
pub fn derive(world: &mut Snapshot) {
    for target in instances(world) {
        let before = world.get::<Replication>(&target).map(|seen| seen.value);
        let now = judge(world, &target, before);
        if now.as_ref() != before
            && let Some(now) = now
        {
            world.take(Replication::NAME, &target, world.taken, Ok(Sealed::of(now)));
        }
    }
}

/// None before anything of the instance was seen.
fn judge(world: &Snapshot, instance: &Target, before: Option<&Replication>) -> Option<Replication> {
    let name = instance.part(0);
    let primary = leader(world, name);
    let seen = primary.as_ref().and_then(|primary| world.get::<Pulse>(primary));
    let known: Vec<Target> = members(world, name)
        .filter(|server| Some(server) != primary.as_ref())
        .collect();
    if primary.is_none() && known.iter().all(|server| world.get::<Pulse>(server).is_none()) {
        return None;
    }
    let scene = Scene {
        world,
        primary: primary.as_ref(),
        seen,
        before,
    };
    let mut standbys: Vec<Standby> = known.iter().map(|server| scene.configured(server)).collect();
    let strangers = seen.iter().flat_map(|seen| &seen.value.standbys);
    let strangers = strangers.filter(|row| !known.iter().any(|server| server.part(1) == row.name.raw()));
    standbys.extend(strangers.filter_map(|row| scene.stranger(name, row)));
    Some(Replication {
        primary_answers: seen.is_some_and(|seen| seen.fault.is_none()),
        primary,
        standbys,
    })
}

struct Scene<'a> {
    world: &'a Snapshot,
    primary: Option<&'a Target>,
    seen: Option<Seen<'a, Pulse>>,
    before: Option<&'a Replication>,
}

impl Scene<'_> {
    fn configured(&self, server: &Target) -> Standby {
        let own = self.world.known::<Pulse>(server);
        let pulse = own.seen().map(|seen| seen.value);
        let row = self.rows().find(|row| row.name.raw() == server.part(1));
        let slot = self.slot(server, pulse, row);
        let retained = self.retained(slot);
        let state = self.state(server, own, row, slot, retained);
        Standby {
            target: server.clone(),
            configured: true,
            state,
            progress: row.map(|row| self.progress(row)),
            sync: row.and_then(|row| row.sync.clone()),
            slot: slot.cloned(),
            retained,
            delay: pulse.map(|pulse| pulse.delay),
            conflicts: pulse.map(|pulse| pulse.counters.conflicts),
            received: pulse.and_then(|pulse| pulse.received.max(pulse.replayed)),
            at: own.seen().map_or(self.world.taken, |seen| seen.at),
            fault: own.fault().or(self.seen.and_then(|seen| seen.fault)).cloned(),
        }
    }

    fn stranger(&self, instance: &str, row: &pulse::Standby) -> Option<Standby> {
        let seen = self.seen?;
        let slot = seen.value.slots.iter().find(|slot| slot.active_pid == Some(row.pid));
        Some(Standby {
            target: Target::new(Kind::Standby, [instance, row.name.raw()]),
            configured: false,
            state: self.streaming(row, None),
            progress: Some(self.progress(row)),
            sync: row.sync.clone(),
            slot: slot.cloned(),
            retained: self.retained(slot),
            delay: None,
            conflicts: None,
            received: row.flush,
            at: seen.at,
            fault: seen.fault.cloned(),
        })
    }

    fn state(
        &self,
        server: &Target,
        own: Known<'_, Pulse>,
        row: Option<&pulse::Standby>,
        slot: Option<&pulse::Slot>,
        retained: Option<Bytes>,
    ) -> State {
        let pulse = own.seen().map(|seen| seen.value);
        if let (None, Some(reason)) = (row, slot.and_then(lost)) {
            return State::SlotLost { reason };
        }
        if let Some(pulse) = pulse.filter(|pulse| pulse.replay.as_deref().is_some_and(|replay| replay != "not paused"))
        {
            let at = pulse.replayed.or(row.and_then(|row| row.replay));
            return State::ReplayPaused {
                bytes: self.bytes(at),
                time: at.and_then(|at| self.time(at)),
            };
        }
        let answers = own.seen().is_some_and(|seen| seen.fault.is_none());
        let receives = answers && pulse.is_some_and(|pulse| pulse.receiver.is_some());
        let down = || {
            let told = slot.and_then(|slot| slot.inactive_since);
            let (since, earlier) = told.map_or_else(|| self.down_since(server), |since| (since, false));
            State::ReceiverDown {
                since,
                earlier,
                retained,
                safe: slot.and_then(|slot| slot.safe),
                stalled: false,
            }
        };
        match (self.seen, row) {
            // Nobody was seen to lead: what receives nothing is cut off all the same.
            (None, _) if answers && !receives && pulse.is_some_and(|pulse| pulse.recovery && !pulse.restores) => down(),
            (None, _) => unknown("no primary was seen yet"),
            (Some(primary), _) if primary.fault.is_some() => match own {
                _ if receives => unknown("it receives, but its primary does not answer us"),
                _ if answers => down(),
                _ => unknown("neither it nor its primary answers"),
            },
            (Some(_), Some(row)) => self.streaming(row, pulse.filter(|_| answers)),
            (Some(_), None) => match own {
                Known::Waiting => unknown("not asked yet"),
                _ if receives => unknown("it receives from another server than its primary"),
                _ if answers && pulse.is_some_and(|pulse| pulse.restores) => State::ArchiveOnly,
                _ => down(),
            },
        }
    }

    /// The primary has a sender for it.
    fn streaming(&self, row: &pulse::Standby, own: Option<&Pulse>) -> State {
        let Some(primary) = self.seen else {
            return unknown("no primary was seen yet");
        };
        // Twice the interval at which it should report; without a word from it, the server's default of ten seconds.
        let interval = own.map_or(10.0, |own| own.reply_every).max(0.5);
        let quiet = row
            .replied
            .map(|replied| primary.value.now.duration_since(replied).as_secs_f64());
        if let (Some(replied), true) = (row.replied, quiet.is_some_and(|quiet| quiet > interval * 2.0 + 0.5)) {
            let slot = primary.value.slots.iter().find(|slot| slot.active_pid == Some(row.pid));
            return State::ReceiverDown {
                since: replied,
                earlier: false,
                retained: row.flush.and_then(|flushed| self.bytes(Some(flushed))),
                safe: slot.and_then(|slot| slot.safe),
                stalled: true,
            };
        }
        let Some(replayed) = row.replay else {
            return unknown("it streams and has not said what it replayed");
        };
        if self.a_beat_ago().is_some_and(|then| replayed.0 as f64 >= then)
            || self.bytes(Some(replayed)) == Some(Bytes(0))
        {
            return State::CaughtUp;
        }
        State::Behind {
            bytes: self.bytes(Some(replayed)).unwrap_or_default(),
            time: longer(self.time(replayed), reported(row)),
        }
    }

    fn rows(&self) -> impl Iterator<Item = &pulse::Standby> {
        self.seen.into_iter().flat_map(|seen| &seen.value.standbys)
    }

    /// By what the receiver says, by the sender's process, by the name that the standby's own name would make.
    fn slot(&self, server: &Target, own: Option<&Pulse>, row: Option<&pulse::Standby>) -> Option<&pulse::Slot> {
        let slots = &self.seen?.value.slots;
        let told = own.and_then(|own| own.receiver.as_ref()?.slot.clone());
        let usual = server.part(1).replace('-', "_");
        let by_pid = slots
            .iter()
            .find(|slot| row.is_some_and(|row| slot.active_pid == Some(row.pid)));
        by_pid
            .or_else(|| slots.iter().find(|slot| Some(&slot.name) == told.as_ref()))
            .or_else(|| slots.iter().find(|slot| slot.name.raw() == usual))
    }

    fn retained(&self, slot: Option<&pulse::Slot>) -> Option<Bytes> {
        Some(self.seen?.value.lsn?.since(slot?.restart?))
    }

    fn bytes(&self, at: Option<Lsn>) -> Option<Bytes> {
        Some(self.seen?.value.lsn?.since(at?))
    }

    fn time(&self, at: Lsn) -> Option<Delay> {
        let (primary, seen) = (self.primary?, self.seen?);
        behind(self.world.trend::<Pulse>(primary, "lsn"), at, seen.at)
    }

    /// The primary's position at the last sample but one.
    fn a_beat_ago(&self) -> Option<f64> {
        let samples = self.world.trend::<Pulse>(self.primary?, "lsn");
        samples.iter().nth_back(1).map(|sample| sample.value)
    }

    fn progress(&self, row: &pulse::Standby) -> Progress {
        Progress {
            write: self.bytes(row.write),
            flush: self.bytes(row.flush),
            replay: self.bytes(row.replay),
            write_lag: row.write_lag,
            flush_lag: row.flush_lag,
            replay_lag: row.replay_lag,
        }
    }

    /// What was down before is down since then. What was never seen well may have been down for longer.
    fn down_since(&self, server: &Target) -> (Timestamp, bool) {
        let mut before = self.before.into_iter().flat_map(|before| &before.standbys);
        let before = before.find(|standby| standby.target == *server);
        match before.map(|standby| &standby.state) {
            Some(State::ReceiverDown { since, earlier, .. }) => (*since, *earlier),
            None | Some(State::Unknown { .. }) => (self.world.taken, true),
            Some(
                State::CaughtUp
                | State::Behind { .. }
                | State::ReplayPaused { .. }
                | State::SlotLost { .. }
                | State::ArchiveOnly,
            ) => (self.world.taken, false),
        }
    }
}

/// Why the log that this slot should keep is gone, where it is.
fn lost(slot: &pulse::Slot) -> Option<String> {
    let removed = slot.status.as_deref() == Some("lost");
    slot.invalidation
        .clone()
        .or_else(|| removed.then(|| "wal_removed".into()))
}

fn unknown(why: &str) -> State {
    State::Unknown { why: why.into() }
}

/// A lower bound of ours gives way to the standby's own measure where that is longer.
fn longer(ours: Option<Delay>, theirs: Option<Delay>) -> Option<Delay> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) if ours.at_least && theirs.seconds > ours.seconds => Some(theirs),
        // A memory of no length at all knows nothing.
        (Some(ours), theirs) if ours.at_least && ours.seconds < 0.5 => theirs,
        (ours, theirs) => ours.or(theirs),
    }
}

/// The standby's own measure.
fn reported(row: &pulse::Standby) -> Option<Delay> {
    row.replay_lag.map(|seconds| Delay {
        seconds,
        at_least: true,
    })
}
