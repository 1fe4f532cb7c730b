//! A run: how it stands, how far its many have come, each step with where it stands, who said what, and what it told.

use super::progress;
use crate::{
    facts::runs::{Brief, Leg, Runs},
    model::{Cell, Section, Target, Value},
    store::Snapshot,
};

pub fn sections(target: &Target, world: &Snapshot) -> Option<Vec<Section>> {
    let seen = world.get::<Runs>(&Target::fleet())?;
    let run = seen.value.runs.iter().find(|run| run.target() == *target)?;
    let mut all = vec![head(run)];
    if let Some(far) = &run.progress {
        all.extend(progress::sections(far, run.open, world));
    }
    all.extend([steps(run), journal(run), targets(run), said(run), notes(run)]);
    Some(all)
}

fn head(run: &Brief) -> Section {
    let mut head = Section::new("run").line("state", Cell::new(run.state.clone()).at(run.severity));
    if let Some(why) = &run.why {
        head = head.line("why", Cell::new(why.clone()).at(run.severity));
    }
    let word = if run.lives {
        "carried out by"
    } else {
        "was carried out by"
    };
    head.line("does", run.title.clone())
        .line("steps done", Value::Of(run.done as u64, run.total as u64))
        .line("began", Cell::new(run.began.map(Value::Began)))
        .line("did something", Cell::new(run.last.map(Value::Began)))
        .line(word, run.carrier.clone())
}

fn journal(run: &Brief) -> Section {
    Section::new("journal")
        .line("name", run.id.clone())
        .line("digest of its plan", run.digest.clone())
}

fn steps(run: &Brief) -> Section {
    let words = |leg: &Leg| match &leg.why {
        Some(why) => format!("{}: {why}", leg.name),
        None => leg.name.to_string(),
    };
    let section = Section::new("steps");
    let section = run.stages.iter().fold(section, |section, (word, count)| {
        section.line(word.as_str(), *count as u64)
    });
    run.steps.iter().fold(section, |section, leg| {
        let cell = Cell::new(Value::Note(words(leg))).at(leg.severity);
        section.line(format!("{}. {}", leg.number, leg.state), cell)
    })
}

fn targets(run: &Brief) -> Section {
    let section = Section::new("done to");
    run.targets.iter().fold(section, |section, target| {
        section.link(target.kind().word(), target.name(), target.clone())
    })
}

fn said(run: &Brief) -> Section {
    let section = Section::new("confirmed");
    run.said.iter().fold(section, |section, (at, words)| {
        section.line(Value::At(*at).words(*at), words.clone())
    })
}

fn notes(run: &Brief) -> Section {
    let section = Section::new("told");
    run.notes.iter().fold(section, |section, (at, words)| {
        section.line(Value::At(*at).words(*at), words.clone())
    })
}
