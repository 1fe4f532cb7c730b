//! Whether tenants are still kept apart: asked of the first schema before the waves begin, of some others at the end.
//!
//! Of shared tables by looking with the eyes of the applications; of schemas and databases by asking whom they let in. Where
//! it was not so before, or nobody can tell, it is not asked, and the plan says so.

use super::{ask::Wishes, choose::Unit};
use crate::{
    facts::{
        migrations::standing::{self, Standing},
        tenants::{self, Size, Tenant},
    },
    model::{Isolation, Question, Sharing, Sql, Step, Target, Tree, Trial, plural, quote},
    ops::{
        refusal::primary,
        survey::{Inquiries, Inquiry, Known},
    },
    store::Snapshot,
};

/// Tenants of shared tables with whose eyes is looked.
const TENANTS: usize = 3;
/// In seconds. What is open does not close by itself; only a line that was lost comes back.
const WITHIN: u64 = 3;
/// How a query tells of a grant to everybody.
const EVERYBODY: &str = "* PUBLIC";

/// One question about a schema.
enum Probe {
    /// The application sees rows of the tenant that it works for, and of no other.
    Rows(Trial),
    /// Those who may enter may enter no other. The query tells who they are, and how many others they may enter.
    Doors(Sql, Others),
}

/// The others that a role must not reach.
struct Others {
    kind: &'static str,
    /// A condition on the role `$role`, as SQL.
    reaches: String,
}

/// The first, all shared ones, and of the rest the one in the middle and the last. Nobody where only a line is written down.
fn sampled<'u, 'a>(units: &'u [Unit<'a>], wishes: &Wishes) -> impl Iterator<Item = (usize, &'u Unit<'a>)> {
    let units = if wishes.baseline { &[] } else { units };
    let last = units.len().saturating_sub(1);
    units
        .iter()
        .enumerate()
        .filter(move |(at, unit)| [0, last.div_ceil(2), last].contains(at) || unit.standing.model == Isolation::Shared)
}

/// What is found out before: whether it is so now.
pub(super) fn inquiries(units: &[Unit<'_>], wishes: &Wishes, world: &Snapshot) -> Inquiries {
    let of = |unit| probes(unit, world).unwrap_or_default();
    let all = sampled(units, wishes).flat_map(|(_, unit)| of(unit));
    all.map(|(name, probe)| {
        let inquiry = match probe {
            Probe::Rows(trial) => Inquiry::Trial(trial),
            Probe::Doors(sql, _) => Inquiry::Rows(sql),
        };
        (name, inquiry)
    })
    .collect()
}

/// What is asked, and what is not, and why.
pub(super) fn told(units: &[Unit<'_>], wishes: &Wishes, world: &Snapshot, known: Known<'_>) -> Vec<(String, String)> {
    let mut told = Vec::new();
    for (_, unit) in sampled(units, wishes) {
        match settled(unit, world, known) {
            Ok(settled) => told.extend(settled.into_iter().map(|(name, ask)| match ask {
                Ok(_) => (name, "will be asked of it".to_owned()),
                Err(why) => (name, format!("will not be asked: {why}")),
            })),
            Err(why) => told.push((isolation(unit), format!("will not be asked: {why}"))),
        }
    }
    told
}

/// That the first is closed, before any other is touched.
pub(super) fn first(units: &[Unit<'_>], wishes: &Wishes, world: &Snapshot, known: Known<'_>) -> Vec<Tree> {
    let first = sampled(units, wishes).filter(|(at, _)| *at == 0);
    first.flat_map(|(_, unit)| steps(unit, world, known)).collect()
}

/// That the others are.
pub(super) fn others(units: &[Unit<'_>], wishes: &Wishes, world: &Snapshot, known: Known<'_>) -> Vec<Tree> {
    let others = sampled(units, wishes).filter(|(at, _)| *at > 0);
    others.flat_map(|(_, unit)| steps(unit, world, known)).collect()
}

fn steps(unit: &Unit<'_>, world: &Snapshot, known: Known<'_>) -> Vec<Tree> {
    let settled = settled(unit, world, known).unwrap_or_default();
    let asked = settled.into_iter().filter_map(|(name, ask)| Some((name, ask.ok()?)));
    asked
        .map(|(name, ask)| Tree::step(Step::look(name, ask, WITHIN)))
        .collect()
}

/// Each probe by its name: the question, or why it is not asked. No question where nobody has looked yet.
type Settled = Vec<(String, Result<Question, String>)>;

fn settled(unit: &Unit<'_>, world: &Snapshot, known: Known<'_>) -> Result<Settled, String> {
    let mut settled = Settled::new();
    for (name, probe) in probes(unit, world)? {
        match probe {
            Probe::Rows(trial) => match known.tried(&name) {
                Ok(None) => {}
                Ok(Some(None)) => settled.push((name, Ok(Question::Trial(trial)))),
                Ok(Some(Some((_, why)))) => settled.push((name, Err(why.clone()))),
                Err(refusal) => settled.push((name, Err(refusal.what))),
            },
            Probe::Doors(sql, others) => match known.rows(&name) {
                Ok(None) => {}
                Ok(Some(rows)) => settled.push((name, closed(&sql, &others, rows))),
                Err(refusal) => settled.push((name, Err(refusal.what))),
            },
        }
    }
    Ok(settled)
}

/// Those who reach no other must not reach one afterwards.
fn closed(sql: &Sql, others: &Others, rows: &[String]) -> Result<Question, String> {
    if rows.iter().any(|row| row == EVERYBODY) {
        return Err("everybody may enter it".into());
    }
    let rows = rows.iter().filter_map(|row| row.split_once(' '));
    let (own, wide): (Vec<_>, Vec<_>) = rows.partition(|(reached, _)| *reached == "0");
    let roles: Vec<String> = own.iter().map(|(_, role)| quote::literal(role)).collect();
    if roles.is_empty() {
        return Err(wide.first().map_or_else(
            || "nobody but its owner may enter it".into(),
            |(reached, role)| format!("{role}, who may enter it, may enter {reached} other {}s", others.kind),
        ));
    }
    let list = roles.join(", ");
    let reaches = others.reaches.replace("$role", "r.oid");
    Ok(Question::Sql(sql.place.sql(format!(
        "select not exists (select from pg_roles r where r.rolname in ({list}) and exists ({reaches}))"
    ))))
}

fn isolation(unit: &Unit<'_>) -> String {
    format!("isolation of {}", unit.path())
}

fn probes(unit: &Unit<'_>, world: &Snapshot) -> Result<Vec<(String, Probe)>, String> {
    let server = primary(world, unit.instance()).map_err(|refusal| refusal.what)?;
    match unit.standing.model {
        Isolation::Shared => rows(unit, world),
        Isolation::Schema => {
            let place = server.database(unit.database());
            let same = |other: &Standing| other.target.part(1) == unit.database();
            let others = names(unit, world, 2, same);
            let reaches = format!(
                "select from pg_namespace o where o.nspname = any (array[{others}]::name[]) \
                 and has_schema_privilege($role, o.oid, 'USAGE')"
            );
            let acl = format!(
                "select nspowner as owner, coalesce(nspacl, acldefault('n', nspowner)) as acl from pg_namespace where oid = {}",
                unit.oid
            );
            let others = Others {
                kind: "schema",
                reaches,
            };
            Ok(vec![(
                isolation(unit),
                Probe::Doors(place.sql(entering(&acl, "USAGE", &others)), others),
            )])
        }
        Isolation::Database => {
            let others = names(unit, world, 1, |_| true);
            let reaches = format!(
                "select from pg_database o where o.datname = any (array[{others}]::name[]) \
                 and has_database_privilege($role, o.oid, 'CONNECT')"
            );
            let acl = format!(
                "select datdba as owner, coalesce(datacl, acldefault('d', datdba)) as acl from pg_database where datname = {}",
                quote::literal(unit.database())
            );
            let others = Others {
                kind: "database",
                reaches,
            };
            Ok(vec![(
                isolation(unit),
                Probe::Doors(server.sql(entering(&acl, "CONNECT", &others)), others),
            )])
        }
        Isolation::Instance => Ok(Vec::new()),
    }
}

/// The other tenants' schemas or databases, as constants.
fn names(unit: &Unit<'_>, world: &Snapshot, part: usize, same: impl Fn(&Standing) -> bool) -> String {
    let all = standing::of(world)
        .map(|all| all.standings.as_slice())
        .unwrap_or_default();
    let others = all
        .iter()
        .filter(|other| other.model == unit.standing.model && other.target.part(0) == unit.instance() && same(other));
    let names = others
        .map(|other| other.target.part(part))
        .filter(|name| *name != unit.standing.target.part(part));
    names.map(quote::literal).collect::<Vec<_>>().join(", ")
}

/// Who was let in, with how many others that role may enter: `N role`.
fn entering(acl: &str, privilege: &str, others: &Others) -> String {
    let reaches = others
        .reaches
        .replacen("select from", "select count(*) from", 1)
        .replace("$role", "r.oid");
    format!(
        "select case a.grantee when 0 then '{EVERYBODY}' else ({reaches})::text || ' ' || r.rolname end \
         from ({acl}) t cross join aclexplode(t.acl) a left join pg_roles r on r.oid = a.grantee \
         where a.privilege_type = '{privilege}' and a.grantee <> t.owner and r.rolsuper is not true order by 1"
    )
}

/// A look with the eyes of each role of the applications.
fn rows(unit: &Unit<'_>, world: &Snapshot) -> Result<Vec<(String, Probe)>, String> {
    let instance = world.fleet.instance(unit.instance());
    let Sharing {
        column, setting, roles, ..
    } = instance
        .and_then(|instance| instance.sharing(unit.database()))
        .ok_or("the fleet file does not say how tenants share it")?;
    let tenants = eyes(&unit.standing.tenants, world);
    if tenants.is_empty() {
        return Err("no tenant is known to have rows in it".into());
    }
    if roles.is_empty() {
        return Err("the fleet file names no runtime_roles".into());
    }
    let place = primary(world, unit.instance())
        .map_err(|refusal| refusal.what)?
        .database(unit.database());
    let look = |role: &String| {
        let name = format!(
            "{}: {role} sees the rows of {}, each its own only",
            isolation(unit),
            plural(tenants.len(), "tenant")
        );
        let statements = tenants.iter().flat_map(|tenant| {
            let set = format!(
                "select set_config({}, {}, true)",
                quote::literal(setting),
                quote::literal(tenant.id())
            );
            [set, sees_its_own_only(unit, column, tenant)]
        });
        let trial = Trial {
            place: place.clone(),
            role: role.clone(),
            statements: statements.collect(),
        };
        (name, Probe::Rows(trial))
    };
    Ok(roles.iter().map(look).collect())
}

/// Tenants that have rows, the smallest first: looking reads all that is theirs.
fn eyes<'a>(targets: &[Target], world: &'a Snapshot) -> Vec<&'a Tenant> {
    let all = tenants::of(world).map(|all| all.tenants.as_slice()).unwrap_or_default();
    let size = |tenant: &Tenant| match &tenant.size {
        Size::Exact(bytes) | Size::About(bytes) => Some(bytes.0).filter(|bytes| *bytes > 0),
        Size::Unseen(_) => None,
    };
    let there = all.iter().filter(|tenant| targets.contains(&tenant.target));
    let mut sized: Vec<(u64, &Tenant)> = there.filter_map(|tenant| Some((size(tenant)?, tenant))).collect();
    sized.sort_by_key(|(bytes, _)| *bytes);
    sized.into_iter().take(TENANTS).map(|(_, tenant)| tenant).collect()
}

/// Fails where the role that runs it sees rows of other tenants, or none of its own at all.
fn sees_its_own_only(unit: &Unit<'_>, column: &str, tenant: &Tenant) -> String {
    let (name, column, id) = (
        quote::literal(&tenant.name.to_string()),
        quote::literal(column),
        quote::literal(tenant.id()),
    );
    let body = format!(
        "declare what regclass; own boolean := false; seen boolean;
begin
  for what in select c.oid from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = {column} and not a.attisdropped
    where c.relnamespace = {oid} and c.relkind in ('r', 'p', 'v', 'm', 'f') and has_table_privilege(c.oid, 'SELECT') loop
    execute format('select exists (select from %s where %I is distinct from %L)', what, {column}, {id}) into seen;
    if seen then raise exception '% sees rows of others in %', {name}, what; end if;
    execute format('select exists (select from %s where %I = %L)', what, {column}, {id}) into seen;
    own := own or seen;
  end loop;
  if not own then raise exception '% sees no row of its own', {name}; end if;
end",
        oid = unit.oid
    );
    format!("do {}", quote::literal(&body))
}
