//! Faults that are planted under a restore once its plan is made: each makes it fail, and all is as it was.

use tenantry::model::{Act, Plan, Rows, Tree, Words};

use super::proofs::Scene;

/// Rows of another tenant that go with one that the restore deletes.
pub const CASCADES: &str = "create table proofs_child (tenant_id uuid, depot text references legacy.depot (code) on delete cascade); \
    grant select on proofs_child to app_reader; insert into proofs_child values ('{other}', 'proofs new')";

/// Two columns of one type exchange their names.
pub const EXCHANGE: &str = "alter table customer rename name to proofs_between; alter table customer rename email to name; \
    alter table customer rename proofs_between to email";

/// A fault.
struct Fault {
    what: &'static str,
    plant: &'static str,
    away: &'static str,
    /// All rows of all others are digested; otherwise the server counts.
    digest: bool,
    /// How it is told.
    words: &'static str,
}

const NO_TRIGGER: &str = "drop trigger if exists proofs on public.orders; drop function if exists public.proofs()";
const NO_CHILD: &str = "drop table if exists proofs_child";
const ROLES: &str = "alter role app_reader bypassrls; alter role app_rw nobypassrls";
const FORCED: &str =
    "alter table public.orders enable row level security; alter table public.product force row level security";
const COUNTED: &str = "no row was written but those of the plan";
const NUMBERED: &str = "no sequence has gone back, and each is above the rows that it numbers";
/// A neighbour's row.
const NEIGHBOUR: &str = "update public.customer set name = name || '!' where (tenant_id, id) = (select '{other}'::uuid, min(id) \
    from public.customer where tenant_id = '{other}');";

const ALL: [Fault; 12] = [
    Fault {
        what: "R2: a trigger writes to a neighbour with the rights of a superuser, and the server has counted it",
        plant: "security definer",
        away: NO_TRIGGER,
        digest: false,
        words: COUNTED,
    },
    Fault {
        what: "R2: the same where all others are digested too",
        plant: "security definer",
        away: NO_TRIGGER,
        digest: true,
        words: COUNTED,
    },
    Fault {
        what: "R2: a trigger writes to a neighbour and has the server not count it",
        plant: "security definer set track_counts = off",
        away: NO_TRIGGER,
        digest: true,
        words: "the rows of other tenants in public.customer are as they were",
    },
    Fault {
        what: "R2: a trigger empties a table in which only neighbours have rows, which is counted nowhere",
        plant: "truncate legacy.newsletter;",
        away: NO_TRIGGER,
        digest: false,
        words: "no table was emptied or changed",
    },
    Fault {
        what: "T4: a foreign key takes a neighbour's row along",
        plant: CASCADES,
        away: NO_CHILD,
        digest: false,
        words: COUNTED,
    },
    Fault {
        what: "R7, T2, B15: a trigger sets a sequence back that all tenants share",
        plant: "perform setval('public.orders_id_seq', 1);",
        away: NO_TRIGGER,
        digest: false,
        words: NUMBERED,
    },
    Fault {
        what: "R7, T2: somebody sets it back once the plan is made",
        plant: "select setval('public.orders_id_seq', 1)",
        away: "",
        digest: false,
        words: NUMBERED,
    },
    Fault {
        what: "R3: the role that writes is held to no tenant",
        plant: "alter role app_rw bypassrls",
        away: ROLES,
        digest: false,
        words: "nothing was done, because this is not so: select not (rolsuper or rolbypassrls)",
    },
    Fault {
        what: "R3: row-level security does not hold for a table any more",
        plant: "alter table public.orders disable row level security",
        away: FORCED,
        digest: false,
        words: "nothing was done, because this is not so: select row_security_active(",
    },
    Fault {
        what: "R5, T8: a trigger changes the rows that come back",
        plant: "before",
        away: NO_TRIGGER,
        digest: false,
        words: "the rows of public.orders are what they should be",
    },
    Fault {
        what: "R13: two columns exchange their names once the plan is made",
        plant: EXCHANGE,
        away: EXCHANGE,
        digest: false,
        words: "the rows of public.customer are those that the plan has seen",
    },
    Fault {
        what: "R6: the tenant's rows have changed since the plan was made",
        plant: "update product set name = name || '!' where tenant_id = '{id}'",
        away: "update product set name = rtrim(name, '!') where tenant_id = '{id}'",
        digest: false,
        words: "the rows of public.product are those that the plan has seen",
    },
];

/// A trigger that does this whenever orders come back.
fn trigger(what: &str) -> String {
    let (manner, when, does) = match what {
        "before" => ("", "before", "new.note := 'proofs';"),
        manner if manner.starts_with("security") => (manner, "after", NEIGHBOUR),
        does => ("security definer", "after", does),
    };
    format!(
        "create function public.proofs() returns trigger language plpgsql {manner} as $$ begin {does} return new; end $$; \
         create trigger proofs {when} insert on public.orders for each row execute function public.proofs()"
    )
}

/// Takes everything away that is planted, also where a test has ended in the middle.
pub fn away(scene: &Scene<'_>) {
    let place = |name: &str| {
        format!("(select attnum from pg_attribute where attrelid = 'customer'::regclass and attname = '{name}')")
    };
    let exchanged = format!(
        "do $$ begin if {} > {} then {EXCHANGE}; end if; end $$",
        place("name"),
        place("email")
    );
    for away in [NO_TRIGGER, NO_CHILD, ROLES, FORCED, &exchanged] {
        scene.execute(away);
    }
}

/// What is planted is not taken back with the transaction where it is a sequence.
fn numbers(scene: &Scene<'_>) -> String {
    scene.sql("select last_value::text from public.orders_id_seq").remove(0)
}

pub fn each_makes_it_fail_and_roll_back(scene: &Scene<'_>, before: &(String, String)) {
    let (counters, digest) = (
        scene.plan(" --set neighbours=counters"),
        scene.plan(" --set neighbours=digest"),
    );
    let number = numbers(scene);
    for fault in &ALL {
        let plant = if fault.away == NO_TRIGGER {
            trigger(fault.plant)
        } else {
            fault.plant.to_owned()
        };
        scene.execute(&plant);
        scene.fails(if fault.digest { &digest } else { &counters }, fault.words);
        if fault.away == NO_CHILD {
            assert_eq!(
                scene.sql("select depot from proofs_child"),
                ["proofs new"],
                "{}",
                fault.what
            );
        }
        scene.execute(&format!(
            "select setval('public.orders_id_seq', {number}); {}",
            fault.away
        ));
        assert_eq!(scene.rows(), *before, "{}", fault.what);
        scene.tell(fault.what);
    }
    r3_another_tenants_row_is_refused_by_the_server(scene, &counters);
    assert_eq!(scene.rows(), *before);
    r3_a_table_that_does_not_hold_its_owner_is_left_out(scene);
    r7_what_is_behind_is_told(scene);
    t1_who_does_not_see_everybody_looks_on_for_nobody(scene);
    scene.tell("what is planted before is told by the plan");
}

/// Before anything is tried, and not only found out in the end.
fn r7_what_is_behind_is_told(scene: &Scene<'_>) {
    let number = numbers(scene);
    scene.execute("select setval('public.orders_id_seq', 1)");
    scene.refused("", "public.orders_id_seq would give 2 next to public.orders.id");
    scene.execute(&format!("select setval('public.orders_id_seq', {number})"));
}

/// T1, B14: it would be shown less, and find nothing.
fn t1_who_does_not_see_everybody_looks_on_for_nobody(scene: &Scene<'_>) {
    scene.execute("alter role app_reader nobypassrls");
    scene.refused("", "does not see the rows of all tenants: row-level security binds it");
    scene.execute(ROLES);
}

fn r3_a_table_that_does_not_hold_its_owner_is_left_out(scene: &Scene<'_>) {
    scene.execute("alter table public.product no force row level security");
    let plan = scene.plan("");
    scene.execute(FORCED);
    let left = |(table, words): &(String, String)| {
        table == "public.product" && words.contains("row-level security is not forced")
    };
    assert!(plan.touches.iter().any(left), "{:?}", plan.touches);
}

/// The same plan, its customers those of another tenant.
fn r3_another_tenants_row_is_refused_by_the_server(scene: &Scene<'_>, plan: &Plan) {
    let mut plan = plan.clone();
    assert!(given_away(&mut plan.steps, scene), "customers come back");
    scene.fails(&plan, "new row violates row-level security policy");
}

fn given_away(tree: &mut Tree, scene: &Scene<'_>) -> bool {
    let step = match tree {
        Tree::Step(step) => step,
        Tree::Seq(all) | Tree::Each { over: all, .. } => {
            return all
                .iter_mut()
                .filter_map(|tree| given_away(tree, scene).then_some(()))
                .count()
                > 0;
        }
    };
    let Act::Transact(transact) = &mut step.act else {
        return false;
    };
    let mut given = false;
    for words in &mut transact.statements {
        let Words::Rows(rows) = words else { continue };
        let text = rows.text().unwrap();
        if text.starts_with("insert into \"public\".\"customer\"") {
            *words = Words::Rows(Rows::of(text.replace(&scene.id, &scene.other)));
            given = true;
        }
    }
    given
}
