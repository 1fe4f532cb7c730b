//! Tells how a run goes, as its journal tells it. Another process carries it out.

use std::{
    io::{self, Write},
    path::Path,
    time::Duration,
};

use serde_json::{Value as Json, json};
use tokio::time::sleep;

use super::{
    Exit, plan,
    progress::{Beside, Told, goes_well},
};
use crate::{
    model::{Act, Answer, Command, Deed, Entry, Said},
    ops::{
        Course, Outcome, Run,
        carry::Reply,
        journal::{self, Follower},
        record,
    },
};

/// Between two looks at the journal.
const LOOK: Duration = Duration::from_millis(50);

/// How the progress of a run is told.
pub struct Telling<'a> {
    /// JSON lines, or words.
    pub json: bool,
    /// Where to.
    pub out: &'a mut (dyn Write + Send),
    /// What is said of the standbys beside how far many have come.
    pub standbys: Beside<'a>,
}

/// What came of the attempt to begin a run, or to take one up; then how it goes, to its end.
///
/// # Errors
/// Where the journal cannot be read.
pub async fn told(reply: Reply, directory: &Path, mut telling: Telling<'_>) -> io::Result<Exit> {
    let (kind, why, hint) = match reply {
        Reply::Begun(id) => return follow(&id, directory, telling).await,
        Reply::Unconfirmed(why) => ("unconfirmed", why, None),
        Reply::Refused(fault) => ("refused", fault.to_string(), fault.hint),
        Reply::Forbidden(why, hint) => ("forbidden", why, hint),
    };
    let after = hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
    telling.say(
        &json!({ kind: why, "hint": hint }),
        &format!("nothing was done: {why}{after}"),
    );
    Ok(if kind == "unconfirmed" {
        Exit::Unconfirmed
    } else {
        Exit::Usage
    })
}

/// Tells each line of a run's journal, and goes on until nobody carries it out any more. In words, where a run does the same
/// to many, what goes well is told by how far they have come.
///
/// # Errors
/// Where the journal cannot be read.
pub async fn follow(id: &str, directory: &Path, mut telling: Telling<'_>) -> io::Result<Exit> {
    let mut follower = Follower::open(&journal::path(directory, id))?;
    let (mut run, mut course) = (None, Course::default());
    let mut progress = Told::default();
    loop {
        // First whether it lives: what it wrote before it ended is read then.
        let lives = follower.lives();
        let known = follower.read_on()?;
        let reading = &follower.reading;
        for (entry, at) in reading.entries.iter().zip(&reading.times).skip(known) {
            record::follow(&mut run, &mut course, entry, *at);
            if let Some(run) = &run {
                telling.entry(entry, run, &course);
            }
        }
        if let Some(words) = run
            .as_ref()
            .filter(|_| !telling.json)
            .and_then(|run| progress.next(run, &course, lives, telling.standbys))
        {
            telling.say(&Json::Null, &words);
        }
        if let Some((line, why)) = &follower.reading.wrong {
            return Err(io::Error::other(format!("{id}: line {line} of its journal: {why}")));
        }
        if !lives {
            break;
        }
        sleep(LOOK).await;
    }
    let run = run.ok_or_else(|| io::Error::other(format!("{id} was never begun")))?;
    Ok(telling.ending(&run))
}

impl Telling<'_> {
    /// Who listens may be gone: that stops no run.
    fn say(&mut self, json: &Json, words: &str) {
        let _ = if self.json {
            writeln!(self.out, "{json}")
        } else {
            writeln!(self.out, "{words}")
        };
    }

    fn entry(&mut self, entry: &Entry, run: &Run, course: &Course) {
        if self.json {
            self.say(&json!({ "run": run.id, "entry": entry }), "");
        } else if !goes_well(entry, run, course)
            && let Some(words) = words(entry, run)
        {
            self.say(&Json::Null, &words);
        }
    }

    fn ending(&mut self, run: &Run) -> Exit {
        let (id, outcome) = (&run.id, run.outcome());
        let word = outcome.word();
        let (words, exit) = match &outcome {
            Outcome::Done => (format!("{word}: {id}{}", next(run)), Exit::Done),
            Outcome::Running => (
                format!("interrupted: {id}\ntake it up: tenantry run --resume {id}"),
                Exit::Stuck,
            ),
            Outcome::Paused { by } => (
                format!("{word} by {by}: {id}\ntake it up: tenantry run --resume {id}"),
                Exit::Stuck,
            ),
            Outcome::Awaits { persons } => (
                format!("{word}: {id}: {persons} more must confirm it: tenantry run --resume {id}"),
                Exit::Unconfirmed,
            ),
            Outcome::Undone { why } => (format!("{word}: {id}: {why}"), Exit::Failed),
            Outcome::Stuck { why } => (format!("{word}: {id}: {why}"), Exit::Stuck),
            Outcome::Aborted { by, stays } => {
                let stays: String = stays.iter().map(|step| format!("\n  stays: {step}")).collect();
                (format!("{word} by {by}: {id}{stays}"), Exit::Failed)
            }
            Outcome::Partly { failed, left, why } => {
                let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                let left = if *left > 0 {
                    format!("\n  not begun: {left} steps")
                } else {
                    String::new()
                };
                let failed: String = failed.iter().map(|(step, why)| format!("\n  {step}: {why}")).collect();
                (format!("{word}: {id}{why}{failed}{left}"), Exit::Failed)
            }
        };
        self.say(&json!({ "run": id, "ended": outcome }), &words);
        exit
    }
}

/// How to go on where it was only the first half.
fn next(run: &Run) -> String {
    let line = run
        .plan
        .then
        .as_ref()
        .map(|then| format!("\nnext: tenantry plan {}", plan::line(then)));
    line.unwrap_or_default()
}

/// A line of the journal in words; none where it says nothing that the next one does not.
fn words(entry: &Entry, run: &Run) -> Option<String> {
    Some(match entry {
        Entry::Opened { id, plan, said, .. } => format!("{id}: {}, confirmed by {}", plan.title, who(said)),
        Entry::Resumed { said, .. } => format!("{}: taken up by {}", run.id, who(said)),
        Entry::Ordered(order) => {
            let what = match order.what {
                Command::Pause => "to pause",
                Command::Continue => "to go on",
                Command::Abort => "to stop and take back what was done",
            };
            format!("told by {} {what}", order.by)
        }
        Entry::Kept(name, value) => format!("  {name} = {value}"),
        Entry::Note(note) => format!("  {note}"),
        Entry::Intent(_) => return None,
        // What only looks is told when it has looked.
        Entry::Answer(Deed::Act(at), _) if run.step(*at).act == Act::Look => return None,
        Entry::Answer(deed, answer) => {
            let what = match deed {
                Deed::Act(_) => "carried out",
                Deed::Check(at) if run.step(*at).act == Act::Look => "seen",
                Deed::Check(_) => "read back",
                Deed::Undo(_) => "taken back",
                Deed::Gate(_) => "asked for the gate",
            };
            let how = match answer {
                Answer::Yes => "yes".to_owned(),
                Answer::No => "no".to_owned(),
                Answer::Refused(fault) => format!("refused: {fault}"),
                Answer::Halfway(fault) => format!("stopped halfway: {fault}"),
                Answer::Silence(fault) => format!("no answer: {fault}"),
            };
            format!("  {}: {what}: {how}", run.step(deed.number()).name)
        }
    })
}

/// Who said it, and from where.
fn who(said: &Said) -> String {
    let login = said.login.as_ref().filter(|login| **login != said.by);
    let login = login
        .map(|login| format!(" (logged in as {login})"))
        .unwrap_or_default();
    let from = said
        .from
        .as_ref()
        .map(|from| format!(" from {from}"))
        .unwrap_or_default();
    format!("{}{login}{from}", said.by)
}
