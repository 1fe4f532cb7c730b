//! The schema of a new tenant and its three roles, made in one transaction: all of it is there, or nothing is.

use super::scene::Scene;
use crate::{
    model::{Act, Check, Look, Question, Step, Text, Transact, Undo, Words, quote},
    ops::{Refusal, survey::Known},
};

const WITHIN: u64 = 5;

/// How much of it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum There {
    /// Nothing.
    Nothing,
    /// All, as it would be made.
    All,
}

/// The rights that the application's role has on the tables of its tenant, and those that it has not, which row-level security
/// would not hold back either.
pub(super) const WRITES: &str = "select, insert, update, delete";

impl Scene<'_> {
    /// Asked before there is a plan: whether all of it is there, whether nothing is, and what is called so.
    pub(super) fn state(&self) -> (String, String) {
        let sql = format!(
            "select json_build_object('all', ({}), 'none', ({}), 'there', {})::text",
            self.whole(),
            self.none(),
            self.there()
        );
        (format!("what is called {} already", self.names.schema), sql)
    }

    /// How much of it is there; none where nobody has looked yet.
    pub(super) fn found(&self, known: Known<'_>) -> Result<Option<There>, Refusal> {
        #[derive(serde::Deserialize)]
        struct State {
            all: bool,
            none: bool,
            there: Vec<Text>,
        }
        let Some(rows) = known.rows(&self.state().0)? else {
            return Ok(None);
        };
        let states: Vec<State> = crate::ops::survey::parsed(rows)?;
        let state = states.first().ok_or_else(|| Refusal::new("the server does not say what is there"))?;
        if state.all {
            return Ok(Some(There::All));
        }
        if state.none {
            return Ok(Some(There::Nothing));
        }
        let there: Vec<String> = state.there.iter().map(ToString::to_string).collect();
        let what = format!(
            "{} is taken on {}, and not as a tenant that was brought in: there is {}",
            self.names.schema,
            self.instance.name,
            there.join(", ")
        );
        Err(Refusal::new(what).hint("choose another name, or take away what is left of the old one first"))
    }

    fn roles(&self) -> String {
        let all: Vec<String> = self.names.roles().iter().map(|name| quote::literal(name)).collect();
        all.join(", ")
    }

    fn there(&self) -> String {
        format!(
            "(select coalesce(json_agg(t.what), '[]') from (select 'the schema ' || nspname from pg_namespace where nspname = {} \
             union all select 'the role ' || rolname from pg_roles where rolname in ({})) t (what))",
            quote::literal(&self.names.schema),
            self.roles()
        )
    }

    /// Nothing of it is there.
    pub(super) fn none(&self) -> String {
        format!(
            "select not exists (select from pg_namespace where nspname = {}) and not exists (select from pg_roles where rolname in ({}))",
            quote::literal(&self.names.schema),
            self.roles()
        )
    }

    /// All of it is there, as it is made.
    pub(super) fn whole(&self) -> String {
        let literal = quote::literal;
        let names = &self.names;
        let enters = |role: &str| {
            format!(
                "coalesce(has_schema_privilege(to_regrole({})::oid, n.oid, 'usage'), false)",
                literal(&quote::ident(role))
            )
        };
        format!(
            "select exists (select from pg_namespace n join pg_roles o on o.oid = n.nspowner where n.nspname = {schema} \
             and o.rolname = {owner} and {writer} and {reader} \
             and coalesce(pg_has_role(to_regrole({admin})::oid, o.oid, 'member'), false) \
             and (select count(*) = 2 from pg_default_acl d where d.defaclnamespace = n.oid and d.defaclrole = o.oid)) \
             and (select count(*) = 3 from pg_roles where rolname in ({roles}) and not (rolcanlogin or rolsuper or rolbypassrls \
             or rolcreaterole or rolcreatedb or rolreplication))",
            schema = literal(&names.schema),
            owner = literal(&names.owner),
            writer = enters(&names.writer),
            reader = enters(&names.reader),
            admin = literal(&quote::ident(&self.wishes.how.admin_role)),
            roles = self.roles(),
        )
    }

    /// What makes it. Whoever comes second finds the names taken, and makes nothing.
    pub(super) fn made(&self, maker: &str, engine: &str) -> Vec<String> {
        let ident = quote::ident;
        let names = &self.names;
        let (schema, owner) = (ident(&names.schema), ident(&names.owner));
        let (writer, reader) = (ident(&names.writer), ident(&names.reader));
        let admin = ident(&self.wishes.how.admin_role);
        let all = names.roles().map(ident).join(", ");
        let mut said = vec![format!("set local role {}", ident(maker))];
        said.extend(names.roles().map(|role| format!("create role {} nologin", ident(role))));
        said.push(format!("grant {owner} to {admin}"));
        if engine != maker {
            said.push(format!("grant {all} to {} with admin option", ident(engine)));
        }
        match &self.wishes.how.connect_role {
            Some(connect) => {
                said.push(format!("grant {} to {all}", ident(connect)));
                said.push(format!("set local role {admin}"));
            }
            None => {
                said.push(format!("set local role {admin}"));
                said.push(format!("grant connect on database {} to {all}", ident(self.database)));
            }
        }
        let defaults = format!("alter default privileges in schema {schema} grant");
        said.extend([
            format!("create schema {schema} authorization {owner}"),
            format!("set local role {owner}"),
            format!("comment on schema {schema} is {}", quote::literal(self.called())),
            format!("grant usage on schema {schema} to {writer}, {reader}"),
            format!("{defaults} {WRITES} on tables to {writer}"),
            format!("{defaults} select on tables to {reader}"),
            format!("{defaults} usage, select on sequences to {writer}"),
            format!("{defaults} select on sequences to {reader}"),
        ]);
        said
    }

    /// What people call it.
    pub(super) fn called(&self) -> &str {
        self.wishes.name.unwrap_or(&self.names.slug)
    }

    /// What takes it away, with all that stands in it.
    fn unmade(&self, maker: &str) -> Vec<String> {
        let ident = quote::ident;
        let (schema, owner) = (ident(&self.names.schema), ident(&self.names.owner));
        let all = self.names.roles().map(ident).join(", ");
        let mut said = vec![format!("set local role {owner}"), format!("drop schema {schema} cascade")];
        if self.wishes.how.connect_role.is_none() {
            said.push(format!("set local role {}", ident(&self.wishes.how.admin_role)));
            said.push(format!("revoke connect on database {} from {all}", ident(self.database)));
        }
        said.push(format!("set local role {}", ident(maker)));
        said.push(format!("drop role {all}"));
        said
    }

    fn transact(&self, statements: Vec<String>) -> Transact {
        Transact {
            statements: statements.into_iter().map(Words::Text).collect(),
            ..Transact::on(self.place())
        }
    }

    /// The step that makes it. It is taken back as long as nobody has written there.
    pub(super) fn claim(&self) -> Result<Step, Refusal> {
        let (maker, engine) = (self.maker()?, self.engine()?);
        let place = self.place();
        let back = Transact {
            role: Some(self.wishes.how.admin_role.clone()),
            unless: Some(self.none()),
            guards: vec![self.untouched()],
            proofs: vec![self.none()],
            ..self.transact(self.unmade(&maker))
        };
        Ok(Step {
            name: format!("{}: its schema and its roles are made", self.names.schema),
            act: Act::Transact(Transact {
                unless: Some(self.whole()),
                guards: vec![self.none()],
                proofs: vec![self.whole()],
                ..self.transact(self.made(&maker, &engine))
            }),
            again: true,
            check: Check {
                ask: Question::All(vec![
                    Question::Sql(place.sql(self.whole())),
                    self.oid(),
                    // Nobody but this run knows of it yet.
                    Question::Take(self.names.kept("content"), place.sql("select ''")),
                ]),
                within: WITHIN,
            },
            undo: Undo::Act(Act::Transact(back)),
        })
    }

    /// The step that only looks where it is there already.
    pub(super) fn stands(&self) -> Step {
        let whole = Question::Sql(self.place().sql(self.whole()));
        let name = format!("{}: its schema and its roles are there", self.names.schema);
        Step::look(name, Question::All(vec![whole, self.oid()]), WITHIN)
    }

    fn oid(&self) -> Question {
        let sql = format!(
            "select oid::text from pg_namespace where nspname = {}",
            quote::literal(&self.names.schema)
        );
        Question::Take(self.names.kept("oid"), self.place().sql(sql))
    }

    /// What was written into it since is what the run itself left there.
    fn untouched(&self) -> String {
        format!(
            "select :'{content}' = '' or :'{content}' = ({}) /* nobody has written there since */",
            self.content(),
            content = self.names.kept("content")
        )
    }

    /// The step that takes down what is in it, before anybody may enter.
    pub(super) fn keep(&self) -> Step {
        let look = Look {
            sql: self.place().sql(format!("select ({})", self.content())),
            role: Some(self.wishes.how.admin_role.clone()),
            settings: Vec::new(),
        };
        Step::look(
            format!("{}: what is in it is taken down", self.names.schema),
            Question::TakeAs(self.names.kept("content"), look),
            WITHIN,
        )
    }

    /// A digest over all rows of all its tables, but for the history of its schema.
    fn content(&self) -> String {
        let sum = crate::ops::tenant::sum("t::text");
        let count = quote::literal(&format!("select count(*) || ' ' || {sum} as d from %I.%I t"));
        format!(
            "select md5(coalesce(string_agg(c.relname || ' ' || (xpath('/row/d/text()', query_to_xml(format({count}, n.nspname, \
             c.relname), false, true, '')))[1]::text, ',' order by c.relname), '')) from pg_class c \
             join pg_namespace n on n.oid = c.relnamespace where n.nspname = {} and c.relkind = 'r' and c.relname <> {}",
            quote::literal(&self.names.schema),
            quote::literal(crate::model::history::TABLE)
        )
    }
}
