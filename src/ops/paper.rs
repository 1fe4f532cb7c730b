//! A plan in words, for paper and for the screen: everything that it would do, to what, whom it touches.

use std::iter;

use crate::model::{
    Act, Attempt, Attempts, Bytes, Is, Limits, Login, Look, Place, Plan, Process, Question, Rows, Say, Series, Sql,
    Step, Text, Transact, Tree, Trial, Tried, Undo, With, Words,
};

/// So many of many are told in full; of more only the first is, and of the others what is done, in a line each. The plan as
/// JSON has all.
const FEW: usize = 3;

/// The heading of the part that has the steps.
pub const DOES: &str = "does";

/// A line of it. Nothing in it would be obeyed by a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What kind of line it is.
    pub mark: Mark,
    /// How far it stands from the edge.
    pub depth: usize,
    /// What it says.
    pub words: String,
}

/// Kinds of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Over a part.
    Heading,
    /// What is said.
    Words,
    /// Exactly what is sent.
    Exact,
    /// What is lost.
    Loss,
}

/// The whole plan, but for what has to be typed.
pub fn lines(plan: &Plan) -> Vec<Line> {
    let mut paper = Paper::default();
    paper.part("cannot be taken back", Mark::Loss, plan.lost.iter().cloned());
    paper.part("touches", Mark::Words, labelled(&plan.touches));
    if let Some(rows) = &plan.difference {
        let lines = rows.text().map_or_else(|| apart(rows), ToOwned::to_owned);
        paper.part("rows", Mark::Words, lines.lines().map(ToOwned::to_owned));
    }
    paper.part("seen now", Mark::Words, labelled(&plan.seen));
    paper.heading(DOES);
    paper.tree(&plan.steps, 1);
    paper.lines
}

fn labelled(parts: &[(String, String)]) -> impl Iterator<Item = String> {
    parts.iter().map(|(what, words)| format!("{what}: {words}"))
}

#[derive(Default)]
struct Paper {
    lines: Vec<Line>,
    steps: usize,
}

impl Paper {
    fn put(&mut self, mark: Mark, depth: usize, words: impl Into<String>) {
        let words = words.into();
        self.lines.push(Line { mark, depth, words });
    }

    fn heading(&mut self, words: &str) {
        self.put(Mark::Heading, 0, words);
    }

    fn part(&mut self, title: &str, mark: Mark, words: impl Iterator<Item = String>) {
        let mut words = words.peekable();
        if words.peek().is_some() {
            self.heading(title);
            words.for_each(|words| self.put(mark, 1, words));
        }
    }

    fn tree(&mut self, tree: &Tree, depth: usize) {
        match tree {
            Tree::Step(step) => self.step(step, depth),
            Tree::Seq(all) => all.iter().for_each(|child| self.tree(child, depth)),
            Tree::Each {
                cap,
                waves,
                gate,
                budget,
                over,
            } => {
                if let [only] = over.as_slice() {
                    return self.tree(only, depth);
                }
                let sizes: Vec<String> = waves.iter().map(ToString::to_string).collect();
                let sizes = if sizes.is_empty() {
                    "all".into()
                } else {
                    sizes.join(", ")
                };
                let words = format!(
                    "{} of them, at most {cap} at a time, in waves of {sizes}; {budget} may fail",
                    over.len()
                );
                self.put(Mark::Words, depth, words);
                if let Some(gate) = gate {
                    self.put(Mark::Words, depth, format!("between waves, within {} s:", gate.within));
                    self.question(&gate.ask, depth + 1);
                }
                let whole = if over.len() > FEW { 1 } else { over.len() };
                for child in &over[..whole] {
                    self.tree(child, depth + 1);
                }
                for child in &over[whole..] {
                    self.names(child, depth + 1);
                }
            }
        }
    }

    /// One of many in a line: the deeds that it is.
    fn names(&mut self, tree: &Tree, depth: usize) {
        let first = self.steps + 1;
        self.steps += tree.count();
        let names: Vec<&str> = tree
            .steps()
            .into_iter()
            .filter(|step| step.act != Act::Look)
            .map(|step| step.name.as_str())
            .collect();
        self.put(Mark::Words, depth, format!("{first}. {}", names.join("; ")));
    }

    fn step(&mut self, step: &Step, depth: usize) {
        self.steps += 1;
        let on = step
            .act
            .place()
            .map(|place| format!(", on {}", whole(place)))
            .unwrap_or_default();
        self.put(Mark::Words, depth, format!("{}. {}{on}", self.steps, step.name));
        self.act(&step.act, depth + 2);
        self.put(
            Mark::Words,
            depth + 1,
            format!("is done when, within {} s:", step.check.within),
        );
        self.question(&step.check.ask, depth + 2);
        match &step.undo {
            Undo::Act(undo) | Undo::Meanwhile(undo) => {
                self.put(Mark::Words, depth + 1, "is taken back by:");
                self.act(undo, depth + 2);
            }
            Undo::Nothing => {}
            Undo::Never(why) => self.put(Mark::Loss, depth + 1, format!("cannot be taken back: {why}")),
        }
    }

    fn act(&mut self, act: &Act, depth: usize) {
        let lines: Vec<String> = match act {
            Act::Look => Vec::new(),
            Act::Sql(sql) => vec![sql.text.clone()],
            Act::Transact(transact) => transaction(transact, None),
            Act::Pour(pour) => transaction(&pour.into, Some(&pour.from)),
            Act::Series(series) => series_lines(series),
            Act::Vault(call) => {
                let verb = match &call.body {
                    _ if call.remove => "DELETE",
                    Some(_) => "POST",
                    None => "GET",
                };
                let body = call.body.as_ref().map(|body| format!(" {body}")).unwrap_or_default();
                vec![format!("{verb} {}{body}", call.path)]
            }
            Act::Process(process) => vec![process.words.join(" ")],
        };
        for line in &lines {
            self.put(Mark::Exact, depth, shown(line));
        }
    }

    fn question(&mut self, ask: &Question, depth: usize) {
        match ask {
            Question::All(all) => all.iter().for_each(|ask| self.question(ask, depth)),
            Question::Sql(sql) => self.put(Mark::Exact, depth, shown(&sql.text)),
            Question::Look(look) => self.put(Mark::Exact, depth, looked(look)),
            Question::TakeAs(name, look) => self.put(Mark::Exact, depth, format!("{name} := {}", looked(look))),
            Question::Take(name, Sql { text, .. }) => {
                self.put(Mark::Exact, depth, format!("{name} := {}", shown(text)));
            }
            Question::List(_, sql) => self.put(Mark::Exact, depth, shown(&sql.text)),
            Question::Vault(say) => self.put(Mark::Exact, depth, said(say)),
            Question::Login(login) => self.put(Mark::Words, depth, tried(login)),
            Question::Trial(trial) => {
                for line in trial_lines(trial) {
                    self.put(Mark::Exact, depth, shown(&line));
                }
            }
            Question::Attempts(attempts) => self.attempts(attempts, depth),
            Question::Process(process) | Question::Verdict(process) => {
                let words = format!("this ends well: {}", shown(&process.words.join(" ")));
                self.put(Mark::Exact, depth, words);
            }
        }
    }

    fn attempts(&mut self, attempts: &Attempts, depth: usize) {
        let who = format!("{} tries on {}:", with(&attempts.with), whole(&attempts.place));
        self.put(Mark::Words, depth, who);
        for attempt in &attempts.tries {
            self.put(Mark::Exact, depth + 1, comes(attempt));
        }
    }
}

/// What must come of something that is tried.
fn comes(attempt: &Attempt) -> String {
    let what = match &attempt.what {
        Tried::Enter(database) => format!("connect to database {}", Text::from(database.as_str())),
        Tried::Say(statements) => shown(&statements.join("; ")),
    };
    let comes = match attempt.fails.as_slice() {
        [] => "goes through".to_owned(),
        states => format!("is refused ({})", states.join(" or ")),
    };
    format!("{comes}: {}: {what}", attempt.name)
}

fn looked(look: &Look) -> String {
    let role = look.role.as_ref().map(|role| format!("as {role}: "));
    shown(&format!("{}{}", role.unwrap_or_default(), look.sql.text))
}

fn shown(text: &str) -> String {
    Text::from(text).to_string()
}

/// The server, and the database where it is not its own.
fn whole(place: &Place) -> String {
    let database = place
        .database
        .as_deref()
        .map(|name| format!(", database {}", Text::from(name)));
    format!("{}{}", place.server, database.unwrap_or_default())
}

fn transaction(transact: &Transact, poured: Option<&Process>) -> Vec<String> {
    let role = transact.role.as_ref().map(|role| format!("set local role {role}"));
    let settings = transact
        .settings
        .iter()
        .map(|(name, value)| format!("set local {name} = {value}"));
    let limits = transact.limits.as_ref().map(limited);
    let unless = transact
        .unless
        .as_ref()
        .map(|done| format!("unless it is done already: {done}"));
    let guards = transact.guards.iter().map(|guard| format!("only if: {guard}"));
    let before = transact.witnesses.iter().map(|witness| match &witness.before {
        Some(before) => format!("before, as {}: {before}", witness.role),
        None => format!("only if, as {}: {}", witness.role, witness.after),
    });
    let proofs = transact.proofs.iter().map(|proof| format!("commit only if: {proof}"));
    let after = transact
        .witnesses
        .iter()
        .map(|witness| format!("commit only if, as {}: {}", witness.role, witness.after));
    let begin = if transact.frozen {
        "begin isolation level repeatable read"
    } else {
        "begin"
    };
    iter::once(begin.to_owned())
        .chain(role)
        .chain(settings)
        .chain(limits)
        .chain(unless)
        .chain(guards)
        .chain(before)
        .chain(transact.statements.iter().map(sent))
        .chain(poured.map(|process| format!("all that this says: {}", process.words.join(" "))))
        .chain(proofs)
        .chain(after)
        .chain(iter::once("commit".to_owned()))
        .collect()
}

fn series_lines(series: &Series) -> Vec<String> {
    let role = series.role.as_ref().map(|role| format!("set role {role}"));
    let settings = series
        .settings
        .iter()
        .map(|(name, value)| format!("set {name} = {value}"));
    let unless = series
        .unless
        .as_ref()
        .map(|done| format!("unless it is done already: {done}"));
    let guards = series.guards.iter().map(|guard| format!("only if: {guard}"));
    role.into_iter()
        .chain(settings)
        .chain(iter::once(limited(&series.limits)))
        .chain(unless)
        .chain(guards)
        .chain(series.statements.iter().map(sent))
        .collect()
}

fn trial_lines(trial: &Trial) -> Vec<String> {
    let role = format!("set local role {}", trial.role);
    ["begin".to_owned(), role]
        .into_iter()
        .chain(trial.statements.iter().cloned())
        .chain(iter::once("rollback".to_owned()))
        .collect()
}

fn limited(limits: &Limits) -> String {
    let Limits { lock, retries, budget } = limits;
    format!("no wait for a lock over {lock} ms, {retries} more tries, {budget} ms in all")
}

fn sent(words: &Words) -> String {
    match words {
        Words::Text(text) => text.clone(),
        Words::File(part) => {
            let range = part
                .range
                .map(|(from, to)| format!(", its bytes {from} to {to}"))
                .unwrap_or_default();
            format!("file {}{range} (SHA-256 {:.12}…)", part.file.raw(), part.sha256)
        }
        Words::Rows(rows) => rows.text().map_or_else(|| apart(rows), ToOwned::to_owned),
    }
}

/// Rows that are not at hand.
fn apart(rows: &Rows) -> String {
    format!(
        "rows that are not kept any more ({}, SHA-256 {:.12}…)",
        Bytes(rows.bytes),
        rows.rows
    )
}

fn said(say: &Say) -> String {
    let body = say.body.as_ref().map(|body| format!(" {body}")).unwrap_or_default();
    let path = shown(&format!("{}{body}", say.path));
    match &say.is {
        Is::Later(than) => format!("{path}: {} is later than {than}", say.at),
        Is::Absent => format!("{path}: there is none"),
        Is::Like(what) => format!("{path}: {} is {}", say.at, shown(&what.to_string())),
    }
}

fn tried(login: &Login) -> String {
    let with = with(&login.with);
    let comes = if login.opens { "logs in" } else { "is refused" };
    format!("{with} {comes} on {}", whole(&login.place))
}

fn with(with: &With) -> String {
    match with {
        With::Static { path, .. } => format!("the login at {}", shown(path)),
        With::Held { user, .. } => format!("the password held for {}", shown(user)),
        With::Chance { user } => format!("{} with a password of chance", shown(user)),
    }
}
