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
        self.0.execute(
            "atlas-a",
            "suite",
            &format!(
                "drop table if exists public.follows, public.lookup cascade; drop publication if exists of_tenants; \
                 drop schema if exists {} cascade; drop role if exists {GONE}",
                ODD.0
            ),
        );
        for instance in ["atlas", "boreas", "acme"] {
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

/// Removes what was kept of the tenant that has an instance.
fn forget_acme(ground: &Ground) {
    let kept = format!("select datname::text from pg_database where datname {KEPT}");
    for database in ground.sql("acme-a", "postgres", &kept) {
        let drop = format!("drop database \"{database}\" with (force)");
        ground.execute("acme-a", "postgres", &drop);
    }
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

/// All rows of all tables, of the schemas that this is so of. Where sequences are, the copy knows better: the log has them up
/// to 32 numbers ahead.
pub fn state(ground: &Ground, (server, database): (&str, &str), schemas: &str) -> Vec<String> {
    let all = format!(
        "select format('select %L || coalesce(md5(string_agg((x.*)::text, '';'' order by (x.*)::text)), ''-'') from %1$s x', \
         c.oid::regclass) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and {schemas} \
         and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by n.nspname, c.relname"
    );
    let all = ground.sql(server, database, &all);
    if all.is_empty() {
        return all;
    }
    ground.sql(server, database, &all.join(" union all "))
}

const EVERYTHING: &str = include_str!("everything.sql");
/// The schema that it makes, quoted, as a tenant in a line, and what the tenant is called.
const ODD: (&str, &str, &str) = (
    r#""t_Odd ""it's $x""#,
    r#"atlas/suite/t_Odd§"it's§$x"#,
    r#"Odd "it's $x"#,
);
/// A role that has rights in it and is dropped.
const GONE: &str = "lent_and_gone";
/// What a dump could lack or have besides, as statements at its end.
const PLANTED: [(&str, &str); 6] = [
    ("DROP TABLE product CASCADE", "product\" does not exist"),
    ("DELETE FROM order_line WHERE line = 1", "order_line is as in the copy"),
    (
        "ALTER SEQUENCE orders_id_seq RESTART 1",
        "orders_id_seq is as in the copy",
    ),
    (
        "REVOKE USAGE ON SCHEMA {schema} FROM app_rw, PUBLIC",
        "the form of its schemas is that of the copy",
    ),
    (
        "ALTER TABLE customer ALTER COLUMN name DROP NOT NULL",
        "the form of its tables is that of the copy",
    ),
    (
        "CREATE DOMAIN extra AS int",
        "the form of its types is that of the copy",
    ),
];

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

/// The same plan, its dump with these words at its end: as if something had not been in it.
fn planted(plan: &Plan, schema: &str, statement: &str) -> Plan {
    fn lack(tree: &mut Tree, statement: &str) {
        match tree {
            Tree::Step(step) => {
                if let Act::Pour(pour) = &mut step.act {
                    let words = pour.from.words.join(" ");
                    let words = format!("{words} && echo '{statement};'");
                    pour.from.words = ["/bin/sh", "-c", &words].map(ToOwned::to_owned).into();
                }
            }
            Tree::Seq(all) | Tree::Each { over: all, .. } => all.iter_mut().for_each(|tree| lack(tree, statement)),
        }
    }
    let mut plan = plan.clone();
    let statement = statement.replace("{schema}", schema);
    lack(&mut plan.steps, &format!("SET search_path = {schema}; {statement}"));
    plan
}

/// Carries a plan out that must fail: all is taken back.
fn fails(ground: &Ground, plan: &Plan, why: &str) {
    let (_, outcome) = carry(ground, begin(plan, "ada"), &Policy::default(), &Ground::runs());
    match outcome {
        Some(Outcome::Undone { why: told }) => assert!(told.contains(why), "{told}"),
        other => panic!("{other:?}"),
    }
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
    all_sorts(ground, SUITE);
    let refers = format!(
        "create role {GONE}; create table public.lookup (id int primary key); alter table public.lookup owner to app_owner; \
         set role app_owner; create table {0}.refers (id int references public.lookup); grant select on {0}.big to {GONE}",
        ODD.0
    );
    ground.execute("atlas-a", "suite", &refers);
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

    // What others have that depends on it would stay with what is kept (B16).
    ground.execute(
        "atlas-a",
        "suite",
        "create table public.follows (customer bigint references t_cafe_dore.customer)",
    );
    says(ground, &format!("plan {line}"), 2, "follows_customer_fkey");
    ground.execute("atlas-a", "suite", "drop table public.follows");

    ground.execute(
        "atlas-a",
        "suite",
        "create publication of_tenants for tables in schema t_cafe_dore",
    );
    says(
        ground,
        &format!("plan {line}"),
        3,
        "publications: of_tenants: what they publish",
    );
    ground.execute("atlas-a", "suite", "drop publication of_tenants");

    let plan = plan(ground, &line);
    for (statement, why) in PLANTED {
        fails(ground, &planted(&plan, "t_cafe_dore", statement), why);
        assert_eq!(
            state(ground, SUITE, SCHEMA),
            now,
            "{statement} leaves everything as it was"
        );
    }
    assert_eq!(kept(ground)[0], [""; 0]);
    fails(ground, &hopeless(&plan), "never so: it is not so");
    assert_eq!(state(ground, SUITE, SCHEMA), now, "taken back");
    assert_eq!(kept(ground)[0], ["undone_restore_t_cafe_dore"]);

    confirmed(ground, &line, "cafe_dore", 0, "read back: yes");
    assert_eq!(state(ground, SUITE, SCHEMA), then);
    // The first name was taken (B18), and its sequences are where they were (B15).
    let aside = SCHEMA.replace("t_cafe_dore", "before_restore_2_t_cafe_dore");
    assert_eq!(state(ground, SUITE, &aside).len(), now.len(), "what was there is kept");
    assert_eq!(neighbours(), others);
    says(ground, &format!("plan {line}"), 2, "there is nothing to bring back");

    forget(ground);
    ground.execute("atlas-a", "suite", "drop schema t_cafe_dore cascade");
    confirmed(ground, &line, "cafe_dore", 0, "read back: yes");
    assert_eq!(state(ground, SUITE, SCHEMA), then);
    assert_eq!(neighbours(), others);
    assert_eq!(kept(ground)[0], [""; 0]);
    everything(ground, &copy);
    says(
        ground,
        &format!("plan restore-whole atlas/suite/t_nobody --set from={copy}"),
        2,
        "has no schema t_nobody",
    );
    // Who shares tables is not dumped (T1).
    says(ground, "plan restore-whole atlas/orders/nobody", 2, "knows of no place");
}

/// Makes the schema that has one of everything.
fn all_sorts(ground: &Ground, (server, database): (&str, &str)) {
    ground.execute(server, database, &format!("drop schema if exists {} cascade", ODD.0));
    ground.execute(server, database, EVERYTHING);
}

/// What a schema can hold at all comes back, under whatever name.
fn everything(ground: &Ground, copy: &str) {
    let rows = "n.nspname = 't_Odd \"it''s $x'";
    let then = state(ground, SUITE, rows);
    assert_eq!(then.len(), 7);
    ground.execute("atlas-a", "suite", &format!("drop schema {} cascade", ODD.0));
    let line = format!("restore-whole {} --set from={copy}", ODD.1);
    says(
        ground,
        &format!("plan {line}"),
        3,
        "writers of public.lookup: have to wait",
    );
    rights_of_a_role_that_is_gone(ground, &line);
    confirmed(ground, &line, ODD.2, 0, "read back: yes");
    assert_eq!(state(ground, SUITE, rows), then);
    says(ground, &format!("plan {line}"), 2, "there is nothing to bring back");
    ground.execute("atlas-a", "suite", &format!("drop schema {} cascade", ODD.0));
}

/// B17: nothing is half made, and it is said who is missing.
fn rights_of_a_role_that_is_gone(ground: &Ground, line: &str) {
    ground.execute("atlas-a", "suite", &format!("drop role {GONE}"));
    confirmed(ground, line, ODD.2, 1, &format!("role \"{GONE}\" does not exist"));
    ground.execute("atlas-a", "suite", &format!("create role {GONE}"));
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
        // In no order: a right that was taken and given back stands last.
        let sql = "select (select string_agg(one::text, ' ' order by one::text) from unnest(datacl) one) || datcollate \
                   || datname from pg_database where datname = 'tenant_cafe_dore'";
        ground.sql("boreas-a", "postgres", sql)
    };
    ground.execute(
        "boreas-a",
        "postgres",
        "alter database tenant_cafe_dore set work_mem = '5MB'",
    );
    all_sorts(ground, OWN);
    let (then, doors) = (state(ground, OWN, "true"), acl());
    let copy = botched(ground, "boreas/tenant_cafe_dore/cafe_dore");
    ground.execute("boreas-a", "tenant_cafe_dore", "drop table public.event cascade");
    let (now, others) = (state(ground, OWN, "true"), neighbour());
    assert_ne!(now, then);
    // B19
    let line = format!("restore-whole boreas/tenant_cafe_dore/tenant_cafe_dore --set from={copy}");

    let plan = plan(ground, &line);
    for (statement, why) in PLANTED {
        fails(ground, &planted(&plan, "public", statement), why);
        assert_eq!(
            state(ground, OWN, "true"),
            now,
            "{statement} leaves everything as it was"
        );
        assert_eq!(kept(ground)[1], [""; 0]);
    }
    fails(ground, &hopeless(&plan), "never so: it is not so");
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
    ground.execute(OWN.0, OWN.1, &format!("drop schema {} cascade", ODD.0));
}

/// Of a tenant that has an instance its database comes back, as with any other; the server is left alone.
pub fn instance(ground: &Ground) {
    if copies::are_impossible(ground) {
        return;
    }
    let (_tidy, _heals, _still) = (Tidy(ground), Heals(ground), Still::stand(ground));
    let shop = ("acme-a", "shop");
    let started = || ground.sql("acme-a", "postgres", "select pg_postmaster_start_time()::text");
    let (then, since) = (state(ground, shop, "true"), started());
    let copy = botched(ground, "acme/shop/acme");
    ground.execute("acme-a", "shop", "drop table public.event cascade");
    assert_ne!(state(ground, shop, "true"), then);
    let line = format!("restore-whole acme//acme --set from={copy}");
    says(ground, &format!("plan {line}"), 3, "holds: database: shop comes back");
    confirmed(ground, &line, "acme", 0, "read back: yes");
    assert_eq!((state(ground, shop, "true"), started()), (then, since));
    forget_acme(ground);
}
