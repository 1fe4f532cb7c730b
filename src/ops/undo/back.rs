//! The way back from a step that a run did, once the run has ended: a deed of which it can be asked whether it is done.

use std::collections::BTreeMap;

use crate::{
    model::{Act, Check, Look, Place, Question, Say, Series, Step, Transact, Undo, Witness, Words},
    ops::{
        lease,
        scribe::filled,
        survey::{Inquiries, Inquiry},
    },
};

const WITHIN: u64 = 10;

/// A way back.
pub(super) struct Back {
    act: Act,
    done: Done,
    /// What must be so before, each with the query.
    guards: Vec<(String, Look)>,
}

/// How it is asked whether it is done.
enum Done {
    /// Of a server: a query that yields one boolean.
    Look(Look),
    /// Of the secrets server.
    Say(Say),
}

impl Back {
    /// Of this deed, with what the run's steps kept; none where it holds only while its run goes.
    pub(super) fn of(act: &Act, kept: &BTreeMap<String, String>) -> Option<Self> {
        let act = with(act, kept);
        let (done, guards) = match &act {
            Act::Transact(t) => {
                let (done, mut guards) = asked(&t.place, t.role.as_ref(), &t.settings, t.unless.as_ref(), &t.guards)?;
                guards.extend(t.witnesses.iter().filter_map(|witness| seen(&t.place, witness)));
                (done, guards)
            }
            Act::Series(s) => asked(&s.place, s.role.as_ref(), &s.settings, s.unless.as_ref(), &s.guards)?,
            Act::Vault(call) => (Done::Say(lease::done_by(call)?), Vec::new()),
            Act::Look | Act::Sql(_) | Act::Pour(_) | Act::Process(_) => return None,
        };
        Some(Self { act, done, guards })
    }

    pub(super) fn place(&self) -> Option<&Place> {
        self.act.place()
    }

    /// Whether what it takes back could be done once more by the same deed as before.
    pub(super) fn in_turn(&self) -> bool {
        matches!(self.act, Act::Transact(_))
    }

    /// Under what it is known whether it is taken back already.
    pub(super) fn is_back(step: &Step) -> String {
        format!("{}: is it taken back", step.name)
    }

    /// What else must be so: under what it is known, and the query.
    pub(super) fn guards(&self, step: &Step) -> impl Iterator<Item = (String, &str)> {
        let name = step.name.clone();
        let guards = self.guards.iter().enumerate();
        guards.map(move |(at, (sql, _))| (format!("{name}: guard {}", at + 1), sql.as_str()))
    }

    pub(super) fn asked(&self, step: &Step) -> Inquiries {
        let text = |look: &Look| {
            let sql = look.sql.place.sql(format!("select ({})::text", look.sql.text));
            Inquiry::Look(Look { sql, ..look.clone() })
        };
        let first = match &self.done {
            Done::Look(look) => text(look),
            Done::Say(say) => Inquiry::Says(say.clone()),
        };
        let looks = self.guards.iter().map(|(_, look)| text(look));
        let names = self.guards(step).map(|(name, _)| name);
        std::iter::once((Self::is_back(step), first))
            .chain(names.zip(looks))
            .collect()
    }

    /// The way back as a step, and the way forth as its way back.
    pub(super) fn reversed(&self, step: &Step) -> Step {
        let ask = match &self.done {
            Done::Look(look) => Question::Look(look.clone()),
            Done::Say(say) => Question::Vault(say.clone()),
        };
        Step {
            name: format!("take back: {}", step.name),
            act: self.act.clone(),
            again: true,
            check: Check { ask, within: WITHIN },
            undo: Undo::Act(step.act.clone()),
        }
    }
}

/// How it is asked whether it is done, and what must be so before; none where that cannot be asked.
fn asked(
    place: &Place,
    role: Option<&String>,
    settings: &[(String, String)],
    unless: Option<&String>,
    guards: &[String],
) -> Option<(Done, Vec<(String, Look)>)> {
    let look = |sql: &String| Look {
        sql: place.sql(sql),
        role: role.cloned(),
        settings: settings.to_vec(),
    };
    let guards = guards.iter().map(|sql| (sql.clone(), look(sql)));
    Some((Done::Look(look(unless?)), guards.collect()))
}

/// What a witness must see beforehand too.
fn seen(place: &Place, witness: &Witness) -> Option<(String, Look)> {
    let look = Look {
        sql: place.sql(&witness.after),
        role: Some(witness.role.clone()),
        settings: vec![("row_security".to_owned(), "off".to_owned())],
    };
    witness.before.is_none().then(|| (witness.after.clone(), look))
}

/// The deed, with what was kept where a name stands for it.
fn with(act: &Act, kept: &BTreeMap<String, String>) -> Act {
    let text = |text: &String| filled(text, kept);
    let all = |texts: &[String]| texts.iter().map(text).collect();
    let words = |all: &[Words]| {
        let one = |words: &Words| match words {
            Words::Text(said) => Words::Text(text(said)),
            Words::File(_) | Words::Rows(_) => words.clone(),
        };
        all.iter().map(one).collect()
    };
    let witness = |one: &Witness| Witness {
        before: one.before.as_ref().map(text),
        after: text(&one.after),
        ..one.clone()
    };
    match act {
        Act::Transact(back) => Act::Transact(Transact {
            unless: back.unless.as_ref().map(text),
            guards: all(&back.guards),
            proofs: all(&back.proofs),
            witnesses: back.witnesses.iter().map(witness).collect(),
            statements: words(&back.statements),
            ..back.clone()
        }),
        Act::Series(back) => Act::Series(Series {
            unless: back.unless.as_ref().map(text),
            guards: all(&back.guards),
            statements: words(&back.statements),
            ..back.clone()
        }),
        Act::Look | Act::Sql(_) | Act::Pour(_) | Act::Vault(_) | Act::Process(_) => act.clone(),
    }
}
