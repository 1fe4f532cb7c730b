//! Two databases change names: nobody is let in, whoever is in is ended, and in one transaction they are renamed.

use super::{WITHIN, database::ask};
use crate::model::{Act, Check, Limits, Place, Question, Series, Step, Transact, Undo, quote};

/// Nobody is let in for as long as this takes.
const LIMITS: Limits = Limits {
    lock: 2_000,
    retries: 5,
    budget: 60_000,
};

/// The change of names.
pub(super) struct Swap<'a> {
    pub(super) live: &'a Place,
    /// The role that may do it.
    pub(super) maker: &'a str,
    /// The name that the new one gets.
    pub(super) id: &'a str,
    /// What the new one is called before.
    pub(super) new: &'a str,
    /// What the old one is called afterwards, where there is one.
    pub(super) kept: Option<&'a str>,
    /// Whether the old one may be connected to now.
    pub(super) open: bool,
}

impl Swap<'_> {
    /// All of it. Each step can be taken back by itself, the last first.
    pub(super) fn steps(&self) -> Vec<Step> {
        vec![self.closed(), self.left(), self.renamed(), self.opened()]
    }

    fn transact(&self, statements: Vec<String>) -> Transact {
        Transact {
            role: Some(self.maker.to_owned()),
            statements: statements.into_iter().map(Into::into).collect(),
            limits: Some(LIMITS),
            ..Transact::on(self.live.clone())
        }
    }

    /// The databases before the change.
    fn both(&self) -> Vec<&str> {
        let old = self.kept.map(|_| self.id);
        old.into_iter().chain([self.new]).collect()
    }

    fn closed(&self) -> Step {
        let both = self.both();
        let close = both.iter().map(|name| allow(name, false)).collect();
        let back = match self.kept {
            Some(_) => Undo::Act(Act::Transact(self.transact(vec![allow(self.id, self.open)]))),
            None => Undo::Nothing,
        };
        let so = format!(
            "select not exists (select from pg_database where datname in ({}) and datallowconn)",
            list(&both)
        );
        Step {
            name: format!("let nobody in to {}", both.join(" and ")),
            act: Act::Transact(self.transact(close)),
            again: true,
            check: ask(self.live, so),
            undo: back,
        }
    }

    fn left(&self) -> Step {
        let both = self.both();
        let so = format!("select not exists ({})", inside(&both));
        let who = inside(&both).replacen(
            "select",
            "select concat_ws(', ', 'pid ' || pid, usename, datname, application_name)",
            1,
        );
        Step {
            name: format!("end the sessions in {}", both.join(" and ")),
            act: Act::Transact(self.transact(vec![ended(&both)])),
            again: true,
            check: Check {
                ask: Question::All(vec![
                    Question::List("session".into(), self.live.sql(who)),
                    Question::Sql(self.live.sql(so)),
                ]),
                within: WITHIN,
            },
            undo: Undo::Nothing,
        }
    }

    fn renamed(&self) -> Step {
        let forth = self.kept.map(|kept| rename(self.id, kept));
        let forth = forth.into_iter().chain([rename(self.new, self.id)]).collect();
        let back = self.kept.map(|kept| rename(kept, self.id));
        let back = [rename(self.id, self.new)].into_iter().chain(back).collect();
        let there = |name: &str| {
            format!(
                "exists (select from pg_database where datname = {})",
                quote::literal(name)
            )
        };
        let (id, new) = (there(self.id), there(self.new));
        let so = format!("select {id} and not {new}");
        Step {
            name: format!("{} becomes {}", self.new, self.id),
            act: Act::Transact(Transact {
                unless: Some(so.clone()),
                ..self.transact(forth)
            }),
            again: true,
            check: ask(self.live, so),
            undo: Undo::Act(Act::Transact(Transact {
                unless: Some(format!("select {new}")),
                ..self.transact(back)
            })),
        }
    }

    fn opened(&self) -> Step {
        let id = quote::literal(self.id);
        let statements = [allow(self.id, false), ended(&[self.id])];
        Step {
            name: format!("let everybody in to {} who may be", self.id),
            act: Act::Transact(self.transact(vec![allow(self.id, true)])),
            again: true,
            check: ask(
                self.live,
                format!("select datallowconn from pg_database where datname = {id}"),
            ),
            undo: Undo::Act(Act::Series(Series {
                place: self.live.clone(),
                role: Some(self.maker.to_owned()),
                settings: Vec::new(),
                unless: None,
                guards: Vec::new(),
                statements: statements.into_iter().map(Into::into).collect(),
                untouched: None,
                limits: LIMITS,
            })),
        }
    }
}

fn allow(name: &str, open: bool) -> String {
    format!("alter database {} with allow_connections {open}", quote::ident(name))
}

fn rename(from: &str, to: &str) -> String {
    format!("alter database {} rename to {}", quote::ident(from), quote::ident(to))
}

fn list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| quote::literal(name)).collect();
    names.join(", ")
}

/// Who is in these databases. Processes of the server itself are nobody's, and give way by themselves. Of what is in this view
/// no more is asked than everybody may see.
fn inside(names: &[&str]) -> String {
    let names = list(names);
    format!("select from pg_stat_activity where datname in ({names}) and usesysid is not null")
}

/// Ends them, again and again until none was there for a while: one that was being let in when the door was closed comes in
/// later.
fn ended(names: &[&str]) -> String {
    let inside = inside(names);
    let end = inside.replacen("select", "perform pg_terminate_backend(pid)", 1);
    format!(
        "do $$ declare looks int := 0; begin for n in 1..{} loop if exists ({inside}) then looks := 0; {end}; \
         else looks := looks + 1; exit when looks = 5; end if; perform pg_sleep(0.1); perform pg_stat_clear_snapshot(); \
         end loop; end $$",
        WITHIN * 10
    )
}
