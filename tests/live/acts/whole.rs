//! A schema and a database are brought back whole: after rows, tables or all of it went; and nobody else is touched.

use tenantry::{
    config::Policy,
    model::{Act, Check, Plan, Question, Step, Tree, Undo},
    ops::Outcome,
};

use super::{
    begin, carry, copies, plan,
    restore::{Still, botched, confirmed},
    says,
};
use crate::{faults::Heals, ground::Ground};

/// Removes copies and what was kept.
struct Tidy<'a>(&'a Ground);

impl Drop for Tidy<'_> {
    fn drop(&mut self) {
        self.0
            .execute("atlas-a", "suite", "drop table if exists public.follows");
        for instance in ["atlas", "boreas"] {
            copies::drop_all(self.0, instance);
        }
        forget(self.0);
    }
}

const KEPT: &str = "~ '^(before_restore|undone_restore|restored)_'";

/// What was kept of tenants, schemas and then databases.
pub fn kept(ground: &Ground) -> [Vec<String>; 2] {
    let schemas = format!("select nspname::text from pg_namespace where nspname {KEPT} order by 1");
    let databases = format!("select datname::text from pg_database where datname {KEPT} order by 1");
    [
        ground.sql("atlas-a", "suite", &schemas),
        ground.sql("boreas-a", "postgres", &databases),
    ]
}

/// Removes what was kept.
pub fn forget(ground: &Ground) {
    let [schemas, databases] = kept(ground);
    for schema in schemas {
        ground.execute("atlas-a", "suite", &format!("drop schema \"{schema}\" cascade"));
    }
    for database in databases {
        ground.execute(
            "boreas-a",
            "postgres",
            &format!("drop database \"{database}\" with (force)"),
        );
    }
}

/// All rows of all tables and where all sequences are, of the schemas that this is so of.
pub fn state(ground: &Ground, (server, database): (&str, &str), schemas: &str) -> Vec<String> {
    let all = format!(
        "select case when c.relkind = 'S' then format('select %L || last_value || is_called from %1$s', c.oid::regclass) else \
         format('select %L || coalesce(md5(string_agg((x.*)::text, '';'' order by (x.*)::text)), ''-'') from %1$s x', c.oid::regclass) end \
         from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'S') and {schemas} \
         and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by n.nspname, c.relname"
    );
    let all = ground.sql(server, database, &all);
    if all.is_empty() {
        return all;
    }
    ground.sql(server, database, &all.join(" union all "))
}

const SCHEMA: &str = "n.nspname = 't_cafe_dore'";
const SUITE: (&str, &str) = ("atlas-a", "suite");
const OWN: (&str, &str) = ("boreas-a", "tenant_cafe_dore");

/// The same plan, and at its end something that is never so: all is taken back.
fn hopeless(plan: &Plan) -> Plan {
    let steps = plan.steps.steps();
    let place = steps[0].act.place().unwrap().database("postgres");
    let never = Step {
        name: "look for what is never so".into(),
        act: Act::Look,
        again: true,
        check: Check {
            ask: Question::Sql(place.sql("select false")),
            within: 0,
        },
        undo: Undo::Nothing,
    };
    Plan {
        steps: Tree::Seq(vec![plan.steps.clone(), Tree::step(never)]),
        ..plan.clone()
    }
}

/// The same plan, its dump without a table: as if something had not been in it.
fn lacking(plan: &Plan, table: &str) -> Plan {
    fn lack(tree: &mut Tree, table: &str) {
        match tree {
            Tree::Step(step) => {
                if let Act::Pour(pour) = &mut step.act {
                    let words = pour.from.words.join(" ");
                    let words = format!("{words} && echo 'DROP TABLE {table};'");
                    pour.from.words = ["/bin/sh", "-c", &words].map(ToOwned::to_owned).into();
                }
            }
            Tree::Seq(all) | Tree::Each { over: all, .. } => all.iter_mut().for_each(|tree| lack(tree, table)),
        }
    }
    let mut plan = plan.clone();
    lack(&mut plan.steps, table);
    plan
}

/// Carries a plan out that must fail: all is taken back.
fn fails(ground: &Ground, plan: &Plan, why: &str) {
    let (_, outcome) = carry(ground, begin(plan, "ada"), &Policy::default(), &Ground::runs());
    match outcome {
        Some(Outcome::Undone { why: told }) => println!("undone: {told:.300}"),
        other => panic!("{other:?}"),
    }
    assert!(Ground::journal_texts().contains(why), "{why}");
}

pub fn schema(ground: &Ground) {
    if copies::are_impossible(ground) {
        return;
    }
    let (_tidy, _heals, _still) = (Tidy(ground), Heals(ground), Still::stand(ground));
    let neighbours = || {
        [
            state(ground, SUITE, &format!("not {SCHEMA} and n.nspname !~ '_restore_'")),
            state(ground, ("atlas-a", "orders"), "true"),
        ]
    };
    let then = state(ground, SUITE, SCHEMA);
    let copy = botched(ground, "atlas/suite/cafe_dore");
    ground.execute(
        "atlas-a",
        "suite",
        "alter table t_cafe_dore.customer drop column email; drop table t_cafe_dore.event cascade",
    );
    let (now, others) = (state(ground, SUITE, SCHEMA), neighbours());
    assert_ne!(now, then);
    let line = format!("restore-whole atlas/suite/t_cafe_dore --set from={copy}");

    // What others have that depends on it would stay with what is kept.
    ground.execute(
        "atlas-a",
        "suite",
        "create table public.follows (customer bigint references t_cafe_dore.customer)",
    );
    says(ground, &format!("plan {line}"), 2, "follows_customer_fkey");
    ground.execute("atlas-a", "suite", "drop table public.follows");

    let plan = plan(ground, &line);
    fails(
        ground,
        &lacking(&plan, "t_cafe_dore.product CASCADE"),
        "t_cafe_dore.product",
    );
    assert_eq!(
        state(ground, SUITE, SCHEMA),
        now,
        "a dump that lacks a table leaves everything as it was"
    );
    assert_eq!(kept(ground)[0], [""; 0]);
    fails(ground, &hopeless(&plan), "never so");
    assert_eq!(state(ground, SUITE, SCHEMA), now, "taken back");
    assert_eq!(kept(ground)[0], ["undone_restore_t_cafe_dore"]);

    confirmed(ground, &line, "cafe_dore", 0, "read back: yes");
    assert_eq!(state(ground, SUITE, SCHEMA), then);
    let aside = SCHEMA.replace("t_cafe_dore", "before_restore_2_t_cafe_dore");
    assert_eq!(state(ground, SUITE, &aside).len(), now.len(), "what was there is kept");
    assert_eq!(neighbours(), others);

    forget(ground);
    ground.execute("atlas-a", "suite", "drop schema t_cafe_dore cascade");
    confirmed(ground, &line, "cafe_dore", 0, "read back: yes");
    assert_eq!(state(ground, SUITE, SCHEMA), then);
    assert_eq!(neighbours(), others);
    assert_eq!(kept(ground)[0], [""; 0]);
    says(
        ground,
        "plan restore-whole atlas/suite/t_nobody",
        2,
        "has no schema t_nobody",
    );
    says(ground, "plan restore-whole atlas/orders/nobody", 2, "knows of no place");
}

pub fn database(ground: &Ground) {
    if copies::are_impossible(ground) {
        return;
    }
    let (_tidy, _heals, _still) = (Tidy(ground), Heals(ground), Still::stand(ground));
    let other = ground.sql(
        "boreas-a",
        "postgres",
        "select min(datname)::text from pg_database where datname like 'tenant\\_%' and datname <> 'tenant_cafe_dore'",
    );
    let neighbour = || state(ground, ("boreas-a", &other[0]), "true");
    let acl = || {
        let sql = "select datacl::text || datcollate || datname from pg_database where datname = 'tenant_cafe_dore'";
        ground.sql("boreas-a", "postgres", sql)
    };
    ground.execute(
        "boreas-a",
        "postgres",
        "alter database tenant_cafe_dore set work_mem = '5MB'",
    );
    let (then, doors) = (state(ground, OWN, "true"), acl());
    let copy = botched(ground, "boreas/tenant_cafe_dore/cafe_dore");
    ground.execute("boreas-a", "tenant_cafe_dore", "drop table public.event cascade");
    let (now, others) = (state(ground, OWN, "true"), neighbour());
    assert_ne!(now, then);
    let line = format!("restore-whole boreas/tenant_cafe_dore/tenant_cafe_dore --set from={copy}");

    let plan = plan(ground, &line);
    fails(ground, &lacking(&plan, "public.product CASCADE"), "public.product");
    assert_eq!(
        state(ground, OWN, "true"),
        now,
        "a dump that lacks a table leaves everything as it was"
    );
    fails(ground, &hopeless(&plan), "never so");
    assert_eq!(state(ground, OWN, "true"), now, "taken back");
    assert_eq!(kept(ground)[1], [""; 0]);

    confirmed(ground, &line, "cafe_dore", 0, "read back: yes");
    assert_eq!(state(ground, OWN, "true"), then);
    assert_eq!(acl(), doors);
    assert_eq!(ground.sql(OWN.0, OWN.1, "show work_mem"), ["5MB"]);
    assert_eq!(kept(ground)[1], ["before_restore_tenant_cafe_dore"]);
    assert_eq!(neighbour(), others);

    forget(ground);
    ground.execute("boreas-a", "postgres", "drop database tenant_cafe_dore with (force)");
    confirmed(ground, &line, "cafe_dore", 0, "read back: yes");
    assert_eq!((state(ground, OWN, "true"), acl()), (then, doors));
    assert_eq!(kept(ground)[1], [""; 0]);
    ground.execute("boreas-a", "postgres", "alter database tenant_cafe_dore reset work_mem");
}
