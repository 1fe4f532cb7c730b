//! How far the many of a run have come: failures, a bar for each wave and instance, how fast, and what the standbys make
//! of it.

use jiff::{SignedDuration, Timestamp};

use crate::{
    facts::{
        replication::{Replication, Standby, State},
        runs::{Failure, Left, Part, Progress, Wait},
    },
    model::{Cell, Headway, Section, Severity, Target, Text, Value},
    store::Snapshot,
};

/// So many failures stand above the bars; all that are known are among the steps.
const FIRST: usize = 5;
/// Where there are more bars, those of waves that have ended are one, and so are those of waves to come.
const BARS: usize = 8;

pub fn sections(progress: &Progress, open: bool, world: &Snapshot) -> Vec<Section> {
    vec![failures(progress), course(progress, open), lag(progress, world)]
}

fn moment(at: Timestamp) -> String {
    at.strftime("%H:%M:%SZ").to_string()
}

fn failures(progress: &Progress) -> Section {
    let first = progress.failures.iter().take(FIRST);
    let section = first.fold(Section::new("failures"), |section, failure: &Failure| {
        let words = format!("{}: {}", failure.name, failure.why);
        section.line(moment(failure.at), Cell::new(words).at(Severity::Warning))
    });
    match progress.failed.saturating_sub(FIRST) {
        0 => section,
        more => section.line("earlier", format!("{more} more, below")),
    }
}

fn course(progress: &Progress, open: bool) -> Section {
    let all = progress.headway();
    let mut section = bar(Section::new("progress"), ("all".into(), all));
    if open && all.ended() < all.of {
        section = section.line("time left", left(&progress.left));
        section = progress.waits.iter().fold(section, waits);
    }
    if let Some(lately) = progress.lately {
        section = section.line("per second, last 10 s", Value::Rate(lately));
    }
    if let Some(rate) = progress.rate {
        section = section.line("per second, in all", Value::Rate(rate));
    }
    bars(&progress.parts).into_iter().fold(section, bar)
}

fn left(left: &Left) -> Value {
    match left {
        Left::Seconds(seconds) => {
            Value::Span(SignedDuration::try_from_secs_f64(*seconds).unwrap_or(SignedDuration::MAX))
        }
        Left::Unknown(why) => Value::Note(format!("unknown: {why}")),
    }
}

fn waits(section: Section, wait: &Wait) -> Section {
    let label = match &wait.instance {
        Some(instance) => format!("{instance} waits"),
        None => "all wait".into(),
    };
    let words = format!("{}: {}", moment(wait.at), wait.what);
    section.line(label, Cell::new(words).at(Severity::Notice))
}

fn bar(section: Section, (label, headway): (String, Headway)) -> Section {
    let severity = match headway.failed {
        0 => Severity::Ok,
        _ => Severity::Warning,
    };
    section.line(label, Cell::new(headway).at(severity))
}

/// Each bar with its label. Of many, only the waves that are under way have bars of their own.
fn bars(parts: &[Part]) -> Vec<(String, Headway)> {
    let whole = parts.len() <= BARS;
    let mut bars: Vec<(usize, &Part, Headway)> = Vec::new();
    for part in parts {
        let ended = |headway: &Headway| headway.ended() == headway.of;
        let alike = |(_, first, headway): &&mut (usize, &Part, Headway)| {
            first.instance == part.instance && first.wave > 0 && !part.headway.is_open() && !headway.is_open() && {
                ended(headway) == ended(&part.headway)
            }
        };
        let known = bars.iter_mut().filter(|_| !whole).find(alike);
        match known {
            Some((last, _, headway)) => {
                *last = part.wave;
                *headway = headway.and(part.headway);
            }
            None => bars.push((part.wave, part, part.headway)),
        }
    }
    let label = |(last, part, headway): (usize, &Part, Headway)| {
        let wave = match part.wave {
            0 => "the first".to_owned(),
            wave if wave == last => format!("wave {wave}"),
            wave => format!("waves {wave} to {last}"),
        };
        let instance = part.instance.as_ref().map(|instance| format!(", {instance}"));
        (format!("{wave}{}", instance.unwrap_or_default()), headway)
    };
    bars.into_iter().map(label).collect()
}

/// How the worst standby of each instance stands now.
fn lag(progress: &Progress, world: &Snapshot) -> Section {
    let instances = progress.instances().into_iter();
    instances.fold(Section::new("standbys now"), |section, instance: &Text| {
        let label = format!("worst of {instance}");
        match worst(instance, world) {
            Err(why) => section.line(label, Cell::unseen(why)),
            Ok(None) => section.line(label, "it has no standby"),
            Ok(Some(standby)) => section.link(label, cell(standby), standby.target.clone()),
        }
    })
}

/// The standby of an instance that stands worst, or why that is not known.
fn worst<'a>(instance: &Text, world: &'a Snapshot) -> Result<Option<&'a Standby>, &'static str> {
    let seen = world.get::<Replication>(&Target::instance(instance.raw()));
    let seen = seen.ok_or("nothing was seen of its standbys")?;
    let rank = |standby: &&Standby| (severity(standby), standby.state.bytes());
    Ok(seen.value.standbys.iter().max_by_key(rank))
}

/// The same in a line: `worst of atlas atlas-c: behind, 12 MB behind; boreas has no standby`.
pub fn standbys(progress: &Progress, world: &Snapshot) -> String {
    let words = |instance: &Text| match worst(instance, world) {
        Err(why) => format!("{instance}: {why}"),
        Ok(None) => format!("{instance} has no standby"),
        Ok(Some(standby)) => format!("worst of {instance} {}", cell(standby).value.words(world.taken)),
    };
    let all: Vec<String> = progress.instances().into_iter().map(words).collect();
    all.join("; ")
}

fn severity(standby: &Standby) -> Severity {
    let unseen = if standby.fault.is_some() {
        Severity::Unseen
    } else {
        Severity::Ok
    };
    standby.severity().max(unseen)
}

fn cell(standby: &Standby) -> Cell {
    let name = standby.target.name();
    match (&standby.state, &standby.fault) {
        (State::Unknown { why }, _) => Cell::unseen(format!("{name}: {why}")),
        (_, Some(fault)) => Cell::unseen(format!("{name}: {}", fault.what)),
        (state, None) => {
            let bytes = state.bytes().filter(|bytes| bytes.0 > 0);
            let bytes = bytes.map(|bytes| format!(", {bytes} behind")).unwrap_or_default();
            let time = state.time().map(|time| Value::from(time).words(Timestamp::UNIX_EPOCH));
            let time = time.map(|time| format!(", {time}")).unwrap_or_default();
            Cell::new(format!("{name}: {}{bytes}{time}", state.word())).at(standby.severity())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{bars, standbys};
    use crate::{
        facts::runs::{Left, Part, Progress},
        model::{Fleet, Headway},
        store::Snapshot,
    };

    fn part(wave: usize, instance: &str, done: u64, under_way: u64) -> Part {
        Part {
            wave,
            instance: Some(instance.into()),
            headway: Headway {
                of: 10,
                done,
                under_way,
                ..Headway::default()
            },
        }
    }

    #[test]
    fn standbys_that_were_not_seen_are_not_said_to_be_well() {
        let progress = Progress {
            parts: vec![part(1, "atlas", 3, 1), part(1, "boreas", 3, 1)],
            lately: None,
            rate: None,
            left: Left::Unknown("it is paused".into()),
            waits: vec![],
            failed: 0,
            failures: vec![],
        };
        let world = Snapshot::of(Arc::new(Fleet::default()));
        assert_eq!(
            standbys(&progress, &world),
            "atlas: nothing was seen of its standbys; boreas: nothing was seen of its standbys"
        );
    }

    #[test]
    fn of_many_waves_those_under_way_have_bars_of_their_own() {
        let wave = |(wave, done, under_way)| ["atlas", "boreas"].map(|name| part(wave, name, done, under_way));
        let all = [(0, 10, 0), (1, 10, 0), (2, 10, 0), (3, 4, 2), (4, 0, 0), (5, 0, 0)].map(wave);
        let all: Vec<Part> = all.into_iter().flatten().collect();
        let labels: Vec<(String, u64)> = bars(&all).into_iter().map(|(label, bar)| (label, bar.done)).collect();
        let wanted = [
            ("the first, atlas", 10),
            ("the first, boreas", 10),
            ("waves 1 to 2, atlas", 20),
            ("waves 1 to 2, boreas", 20),
            ("wave 3, atlas", 4),
            ("wave 3, boreas", 4),
            ("waves 4 to 5, atlas", 0),
            ("waves 4 to 5, boreas", 0),
        ];
        assert_eq!(labels, wanted.map(|(label, done)| (label.to_owned(), done)));
        assert_eq!(bars(&all[..8]).len(), 8, "few are shown as they are");
        assert_eq!(bars(&all[..8])[2].0, "wave 1, atlas");
    }
}
