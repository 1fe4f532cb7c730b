//! The end of it: a login of the new tenant is issued, does its work, and fails to break in anywhere.

use std::iter;

use super::{
    fence,
    roles::WRITES,
    scene::{Lives, Scene},
};
use crate::{
    facts::databases::Databases,
    model::{Attempt, Attempts, Check, Question, Step, Target, Text, Tried, With, history, plural, quote},
    ops::{
        Refusal, lease,
        refusal::fresh,
        survey::{Inquiry, Known, parsed},
    },
};

const WITHIN: u64 = 20;
/// PostgreSQL documentation, appendix A: `insufficient_privilege`.
const DENIED: &str = "42501";
/// `invalid_authorization_specification`: `pg_hba.conf` has no line for it.
const REJECTED: &str = "28000";
/// `invalid_schema_name`
const NO_SCHEMA: &str = "3F000";
/// Neighbours' tables that are tried one by one; of all others it is asked.
const TRIED: usize = 3;
/// The same of databases.
const ENTERED: usize = 20;

/// Rights on tables that row-level security does not cover, and that no application needs.
pub(super) const NEVER: [&str; 3] = ["truncate", "references", "trigger"];

impl Scene<'_> {
    /// The login of the application, and that of whoever changes the schema: each is issued, tries, and is given back.
    pub(super) fn proofs(&self, known: Known<'_>) -> Result<Vec<Step>, Refusal> {
        let shut = self.shut(&self.tables(known)?)?;
        let schema = fails("make a schema", ["create schema tenantry_probe".into()]);
        let (works, reach) = match &self.lives {
            Lives::Rows(rows) => (fence::tries(self, rows), "under its own id reaches nobody else"),
            Lives::Schema | Lives::Database(_) => (self.works(), "breaks in nowhere"),
        };
        let runtime = works.into_iter().chain([schema.clone()]).chain(shut.clone());
        let mut steps = self.proved(&self.names.runtime, reach, runtime.collect());
        if let Some(migrate) = &self.names.migrate {
            // Whoever owns a database may make schemas in it.
            let own = matches!(self.lives, Lives::Database(_));
            let tries = self.makes().into_iter().chain((!own).then_some(schema)).chain(shut);
            steps.extend(self.proved(migrate, reach, tries.collect()));
        }
        Ok(steps)
    }

    fn proved(&self, role: &str, reach: &str, tries: Vec<Attempt>) -> Vec<Step> {
        let (place, name) = (self.place(), self.names.kept(role));
        let attempts = Attempts {
            place: place.clone(),
            with: With::Held {
                name: name.clone(),
                user: format!("a user of {role}"),
            },
            tries,
        };
        let issued = lease::issue(&self.mount, role, &place, &name);
        let tried = Step {
            name: format!("a login of {} does its work, and {reach}", Text::from(role)),
            check: Check {
                ask: Question::All(vec![issued.check.ask, Question::Attempts(attempts)]),
                within: WITHIN,
            },
            ..issued
        };
        vec![tried, lease::give_back(role, &place, &name)]
    }

    /// What the application must be able to do.
    fn works(&self) -> Vec<Attempt> {
        let names = &self.names;
        let own = self.own_tables();
        let (reads, removes) = (
            "execute format('select from %s where false', t)",
            "execute format('delete from %s where false', t)",
        );
        let may = |rights: &str, yes: bool| {
            rights
                .split(", ")
                .map(|right| {
                    let not = if yes { "not " } else { "" };
                    format!(
                        "if {not}has_table_privilege(t, '{right}') then raise exception '% on %', '{right}', t using errcode = '{DENIED}'; end if"
                    )
                })
                .collect::<Vec<_>>()
                .join("; ")
        };
        let each = |what: &str| format!("declare t regclass; begin for t in {own} loop {what}; end loop; end");
        vec![
            passes(
                "every table of its own is read and written, and no row is touched",
                [run(&each(&format!("{reads}; {removes}; {}", may(WRITES, true))))],
            ),
            passes(
                "no table of its own can be emptied past row-level security, or be referred to from elsewhere",
                [run(&each(&may(&NEVER.join(", "), false)))],
            ),
            fails(
                format!("drop its schema {}", self.schema),
                [format!("drop schema {}", quote::ident(&self.schema))],
            ),
            fails(
                "make a table in its schema",
                [format!(
                    "create table {} ()",
                    quote::qualified(&self.schema, "tenantry_probe")
                )],
            ),
            fails(
                format!("become {}", names.owner),
                [format!("set role {}", quote::ident(&names.owner))],
            ),
            fails("lift the limit on temporary files", ["set temp_file_limit = -1".into()]),
        ]
    }

    /// What whoever changes the schema must be able to do.
    fn makes(&self) -> Vec<Attempt> {
        let table = quote::qualified(&self.schema, "tenantry_probe");
        let owned = format!(
            "do $$ begin if (select pg_get_userbyid(relowner) from pg_class where oid = '{}'::regclass) <> {} then \
             raise exception 'it belongs to somebody else'; end if; end $$",
            table.replace('\'', "''"),
            quote::literal(&self.names.owner)
        );
        vec![passes(
            "a table is made in its schema, and belongs to its owner",
            [format!("create table {table} (id int)"), owned],
        )]
    }

    /// What neither must be able to do.
    fn shut(&self, tables: &[String]) -> Result<Vec<Attempt>, Refusal> {
        let mut all = self.doors()?;
        all.extend(matches!(self.lives, Lives::Schema).then(|| self.neighbours_shut()));
        all.extend(tables.iter().flat_map(|table| {
            let read = fails(format!("read {table}"), [format!("select from {table} where false")]);
            let remove = fails(
                format!("remove from {table}"),
                [format!("delete from {table} where false")],
            );
            [read, remove]
        }));
        let admin = &self.wishes.how.admin_role;
        all.extend((self.schema != "public").then(|| Attempt {
            fails: vec![DENIED.into(), NO_SCHEMA.into()],
            ..fails(
                "make a table in public",
                ["create table public.tenantry_probe ()".into()],
            )
        }));
        all.extend([
            fails("make a role", ["create role tenantry_probe".into()]),
            fails(
                "lift its own limit of connections",
                ["do $$ begin execute format('alter role %I connection limit -1', session_user); end $$".into()],
            ),
            fails(format!("become {admin}"), [format!("set role {}", quote::ident(admin))]),
            fails(
                "read the passwords of all roles",
                ["select from pg_authid limit 0".into()],
            ),
            fails(
                "read a file of the server",
                ["select pg_read_file('PG_VERSION')".into()],
            ),
        ]);
        Ok(all)
    }

    /// Every other database of the instance is asked about, and some are tried.
    fn doors(&self) -> Result<Vec<Attempt>, Refusal> {
        let seen = fresh::<Databases>(self.world, &Target::instance(&self.instance.name))?.value;
        let others: Vec<&Text> = seen
            .databases
            .iter()
            .filter(|database| database.connectable && database.limit != -2 && database.name.raw() != self.database)
            .map(|database| &database.name)
            .collect();
        let body = "declare other name; begin for other in select datname from pg_database where datname <> current_database() \
                    and datallowconn and has_database_privilege(oid, 'connect') loop \
                    raise exception 'it may connect to database %', other; end loop; end";
        let asked = format!("it may connect to none of {}", plural(others.len(), "other database"));
        let door = |name: &&Text| Attempt {
            name: format!("connect to database {name}"),
            what: Tried::Enter(name.raw().to_owned()),
            fails: vec![DENIED.into(), REJECTED.into()],
        };
        let tried = others.iter().take(ENTERED).map(door);
        Ok(iter::once(passes(asked, [run(body)])).chain(tried).collect())
    }

    /// Asked of all schemas at once: it may enter none but its own.
    fn neighbours_shut(&self) -> Attempt {
        let body = format!(
            "declare other name; begin for other in select nspname from pg_namespace where nspname !~ '^pg_' \
             and nspname not in ('information_schema', 'public', {}) and has_schema_privilege(oid, 'usage') loop \
             raise exception 'it may enter schema %', other; end loop; end",
            quote::literal(&self.schema)
        );
        let others = self.lodgers().filter(|id| *id != self.names.home).count();
        let others = plural(others, "other tenant");
        passes(format!("it may enter the schema of none of {others}"), [run(&body)])
    }

    /// Tables of some tenants in the same database: what is asked before there is a plan, of all newcomers there at once.
    pub(super) fn asks_tables(&self) -> Option<(String, Inquiry)> {
        let lodgers: Vec<&str> = self.lodgers().collect();
        // One more than is tried: it may be its own.
        let some: Vec<String> = spread(&lodgers, TRIED + 1).map(quote::literal).collect();
        let sql = format!(
            "select distinct on (n.nspname) json_build_array(n.nspname, format('%I.%I', n.nspname, c.relname))::text \
             from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = any (array[{}]::name[]) \
             and c.relkind in ('r', 'p') order by n.nspname, c.relname",
            some.join(", ")
        );
        // Those of other databases cannot even be looked for.
        let shares = matches!(self.lives, Lives::Schema);
        shares.then(|| (self.tables_name(), Inquiry::Rows(self.place().sql(sql))))
    }

    fn tables_name(&self) -> String {
        format!("neighbours on {}, database {}", self.server.server, self.database)
    }

    /// Tables of its neighbours, quoted.
    fn tables(&self, known: Known<'_>) -> Result<Vec<String>, Refusal> {
        let all: Vec<(String, String)> = parsed(known.rows(&self.tables_name())?.unwrap_or_default())?;
        let others = all.into_iter().filter(|(schema, _)| *schema != self.names.home);
        Ok(others.map(|(_, table)| table).take(TRIED).collect())
    }

    /// The tables of the tenant, as `regclass`.
    fn own_tables(&self) -> String {
        format!(
            "select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = {} \
             and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> {}",
            quote::literal(&self.schema),
            quote::literal(history::TABLE)
        )
    }

    /// Where a login of a role of the secrets server is to be had.
    pub(super) fn creds(&self, role: &str) -> String {
        format!("{}/creds/{role}", self.mount)
    }
}

/// So many, evenly from the first to the last.
fn spread<'n>(all: &'n [&'n str], many: usize) -> impl Iterator<Item = &'n str> {
    let last = all.len().saturating_sub(1);
    let mut picked: Vec<usize> = (0..many).map(|n| last * n / (many - 1).max(1)).collect();
    picked.dedup();
    picked.into_iter().filter_map(|at| all.get(at).copied())
}

fn attempt(name: impl Into<String>, said: impl IntoIterator<Item = String>, fails: &[&str]) -> Attempt {
    Attempt {
        name: name.into(),
        what: Tried::Say(said.into_iter().collect()),
        fails: fails.iter().map(|state| (*state).to_owned()).collect(),
    }
}

pub(super) fn passes(name: impl Into<String>, said: impl IntoIterator<Item = String>) -> Attempt {
    attempt(name, said, &[])
}

pub(super) fn fails(name: impl Into<String>, said: impl IntoIterator<Item = String>) -> Attempt {
    attempt(name, said, &[DENIED])
}

pub(super) fn run(body: &str) -> String {
    format!("do {}", quote::literal(body))
}
