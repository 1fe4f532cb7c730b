//! What stands between a new tenant and those whose rows are in the same tables, and how it is tried.

use std::collections::BTreeSet;

use super::{
    prove::{NEVER, fails, passes, run},
    roles::WRITES,
    rows::Rows,
    scene::Scene,
};
use crate::{
    findings::rls::{Isolation, Judged, Verdict},
    model::{Attempt, Kind, Severity, Target, Text, quote},
    ops::Refusal,
    store::Snapshot,
};

/// Relations that are told; of others only how many there are.
const TOLD: usize = 5;

/// What the policies of a database are worth, by their catalog.
pub(super) struct Fence {
    /// Relations that are closed: by what a session says of itself, at least.
    pub(super) closed: usize,
    /// They are closed whatever a session says of itself.
    pub(super) bound: bool,
    /// Schema, name and broken rules of those that are not closed, or of which that is not known.
    pub(super) open: Vec<(String, String, String)>,
    /// Roles that the policies do not bind.
    pub(super) past: BTreeSet<String>,
}

impl Fence {
    /// Of the shared tables of a database; open ones are refused where that is not allowed.
    pub(super) fn of(instance: &str, database: &str, leaks: bool, world: &Snapshot) -> Result<Self, Refusal> {
        let target = Target::database(instance, database);
        let Some(isolation) = world.get::<Isolation>(&target) else {
            let what =
                format!("whether the tables of {instance}/{database} are closed to other tenants was not seen yet");
            return Err(Refusal::new(what));
        };
        let judged = &isolation.value.judged;
        let is_open = |one: &&Judged| matches!(one.verdict, Verdict::Leaks | Verdict::NotProved(_));
        let open = judged.iter().filter(is_open);
        let open = open.map(|one| {
            let (schema, name) = (one.target.part(2).to_owned(), one.target.part(3).to_owned());
            (schema, name, one.numbers())
        });
        let findings = isolation.value.findings.iter();
        let past = findings.filter(|one| one.severity >= Severity::Warning && one.target.kind() == Kind::Role);
        let fence = Self {
            closed: judged.iter().filter(|one| !is_open(one)).count(),
            bound: !judged.is_empty() && !judged.iter().any(|one| one.verdict == Verdict::Trusting),
            open: open.collect(),
            past: past.map(|one| one.target.to_string()).collect(),
        };
        if leaks || (fence.open.is_empty() && fence.past.is_empty()) {
            return Ok(fence);
        }
        let mut what = Vec::new();
        if !fence.open.is_empty() {
            what.push(format!(
                "{} of {instance}/{database} are open to other tenants: {}",
                fence.open.len(),
                fence.shown()
            ));
        }
        if !fence.past.is_empty() {
            what.push(format!("policies do not bind {}", fence.past()));
        }
        Err(Refusal::new(what.join("; ")).hint(
            "the view `policies` tells what closes them; leaks=allow brings it in all the same, and leaves them out of the proof",
        ))
    }

    /// The open ones, in words.
    pub(super) fn shown(&self) -> String {
        let told = self.open.iter().take(TOLD).map(|(schema, name, rules)| {
            let name = Text::from(format!("{schema}.{name}"));
            if rules.is_empty() {
                name.to_string()
            } else {
                format!("{name} ({rules})")
            }
        });
        let mut told: Vec<String> = told.collect();
        let more = self.open.len().saturating_sub(TOLD);
        told.extend((more > 0).then(|| format!("{more} more")));
        told.join(", ")
    }

    /// Those that are not bound, in words.
    pub(super) fn past(&self) -> String {
        self.past.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    /// What its isolation is, in words.
    pub(super) fn words(&self, setting: &str) -> String {
        if self.bound {
            return format!(
                "policies bind its login, whatever it says of itself, on {} tables and views",
                self.closed
            );
        }
        format!(
            "not isolated against a hostile login: who has it may set {setting} to another's id, and is believed (3.12)"
        )
    }

    /// A query that yields whether every table is under row-level security that binds its owner too; but for the open ones.
    pub(super) fn stands(&self, rows: &Rows<'_>) -> String {
        format!(
            "select not exists (select from {} {} and not (c.relrowsecurity and c.relforcerowsecurity \
             and exists (select from pg_policy p where p.polrelid = c.oid))) /* every table is closed by a forced policy */",
            rows.tables(),
            self.but_open()
        )
    }

    fn but_open(&self) -> String {
        let pairs: Vec<String> = self
            .open
            .iter()
            .map(|(schema, name, _)| format!("({}, {})", quote::literal(schema), quote::literal(name)))
            .collect();
        if pairs.is_empty() {
            return String::new();
        }
        format!("and (n.nspname, c.relname) not in ({})", pairs.join(", "))
    }
}

/// Loops over the tables that are closed.
struct Loops<'a> {
    rows: &'a Rows<'a>,
    /// The column that tells tenants apart, as a string constant.
    column: String,
    /// The setting that says who is asking, as a string constant.
    setting: String,
}

impl Loops<'_> {
    fn closed(&self, right: &str) -> String {
        format!(
            "{} {} and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, {right})",
            self.rows.tables(),
            self.rows.fence.but_open(),
        )
    }

    /// The login has each of the rights of an application on some table.
    fn may(&self) -> String {
        let rights: Vec<String> = WRITES.split(", ").map(quote::literal).collect();
        run(&format!(
            "declare wanted text; begin foreach wanted in array array[{}] loop if not exists (select from {}) then \
             raise exception 'there is no table on which it may %', wanted; end if; end loop; end",
            rights.join(", "),
            self.closed("wanted")
        ))
    }

    /// Does something with each table `t` on which the login has a right, and something after that.
    fn each(&self, right: &str, body: &str, after: &str) -> String {
        run(&format!(
            "declare t record; found boolean; stranger text; own text := current_setting({}, true); begin \
             for t in select c.oid, format('%I.%I', n.nspname, c.relname) as name, c.relkind, a.atttypid, \
             (select array[string_agg(format(', %I', x.attname), ''), string_agg(', null', '')] from pg_attribute x \
             left join pg_attrdef d on d.adrelid = x.attrelid and d.adnum = x.attnum where x.attrelid = c.oid \
             and (x.attidentity <> '' or pg_get_expr(d.adbin, d.adrelid) like '%nextval(%')) as counted \
             from {} loop {body} end loop; {after} end",
            self.setting,
            self.closed(&quote::literal(right)),
        ))
    }

    /// Writes a row of a tenant that does not exist. No sequence is asked for a number, and row-level security says no before any
    /// constraint does (PostgreSQL documentation 5.9): where a constraint does, the row was let through.
    fn writes(&self, whose: &str, let_in: &str, after: &str) -> String {
        let body = format!(
            "stranger := case when t.atttypid = 'uuid'::regtype then gen_random_uuid()::text when \
             (select typcategory from pg_type where oid = t.atttypid) = 'N' then '-1' else 'tenantry-stranger' end; {whose} \
             begin execute format('insert into %s (%I%s) overriding system value values (%L%s)', t.name, {}, t.counted[1], \
             stranger, t.counted[2]); {let_in} exception when insufficient_privilege then null; \
             when check_violation then if t.relkind <> 'p' then {let_in} end if; \
             when not_null_violation or foreign_key_violation or unique_violation or exclusion_violation then {let_in} end;",
            self.column
        );
        self.each("insert", &body, after)
    }
}

/// What a login of the application does under the id of its tenant, and what it must not reach.
pub(super) fn tries(scene: &Scene<'_>, rows: &Rows<'_>) -> Vec<Attempt> {
    let loops = Loops {
        rows,
        column: quote::literal(rows.sharing.column),
        setting: quote::literal(rows.sharing.setting),
    };
    let mut all = loops.passed(&format!(":'{}'", scene.names.kept("id")));
    let probe = quote::qualified(rows.schema, "tenantry_probe");
    let become_one = |role: &str| fails(format!("become {role}"), [format!("set role {}", quote::ident(role))]);
    all.extend([
        fails(
            "change the registry",
            [format!("delete from {} where false", rows.registry)],
        ),
        fails(
            format!("make a table in {}", Text::from(rows.schema)),
            [format!("create table {probe} ()")],
        ),
        become_one(&scene.names.owner),
        become_one(&scene.names.reader),
        fails("lift the limit on temporary files", ["set temp_file_limit = -1".into()]),
    ]);
    all.extend((!rows.fence.bound).then(|| loops.believed()));
    all
}

impl Loops<'_> {
    /// That somebody is speaking, for as long as a transaction lasts.
    fn says(&self, id: &str) -> String {
        format!("select set_config({}, {id}, true)", self.setting)
    }

    /// What must go well under the id of its tenant, which is an expression of SQL.
    fn passed(&self, id: &str) -> Vec<Attempt> {
        let own = self.says(id);
        let sees = format!(
            "execute format('select exists (select from %s where %I is distinct from %L)', t.name, {}, own) into found; \
             if found then raise exception 'it sees rows of others in %', t.name; end if;",
            self.column
        );
        let blank = "begin execute format('select exists (select from %s)', t.name) into found; \
                     exception when data_exception then found := false; end; \
                     if found then raise exception 'it sees rows in %', t.name; end if;";
        let lets = "raise exception 'it writes a row of another tenant into %', t.name;";
        let never = NEVER.map(|right| {
            format!(
                "if has_table_privilege(t.oid, '{right}') then \
                 raise exception 'it has the right to {right} %', t.name; end if;"
            )
        });
        vec![
            passes(
                "there are tables on which it may select, insert, update and delete",
                [self.may()],
            ),
            passes(
                "no row of another tenant is seen in any table",
                [own.clone(), self.each("select", &sees, "")],
            ),
            passes(
                "no row at all is seen without saying whose",
                [self.says("''"), self.each("select", blank, "")],
            ),
            passes(
                "every table refuses a row of another tenant",
                [own, self.writes("", lets, "")],
            ),
            passes(
                "no table can be emptied past row-level security, or be referred to from elsewhere",
                [self.each("select", &never.join(" "), "")],
            ),
        ]
    }

    /// It says that it is somebody who does not exist: nobody's rows are touched to show that it is believed.
    fn believed(&self) -> Attempt {
        let stranger = format!("perform set_config({}, stranger, true);", self.setting);
        let bound = "raise exception 'it is not believed: policies bind it after all';";
        passes(
            "not isolated against a hostile login: it says that it is another tenant, and is believed",
            [self.writes(&stranger, "return;", bound)],
        )
    }
}
