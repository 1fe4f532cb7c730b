//! Where a new tenant's tables are: how much of that is there, and what is in it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    database,
    roles::ROW,
    rows,
    scene::{Lives, Scene},
    schema,
};
use crate::{
    model::{Look, Place, Question, Step, Text, history, quote},
    ops::{
        Refusal,
        migrate::Upbringing,
        survey::{Inquiries, Inquiry, Known, parsed},
        tenant,
    },
};

/// How long reading back may take, in seconds.
pub(super) const WITHIN: u64 = 5;

/// How much of it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum There {
    /// Nothing.
    Nothing,
    /// All, as it would be made.
    All,
}

/// How it is asked what is there.
pub(super) struct State {
    /// Where.
    pub(super) place: Place,
    /// A condition on the row of its names: all of it is there, as it is made.
    pub(super) all: String,
    /// The same: nothing of it is there.
    pub(super) none: String,
    /// A query of what there is besides its roles, in words.
    pub(super) there: String,
    /// The id of the tenant, where the server tells one.
    pub(super) id: String,
}

/// What is said of one of them.
#[derive(Deserialize)]
struct Said {
    who: Text,
    all: bool,
    none: bool,
    there: Vec<Text>,
    id: Option<Text>,
}

/// What is asked before there is a plan, of all that will be in one database at once.
pub(super) fn asks(scenes: &[Scene<'_>]) -> Inquiries {
    let mut places: BTreeMap<String, (State, Vec<String>)> = BTreeMap::new();
    for scene in scenes {
        let state = scene.state();
        let (_, rows) = places.entry(scene.state_name()).or_insert_with(|| (state, Vec::new()));
        rows.push(scene.row());
    }
    let one = |(name, (state, rows)): (String, (State, Vec<String>))| {
        let sql = format!(
            "select json_build_object('who', w.slug, 'all', {}, 'none', {}, 'id', {}, 'there', (select coalesce(json_agg(t.what), '[]') \
             from ({} union all select 'the role ' || rolname from pg_roles where rolname in (w.owner, w.writer, w.reader)) \
             t (what)))::text from (values {}) {ROW}",
            state.all,
            state.none,
            state.id,
            state.there,
            rows.join(", ")
        );
        (name, Inquiry::Rows(state.place.sql(sql)))
    };
    places.into_iter().map(one).collect()
}

impl Scene<'_> {
    fn state(&self) -> State {
        match &self.lives {
            Lives::Rows(rows) => rows::state(self, rows),
            Lives::Schema => schema::state(self),
            Lives::Database(_) => database::state(self),
        }
    }

    fn state_name(&self) -> String {
        let place = self.shared_place();
        let database = place.database.as_deref().unwrap_or_default();
        let model = self.wishes.model.word();
        format!(
            "what there is already on {} {database} of the model {model}",
            place.server
        )
    }

    fn said(&self, known: Known<'_>) -> Result<Option<Said>, Refusal> {
        let Some(rows) = known.rows(&self.state_name())? else {
            return Ok(None);
        };
        let said: Vec<Said> = parsed(rows)?;
        let own = said.into_iter().find(|said| said.who.raw() == self.names.slug);
        own.map(Some)
            .ok_or_else(|| Refusal::new("the server does not say what is there"))
    }

    /// How much of it is there; none where nobody has looked yet.
    pub(super) fn found(&self, known: Known<'_>) -> Result<Option<There>, Refusal> {
        let Some(said) = self.said(known)? else {
            return Ok(None);
        };
        match said {
            Said { all: true, id, .. } => {
                self.is_meant(id, known)?;
                Ok(Some(There::All))
            }
            Said { none: true, .. } => Ok(Some(There::Nothing)),
            Said { there, .. } => {
                let there: Vec<String> = there.iter().map(ToString::to_string).collect();
                let what = format!(
                    "{} is taken on {}, and not as a tenant that was brought in: there is {}",
                    self.names.home,
                    self.instance.name,
                    there.join(", ")
                );
                Err(Refusal::new(what).hint("choose another name, or take away what is left of the old one first"))
            }
        }
    }

    /// Of two that are called alike one may be somebody else: who is in the registry already is meant where the secrets server
    /// knows the short name, or where the id was said.
    fn is_meant(&self, id: Option<Text>, known: Known<'_>) -> Result<(), Refusal> {
        let Some(id) = id else { return Ok(()) };
        if self.wishes.id == Some(id.raw()) || self.is_known(known)? != Some(false) {
            return Ok(());
        }
        let what = format!(
            "{} is taken: {}/{} has a tenant that is called so, with the id {id}",
            Text::from(self.called()),
            self.instance.name,
            self.database
        );
        Err(Refusal::new(what).hint(format!(
            "choose another name; where a run was left here, resume it or undo it; id={id} goes on with that tenant"
        )))
    }

    /// What makes it, as far as it can be tried in a transaction.
    pub(super) fn tried_before(&self, maker: &str, engine: &str, known: Known<'_>) -> Result<Vec<String>, Refusal> {
        Ok(match &self.lives {
            Lives::Rows(rows) => rows::made(self, rows, known)?,
            Lives::Schema => schema::made(self, maker, engine),
            Lives::Database(_) => self.roles_made(maker, engine),
        })
    }

    /// The steps that make it.
    pub(super) fn made(&self, known: Known<'_>) -> Result<Vec<Step>, Refusal> {
        match &self.lives {
            Lives::Rows(rows) => rows::steps(self, rows, known),
            Lives::Schema => schema::steps(self),
            Lives::Database(watcher) => database::steps(self, watcher),
        }
    }

    /// The step that only looks where it is there already.
    pub(super) fn stands(&self) -> Step {
        let state = self.state();
        let whole = Question::Sql(state.place.sql(self.is(&state.all)));
        let (what, keeps) = match &self.lives {
            Lives::Rows(rows) => ("it is in the registry", rows::takes_id(self, rows)),
            Lives::Schema | Lives::Database(_) => ("it is there, with its roles", self.oid()),
        };
        let name = format!("{}: {what}", Text::from(self.names.home.as_str()));
        Step::look(name, Question::All(vec![whole, keeps]), WITHIN)
    }

    /// What is there where it is there already.
    pub(super) fn home_shown(&self) -> String {
        match self.lives {
            Lives::Rows(_) => format!("{}, in the registry,", Text::from(self.called())),
            Lives::Schema | Lives::Database(_) => format!("{}, with its roles,", self.names.home),
        }
    }

    /// Its schema, which is brought to the last version; of shared tables that is not its own.
    pub(super) fn upbringing(&self, found: There) -> Option<Upbringing> {
        let tenant = match self.lives {
            Lives::Rows(_) => return None,
            Lives::Schema | Lives::Database(_) => self.tenant()?,
        };
        Some(Upbringing {
            tenant,
            model: self.wishes.model,
            name: self.called().into(),
            schema: self.schema.clone(),
            oid: format!(":'{}'::oid", self.names.kept("oid")),
            owner: self.names.owner.clone(),
            is_new: found == There::Nothing,
        })
    }

    /// What its schema is known by, for the steps that follow.
    pub(in crate::ops) fn oid(&self) -> Question {
        let sql = format!(
            "select oid::text from pg_namespace where nspname = {}",
            quote::literal(&self.schema)
        );
        Question::Take(self.names.kept("oid"), self.place().sql(sql))
    }

    /// Nothing is in it that would be lost.
    pub(super) fn nothing_kept(&self) -> Question {
        Question::Take(self.names.kept("content"), self.place().sql("select ''"))
    }

    /// What was written into it since is what the run itself left there. A run that did not come so far as to take that down
    /// leaves no row: somebody else may have gone on where it was left.
    pub(super) fn untouched(&self) -> String {
        let filled = self.moved.as_ref().and_then(|moved| moved.content.as_ref());
        let filled = filled.map(|filled| format!(" or {} = ({})", quote::literal(filled), content(&self.schema)));
        format!(
            "select (:'{content}' = '' and ({}) = 0) or :'{content}' = ({}){} /* nobody has written there since */",
            self.rows(),
            content(&self.schema),
            filled.unwrap_or_default(),
            content = self.names.kept("content")
        )
    }

    /// The step that takes down what is in it, before anybody may enter: the secrets server says that there are no such logins,
    /// which it would not where another run has gone on meanwhile, and somebody works there.
    pub(super) fn keep(&self, unwritten: impl Iterator<Item = Question>) -> Step {
        let look = Look {
            sql: self.place().sql(format!("select ({})", content(&self.schema))),
            role: Some(self.wishes.how.admin_role.clone()),
            settings: Vec::new(),
        };
        Step::look(
            format!(
                "{}: there is no login yet, and what is in it is taken down",
                self.names.home
            ),
            Question::All(
                unwritten
                    .chain([Question::TakeAs(self.names.kept("content"), look)])
                    .collect(),
            ),
            WITHIN,
        )
    }

    /// How many rows they have.
    fn rows(&self) -> String {
        over(&self.schema, "count(*)", "coalesce(sum({each}::bigint), 0)")
    }
}

/// A digest over all rows of all tables of a schema, but for its history.
pub(in crate::ops) fn content(schema: &str) -> String {
    let sum = tenant::sum("t::text");
    over(
        schema,
        &format!("count(*) || ' ' || {sum}"),
        "md5(coalesce(string_agg(c.relname || ' ' || {each}, ',' order by c.relname), ''))",
    )
}

/// A query of what `one` is of each table of a schema, put together where `{each}` stands.
fn over(schema: &str, one: &str, all: &str) -> String {
    let one = quote::literal(&format!("select {one} as d from %I.%I t"));
    let each = format!(
        "(xpath('/row/d/text()', query_to_xml(format({one}, n.nspname, c.relname), false, true, '')))[1]::text"
    );
    format!(
        "select {} from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = {} and c.relkind = 'r' \
         and c.relname <> {}",
        all.replace("{each}", &each),
        quote::literal(schema),
        quote::literal(history::TABLE)
    )
}
