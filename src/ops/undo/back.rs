//! The way back from a step that a run did, once the run has ended: a transaction that knows whether it is done, or a
//! call of the secrets server after which what the step wrote there is gone.

use std::collections::BTreeMap;

use crate::{
    model::{Act, Call, Check, Look, Place, Question, Say, Step, Transact, Undo, Words},
    ops::{
        lease,
        scribe::filled,
        survey::{Inquiries, Inquiry},
    },
};

const WITHIN: u64 = 10;

/// A way back.
pub(super) enum Back {
    /// A transaction.
    Transact(Box<Transact>),
    /// A call after which the secrets server says this.
    Call(Call, Say),
}

/// A name, and a query that yields one boolean.
type Named = (String, String);

impl Back {
    /// Of this deed, with what the run's steps kept; none where it holds only while its run goes.
    pub(super) fn of(act: &Act, kept: &BTreeMap<String, String>) -> Option<Self> {
        match act {
            Act::Transact(back) if back.unless.is_some() => Some(Self::Transact(Box::new(with(back, kept)))),
            Act::Vault(call) => Some(Self::Call(call.clone(), lease::gone_by(call)?)),
            _ => None,
        }
    }

    pub(super) fn place(&self) -> Option<&Place> {
        match self {
            Self::Transact(back) => Some(&back.place),
            Self::Call(..) => None,
        }
    }

    /// What is asked before anything is confirmed: under what it is known whether it is taken back already, and what else must
    /// be so.
    pub(super) fn questions(&self, step: &Step) -> (String, Vec<Named>) {
        let guards = match self {
            Self::Transact(back) => back.guards.as_slice(),
            Self::Call(..) => &[],
        };
        let guard = |(at, guard): (usize, &String)| (format!("{}: guard {}", step.name, at + 1), guard.clone());
        (
            format!("{}: is it taken back", step.name),
            guards.iter().enumerate().map(guard).collect(),
        )
    }

    pub(super) fn asked(&self, step: &Step) -> Inquiries {
        let (is_back, guards) = self.questions(step);
        let first = match self {
            Self::Transact(back) => Inquiry::Look(look(back, text(&back.unless.clone().unwrap_or_default()))),
            Self::Call(_, gone) => Inquiry::Says(gone.clone()),
        };
        let guards = guards.into_iter().filter_map(|(name, sql)| match self {
            Self::Transact(back) => Some((name, Inquiry::Look(look(back, text(&sql))))),
            Self::Call(..) => None,
        });
        std::iter::once((is_back, first)).chain(guards).collect()
    }

    /// The way back as a step, and the way forth as its way back.
    pub(super) fn reversed(&self, step: &Step) -> Step {
        let (act, ask) = match self {
            Self::Transact(back) => (
                Act::Transact((**back).clone()),
                Question::Look(look(back, back.unless.clone().unwrap_or_default())),
            ),
            Self::Call(call, gone) => (Act::Vault(call.clone()), Question::Vault(gone.clone())),
        };
        Step {
            name: format!("take back: {}", step.name),
            act,
            again: true,
            check: Check { ask, within: WITHIN },
            undo: Undo::Act(step.act.clone()),
        }
    }
}

fn text(sql: &str) -> String {
    format!("select ({sql})::text")
}

fn look(back: &Transact, sql: String) -> Look {
    Look {
        sql: back.place.sql(sql),
        role: back.role.clone(),
        settings: back.settings.clone(),
    }
}

/// The transaction, with what was kept where a name stands for it.
fn with(back: &Transact, kept: &BTreeMap<String, String>) -> Transact {
    let all = |texts: &[String]| texts.iter().map(|text| filled(text, kept)).collect();
    let words = |words: &Words| match words {
        Words::Text(text) => Words::Text(filled(text, kept)),
        Words::File(_) | Words::Rows(_) => words.clone(),
    };
    Transact {
        unless: back.unless.as_ref().map(|unless| filled(unless, kept)),
        guards: all(&back.guards),
        proofs: all(&back.proofs),
        statements: back.statements.iter().map(words).collect(),
        ..back.clone()
    }
}
