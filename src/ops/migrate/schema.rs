//! What is done to one schema: wait until the servers bear it, then its files, each transaction with its line in the
//! history.

use super::{ask::Wishes, choose::Unit, file, pace, series, shared};
use crate::{
    model::{Act, Check, Migration, Place, Question, Script, Step, Transact, Tree, Undo, Words, history},
    ops::{Refusal, refusal::primary, survey::Known},
    store::Snapshot,
};

/// How long reading back may take, in seconds.
pub(super) const WITHIN: u64 = 10;

/// A schema whose steps are made.
pub(super) struct Work<'a> {
    pub(super) unit: &'a Unit<'a>,
    pub(super) wishes: &'a Wishes,
    /// The database that it is in.
    pub(super) place: Place,
    /// What must be so before a transaction commits, besides its own.
    pub(super) proofs: Vec<String>,
}

/// Everything for one schema.
pub(super) fn tree(unit: &Unit<'_>, wishes: &Wishes, world: &Snapshot, known: Known<'_>) -> Result<Tree, Refusal> {
    let server = primary(world, unit.instance())?;
    let mut proofs = vec![file::owned(unit)];
    proofs.extend(shared::proof(unit, world, known)?);
    let work = Work {
        unit,
        wishes,
        place: server.database(unit.database()),
        proofs,
    };
    let wait = format!("{}: the servers bear it", work.name());
    let bear = pace::bear(unit.instance(), &server, wishes, world)?;
    let wait = Tree::step(Step::look(wait, bear, wishes.patience));
    let mut parts: Vec<Tree> = if wishes.baseline {
        vec![Tree::step(work.baseline())]
    } else {
        work.groups().iter().map(|group| work.group(group)).collect()
    };
    let files = match parts.len() {
        1 => parts.remove(0),
        // One that fails leaves those before it as they are: each is a version by itself.
        _ => Tree::Each {
            cap: 1,
            waves: Vec::new(),
            gate: None,
            budget: 0,
            over: parts,
        },
    };
    let history = unit.standing.history.is_none().then(|| Tree::step(work.history()));
    Ok(Tree::Seq(
        std::iter::once(wait)
            .chain(history)
            .chain(std::iter::once(files))
            .collect(),
    ))
}

impl<'a> Work<'a> {
    pub(super) fn name(&self) -> String {
        self.unit.path()
    }

    /// Files that commit together.
    fn groups(&self) -> Vec<Vec<&'a Migration>> {
        let mut groups: Vec<Vec<&Migration>> = Vec::new();
        let mut open = false;
        for migration in &self.unit.migrations {
            let together = self.unit.script(migration).is_none_or(Script::stands_together) && !self.wishes.by_file;
            match groups.last_mut().filter(|_| open && together) {
                Some(group) => group.push(migration),
                None => groups.push(vec![migration]),
            }
            open = together;
        }
        groups
    }

    fn group(&self, group: &[&'a Migration]) -> Tree {
        match group {
            [one] if !self.unit.script(one).is_none_or(Script::stands_together) => series::tree(self, one),
            _ => Tree::step(self.together(group)),
        }
    }

    /// A transaction that does nothing yet, as the owner, in the schema.
    pub(super) fn transact(&self) -> Transact {
        Transact {
            role: Some(self.unit.owner.clone()),
            settings: vec![("search_path".into(), file::search_path(self.unit))],
            limits: Some(self.wishes.limits),
            ..Transact::on(self.place.clone())
        }
    }

    pub(super) fn asks(&self, question: String) -> Question {
        Question::Sql(self.place.sql(question))
    }

    /// Makes the history where there is none.
    fn history(&self) -> Step {
        let readers = &self.unit.standing.track.readers;
        let kept = file::kept(self.unit);
        Step {
            name: format!("{}: make its history", self.name()),
            act: Act::Transact(Transact {
                guards: file::guards(self.unit),
                statements: vec![history::create(self.unit.schema(), readers).into()],
                unless: Some(kept.clone()),
                ..self.transact()
            }),
            again: true,
            check: Check {
                ask: self.asks(kept),
                within: WITHIN,
            },
            undo: Undo::Act(Act::Transact(Transact {
                statements: vec![file::unkept(self.unit).into()],
                ..self.transact()
            })),
        }
    }

    fn together(&self, group: &[&'a Migration]) -> Step {
        let (there, gone) = (file::all_of(self.unit, group), file::none_of(self.unit, group));
        let (forth, back) = (self.forth(group), self.back(group));
        let names: Vec<String> = group
            .iter()
            .filter_map(|migration| Some(self.unit.script(migration)?.file.to_string()))
            .collect();
        let (act, undo, so) = if self.unit.forth {
            (
                self.guarded(forth, &gone, &there),
                back.map(|back| self.unguarded(back, &gone)),
                there,
            )
        } else {
            let back = back.unwrap_or_default();
            (
                self.guarded(back, &there, &gone),
                Some(self.unguarded(forth, &there)),
                gone,
            )
        };
        Step {
            name: format!("{}: {}", self.name(), names.join(", ")),
            act: Act::Transact(act),
            again: true,
            check: Check {
                ask: self.read_back(so),
                within: WITHIN,
            },
            undo: match undo {
                Some(undo) => Undo::Act(Act::Transact(undo)),
                None => Undo::Never("not every file has one that takes it back".into()),
            },
        }
    }

    /// That it is so, and what the operator wants asked of each schema.
    fn read_back(&self, so: String) -> Question {
        let so = self.asks(so);
        match &self.wishes.probe {
            None => so,
            Some(probe) => Question::All(vec![so, self.asks(probe.clone())]),
        }
    }

    /// The files, each with its line in the history.
    fn forth(&self, group: &[&Migration]) -> Vec<Words> {
        let mut all: Vec<Words> = Vec::new();
        for migration in group {
            let statements = series::count(&migration.forth);
            all.push(file::whole(&migration.forth));
            all.push(file::again(self.unit));
            all.push(file::record(self.unit, migration, "applied", true, statements).into());
        }
        all
    }

    /// The files that take them back, the last first; none where one has none.
    fn back(&self, group: &[&Migration]) -> Option<Vec<Words>> {
        let mut all = Vec::new();
        let mut group = group.to_vec();
        group.sort_by(|a, b| b.version.cmp(&a.version));
        for migration in group {
            let back = migration.back.as_ref().filter(|back| back.stands_together())?;
            all.push(file::whole(back));
            all.push(file::again(self.unit));
            all.push(file::forget(self.unit, &[migration]).into());
        }
        Some(all)
    }

    fn guarded(&self, statements: Vec<Words>, before: &str, unless: &str) -> Transact {
        let mut guards = file::guards(self.unit);
        guards.push(before.to_owned());
        Transact {
            guards,
            statements,
            unless: Some(unless.to_owned()),
            proofs: std::iter::once(unless.to_owned())
                .chain(self.proofs.iter().cloned())
                .collect(),
            ..self.transact()
        }
    }

    fn unguarded(&self, statements: Vec<Words>, unless: &str) -> Transact {
        Transact {
            statements,
            unless: Some(unless.to_owned()),
            proofs: vec![unless.to_owned()],
            ..self.transact()
        }
    }

    /// Versions that are there already are written down, and nothing else is done.
    fn baseline(&self) -> Step {
        let all = &self.unit.migrations;
        let (there, gone) = (file::all_of(self.unit, all), file::none_of(self.unit, all));
        let records = all
            .iter()
            .map(|one| file::record(self.unit, one, "baseline", true, series::count(&one.forth)).into());
        let statements: Vec<Words> = records.collect();
        Step {
            name: format!("{}: record that it is at version {}", self.name(), self.unit.goal),
            act: Act::Transact(self.guarded(statements, &gone, &there)),
            again: true,
            check: Check {
                ask: self.asks(there),
                within: WITHIN,
            },
            undo: Undo::Act(Act::Transact(
                self.unguarded(vec![file::forget(self.unit, all).into()], &gone),
            )),
        }
    }
}
