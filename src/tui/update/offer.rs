//! What can be done to what is chosen: which operations, to what, and why not.

use std::collections::BTreeMap;

use super::acting;
use crate::{
    config::Chord,
    model::{Kind, Request, Severity, Target, Text},
    ops::{self, Outcome, Turn},
    tui::app::{App, Choice, Does, Effect, Layer, Listing, Page, Reading, made},
};

/// All that can be done: by operations, then to runs that there are.
fn all() -> impl Iterator<Item = Does> {
    let operations = ops::ALL.iter().map(|operation| Does::Operation(*operation));
    operations.chain(Turn::ALL.map(Does::Run))
}

/// Opens the list of what can be done.
pub(super) fn open(app: &mut App) {
    let choices = choices(app);
    if choices.is_empty() {
        let what = match app.trail.page() {
            Page::List(listing) => format!("nothing can be done to rows of {}", listing.view.name()),
            Page::Thing(reading) => format!("nothing can be done to {}", reading.target),
        };
        app.say(Severity::Notice, what);
        return;
    }
    app.layer = Layer::Choices(choices);
}

/// What the list says goes with what is seen, as long as it is open; what it is about stays.
pub(super) fn judge(app: &mut App) {
    let Layer::Choices(choices) = &app.layer else {
        return;
    };
    // Nothing can be done to nothing, whatever is seen; but what is made needs no row.
    let about = |choice: &&Choice| !choice.targets.is_empty() || takes(choice.does).is_made();
    let judged = choices.iter().map(|choice| match Some(choice).filter(about) {
        Some(choice) => why_not(app, choice.does, &choice.targets),
        None => choice.why_not.clone(),
    });
    let judged: Vec<Option<String>> = judged.collect();
    if let Layer::Choices(choices) = &mut app.layer {
        for (choice, why_not) in choices.iter_mut().zip(judged) {
            app.dirty |= choice.why_not != why_not;
            choice.why_not = why_not;
        }
    }
}

/// A letter chooses; any other key leaves.
pub(super) fn press(app: &mut App, chord: Chord) -> Vec<Effect> {
    let Layer::Choices(choices) = std::mem::take(&mut app.layer) else {
        return Vec::new();
    };
    let typed = chord.types();
    let chosen = choices.into_iter().find(|choice| Some(choice.does.letter()) == typed);
    chosen.map_or_else(Vec::new, |choice| take(app, choice, BTreeMap::new()))
}

/// `OPERATION [NAME=WORD…]`, for what is chosen; before the words the name of what it makes, where it makes something.
pub(super) fn run(app: &mut App, words: &str) -> Vec<Effect> {
    let mut words = words.split_whitespace();
    let name = words.next().unwrap_or_default();
    let Some(does) = all().find(|does| does.name() == name) else {
        let names: Vec<&str> = all().map(Does::name).collect();
        let name = Text::from(name);
        app.say(
            Severity::Warning,
            format!("no operation {name:?}; one of {}", names.join(", ")),
        );
        return Vec::new();
    };
    let mut said = BTreeMap::new();
    let mut called = None;
    for word in words {
        match word.split_once('=') {
            Some((name, word)) => {
                said.insert(name.to_owned(), word.to_owned());
            }
            None if takes(does).is_made() && called.is_none() => called = Some(made(takes(does), word)),
            None => {
                app.say(Severity::Warning, format!("{word:?} is not of the form NAME=WORD"));
                return Vec::new();
            }
        }
    }
    if let Some(wrong) = wrong(does, &said) {
        app.say(Severity::Warning, wrong);
        return Vec::new();
    }
    let offered = known(app).into_iter().find(|choice| choice.does.name() == name);
    if let Some(mut choice) = offered {
        choice.targets.extend(called);
        return take(app, choice, said);
    }
    app.say(Severity::Notice, format!("{name} is not offered here"));
    Vec::new()
}

/// What of these words the operation does not ask for.
fn wrong(does: Does, said: &BTreeMap<String, String>) -> Option<String> {
    said.iter().find_map(|(name, word)| {
        let Some(ask) = does.asks().iter().find(|ask| ask.name == name) else {
            return Some(format!("{} does not ask for {name:?}", does.name()));
        };
        let unknown = !ask.words.is_empty() && !ask.words.contains(&word.as_str());
        unknown.then(|| format!("{name} is one of {}", ask.words.join(", ")))
    })
}

fn take(app: &mut App, choice: Choice, said: BTreeMap<String, String>) -> Vec<Effect> {
    if let Some(why_not) = choice.why_not {
        app.say(Severity::Notice, format!("{}: {why_not}", choice.does.name()));
        return Vec::new();
    }
    let mut all = choice.said;
    all.extend(said);
    acting::open(app, choice.does, choice.targets, &all)
}

/// What can be done here, and why not.
pub(super) fn choices(app: &App) -> Vec<Choice> {
    all().filter_map(|does| choice(app, does)).collect()
}

/// What can be done here or anywhere.
pub(super) fn known(app: &App) -> Vec<Choice> {
    let mut all = choices(app);
    let here: Vec<&str> = all.iter().map(|choice| choice.does.name()).collect();
    let elsewhere = self::all().filter(|does| takes(*does).is_made() && !here.contains(&does.name()));
    let elsewhere: Vec<Choice> = elsewhere.map(|does| begun(app, does)).collect();
    all.extend(elsewhere);
    all
}

/// What is done to something that it makes: no row is wanted for it.
fn begun(app: &App, does: Does) -> Choice {
    Choice {
        does,
        targets: Vec::new(),
        said: meant(app, does),
        why_not: why_not(app, does, &[]),
    }
}

/// What the row under the cursor says to it, where its view offers it: what is asked by the name of a kind is what a row of
/// that kind stands for.
fn meant(app: &App, does: Does) -> BTreeMap<String, String> {
    let offers = |listing: &&Listing| listing.view.offers().contains(&does.name());
    let rows = app.listing().filter(offers).map(rows).unwrap_or_default();
    let [row] = rows.as_slice() else { return BTreeMap::new() };
    let asked = does.asks().iter().filter(|ask| ask.name == row.kind().word());
    asked.map(|ask| (ask.name.to_owned(), path(row))).collect()
}

/// As `describe` takes it.
fn path(target: &Target) -> String {
    let parts: Vec<&str> = target.path().iter().map(Text::raw).collect();
    parts.join("/")
}

fn takes(does: Does) -> Kind {
    match does {
        Does::Operation(operation) => operation.takes(),
        Does::Run(_) => Kind::Run,
    }
}

fn choice(app: &App, does: Does) -> Option<Choice> {
    let takes = takes(does);
    let nothing = BTreeMap::new;
    let (chosen, said) = match app.trail.page() {
        Page::List(listing) if !listing.view.offers().contains(&does.name()) => return None,
        Page::List(_) if takes.is_made() => return Some(begun(app, does)),
        Page::List(listing) => (of_rows(listing, takes)?, nothing()),
        Page::Thing(reading) => match next(app, reading, does) {
            Some(next) => (Ok(next.targets.clone()), next.arguments.clone()),
            None => (Ok(of_thing(reading, takes)?), nothing()),
        },
    };
    let (targets, why_not) = match chosen {
        Ok(targets) => {
            let why_not = why_not(app, does, &targets);
            (targets, why_not)
        }
        Err(why_not) => (Vec::new(), Some(why_not)),
    };
    Some(Choice {
        does,
        targets,
        said,
        why_not,
    })
}

fn why_not(app: &App, does: Does, targets: &[Target]) -> Option<String> {
    match (does, targets) {
        (Does::Operation(operation), [run]) if operation.takes() == Kind::Run && goes(app, run) => {
            Some("has not ended: it may be told to abort".into())
        }
        (Does::Operation(_), _) => {
            read_only(app).or_else(|| targets.iter().find_map(|target| app.setup.hand.lacks(target)))
        }
        // What leave to write would not help is said first.
        (Does::Run(turn), [run]) => stands(app, turn, run).or_else(|| read_only(app)),
        (Does::Run(_), _) => Some("one run at a time".into()),
    }
}

/// What a run that is done was only the first half of.
fn next<'a>(app: &'a App, reading: &Reading, does: Does) -> Option<&'a Request> {
    let run = app
        .run(&reading.target)
        .filter(|run| run.state == Outcome::Done.word())?;
    run.then.as_ref().filter(|next| next.operation == does.name())
}

/// Whether a run may still go on.
fn goes(app: &App, run: &Target) -> bool {
    app.run(run).is_some_and(|run| run.open)
}

/// Why a run cannot be done this to as it stands.
pub(super) fn stands(app: &App, turn: Turn, run: &Target) -> Option<String> {
    match app.run(run) {
        Some(run) => turn.why_not(run, app.setup.hand.person()),
        None => Some("is not listed any more".into()),
    }
}

fn read_only(app: &App) -> Option<String> {
    app.permit.is_none().then(|| "read-only: :write 15m TICKET".to_owned())
}

/// What the marked rows, or else the row under the cursor, are to an operation; or why they are nothing to it.
fn of_rows(listing: &Listing, takes: Kind) -> Option<Result<Vec<Target>, String>> {
    let rows = rows(listing);
    let mut targets: Vec<Target> = Vec::new();
    let mut others = 0;
    for row in &rows {
        match behind(row, takes).or_else(|| instance_of(row, takes)) {
            Some(target) if targets.contains(&target) => {}
            Some(target) => targets.push(target),
            None => others += 1,
        }
    }
    // A finding may be about anything: what it is not about is not worth a line.
    let findings = rows.iter().all(|row| row.kind() == Kind::Finding);
    match (targets.is_empty(), others) {
        (false, 0) => Some(Ok(targets)),
        (true, _) if findings && !rows.is_empty() => None,
        (true, 0) => Some(Err("no row is chosen".into())),
        (true, _) => Some(Err(format!("{} rows only", takes.word()))),
        (false, others) => Some(Err(format!(
            "{others} of {} marked rows are no {}",
            rows.len(),
            takes.word()
        ))),
    }
}

fn rows(listing: &Listing) -> Vec<Target> {
    if listing.marks.is_empty() {
        listing.row().map(|row| row.target.clone()).into_iter().collect()
    } else {
        listing.marks.iter().cloned().collect()
    }
}

/// What a page is to an operation: its own thing, or what the line under the cursor leads to.
fn of_thing(reading: &Reading, takes: Kind) -> Option<Vec<Target>> {
    let own = behind(&reading.target, takes);
    // Lines also lead up, to what the thing is part of: that has a page of its own.
    let down = |link: &&Target| !matches!(link.kind(), Kind::Instance | Kind::Server);
    let link = || reading.line().and_then(|line| line.link.as_ref()).filter(down);
    let chosen = own.or_else(|| link().and_then(|link| behind(link, takes)));
    chosen.map(|target| vec![target])
}

/// What an operation takes where this is chosen: the thing itself, the server that a standby is, or what a finding is
/// about.
fn behind(target: &Target, takes: Kind) -> Option<Target> {
    match (target.kind(), takes) {
        (kind, takes) if kind == takes => Some(target.clone()),
        (Kind::Standby, Kind::Server) => Some(Target::server(target.part(0), target.part(1))),
        (Kind::Finding, _) => {
            let kind: Kind = target.part(1).parse().ok().filter(|kind| *kind != Kind::Finding)?;
            behind(&Target::new(kind, target.path().iter().skip(2).cloned()), takes)
        }
        _ => None,
    }
}

/// The instance of a server, where a list of servers is the list of instances.
fn instance_of(row: &Target, takes: Kind) -> Option<Target> {
    (row.kind() == Kind::Server && takes == Kind::Instance).then(|| Target::instance(row.part(0)))
}
