//! A tenant with a schema of its own is brought in, on real servers: it works, it is killed at every step; and what is taken back
//! leaves the catalog and the secrets server as they were (O1 to O3).

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json as value};
use tenantry::{
    model::{Fault, Kind, Request, Target},
    ops::{self, Outcome, act::Acting, engine::Hands},
    provider::postgres::{Login, Manner, Operators, Session},
};

use super::{
    answer, begin,
    clears::{Clears, Home},
    credentials, json, lines,
    mortal::{Death, life, outcome},
    newest, plan, says, seeded,
};
use crate::{
    faults::Heals,
    fingerprint::{fingerprint, is_as},
    ground::Ground,
};

pub const SERVER: &str = "atlas-a";
pub const SCHEMA: &str = "t_cafe_neu";
pub const ROLES: [&str; 2] = ["atlas-runtime-cafe_neu", "atlas-migrate-cafe_neu"];
/// What is asked for.
pub const ASKED: &str = "onboard cafe_neu --set name=Café§Neu --set backup=later";
pub const RUN: &str = "run onboard cafe_neu --set name=Café§Neu --set backup=later --write T-30 --confirm y";

/// Takes away all that was made, whatever happened.
pub fn clears(ground: &Ground) -> Clears<'_> {
    Clears {
        ground,
        instance: "atlas",
        slug: "cafe_neu",
        home: Home::Schema(SCHEMA),
    }
}

/// A login of the tenant's application, as the secrets server issues it.
fn login(ground: &Ground) -> (String, Login) {
    let issued = credentials::read(ground, &format!("database/creds/{}", ROLES[0]));
    let user = credentials::text(&issued["data"]["username"]);
    let password = credentials::text(&issued["data"]["password"]);
    let login = Login {
        user: user.clone(),
        password: password.into(),
    };
    (user, login)
}

fn open(ground: &Ground, login: &Login, database: &str) -> Result<Session, Fault> {
    let server = credentials::server(ground, "atlas-a");
    ground.block_on(Session::open(&server, database, login, Manner::Plain))
}

/// How a row of a view begins that stands for this, as it is shown.
fn row(ground: &Ground, view: &str, is: impl Fn(&Json) -> bool) -> Option<Json> {
    let (shown, _) = json(ground, &format!("show {view} --json"));
    let rows = shown["rows"].as_array().expect("rows").clone();
    rows.into_iter().find(|row| is(row))
}

/// The run of a command line that ended well.
fn done(ground: &Ground, line: &str) -> String {
    says(ground, line, 0, "done: ");
    newest(ground).expect("a run").0
}

pub fn undo(ground: &Ground, run: &str) {
    says(ground, &format!("run undo {run} --write T-30 --confirm 1"), 0, "done: ");
}

/// It is refused, with this SQLSTATE.
#[track_caller]
fn denied(ground: &Ground, session: &Session, statement: &str) {
    let fault = ground.block_on(session.execute(statement)).expect_err(statement);
    assert_eq!(fault.state.as_deref(), Some("42501"), "{statement}: {fault}");
}

/// O2: what was made is gone without a trace; O3: what its login may not do is refused, with the right SQLSTATE.
pub fn works_and_goes(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let _clears = clears(ground);
    let before = fingerprint(ground, SERVER);
    let start = Instant::now();
    let run = done(ground, RUN);
    println!("{:>6.1} s  it is brought in", start.elapsed().as_secs_f64());
    let ours = |row: &Json| row["target"]["path"] == value!(["atlas", "suite", SCHEMA]);
    assert!(row(ground, "tenants", ours).is_some(), "it is not shown");
    let (user, login) = login(ground);
    let session = open(ground, &login, "suite").expect("it logs in");
    let execute = |sql: &str| {
        ground
            .block_on(session.execute(sql))
            .unwrap_or_else(|fault| panic!("{sql}: {fault}"));
    };
    execute("insert into customer (name, email) values ('Ada', 'ada@example.org'), ('Bob', 'bob@example.org')");
    execute("update customer set name = 'Eve' where name = 'Bob'");
    let names = ground.block_on(session.column::<String>("select name from customer order by id", &[]));
    assert_eq!(names.expect("its rows"), ["Ada", "Eve"]);
    denied(ground, &session, "select from t_cafe_dore.customer");
    denied(ground, &session, "delete from t_cafe_dore.customer where false");
    denied(ground, &session, "set role t_cafe_neu_owner");
    denied(ground, &session, "truncate customer");
    is_limited(ground, &user, &login);
    let fault = open(ground, &login, "orders").map(drop).expect_err("it may not enter");
    assert_eq!(fault.state.as_deref(), Some("42501"), "{fault}");
    let shown = row(ground, "credentials", |row| row["role"] == ROLES[0]).expect("its lease is shown");
    assert!(shown.to_string().contains(&user), "{shown}");
    let with = fingerprint(ground, SERVER);
    let again = done(ground, RUN);
    is_as(ground, SERVER, &with, "a second run makes nothing");
    says(
        ground,
        &format!("plan undo {again}"),
        2,
        "left nothing behind that could be taken back",
    );
    says(
        ground,
        &format!("plan undo {run}"),
        2,
        "somebody has written there since",
    );
    execute("delete from customer");
    undo(ground, &run);
    is_as(ground, SERVER, &before, "it is taken back");
    assert!(
        ground.block_on(session.execute("select 1")).is_err(),
        "its session goes on"
    );
    assert!(open(ground, &login, "suite").is_err(), "its login is let in");
    assert!(row(ground, "tenants", ours).is_none(), "it is shown");
}

/// O5: it takes no more than its tier says, and cannot lift that.
fn is_limited(ground: &Ground, user: &str, login: &Login) {
    let set =
        format!("select unnest(setconfig) from pg_db_role_setting where setrole = '\"{user}\"'::regrole order by 1");
    assert_eq!(
        ground.sql("atlas-a", "suite", &set),
        [
            "idle_in_transaction_session_timeout=60000ms",
            "search_path=t_cafe_neu",
            "statement_timeout=30000ms",
            "temp_file_limit=1048576kB",
            "work_mem=8192kB"
        ]
    );
    let more: Vec<_> = (0..4)
        .map(|_| open(ground, login, "suite").expect("it logs in"))
        .collect();
    denied(ground, &more[0], "set temp_file_limit = -1");
    denied(ground, &more[0], &format!("alter role \"{user}\" connection limit -1"));
    let fault = open(ground, login, "suite")
        .map(drop)
        .expect_err("one connection too many");
    assert_eq!(fault.state.as_deref(), Some("53300"), "{fault}");
}

/// It is there once it was killed and taken up, and goes without a trace.
pub fn is_there_and_goes(ground: &Ground, _: u32) {
    let _clears = clears(ground);
    let ours = "select 'x' from pg_namespace where nspname = 't_cafe_neu' union all \
                select 'x' from pg_roles where rolname ~ '^t_cafe_neu_(owner|rw|ro)$'";
    assert_eq!(ground.sql("atlas-a", "suite", ours).len(), 4);
    undo(ground, &newest(ground).expect("a run").0);
    assert_eq!(ground.sql("atlas-a", "suite", ours), [""; 0]);
    let vault = ground.vault();
    let names = ground.block_on(vault.list("database/roles")).expect("listed");
    assert!(names.iter().all(|name| !ROLES.contains(&name.as_str())), "{names:?}");
}

/// Takes back what a run did, in this process.
pub fn taken_back(ground: &Ground, run: &str) {
    let request = Request {
        operation: "undo".into(),
        targets: vec![Target::new(Kind::Run, [run])],
        ..Request::default()
    };
    let mut world = (*ground.now()).clone();
    let hands = Acting::new(Operators::new(&ground.settings()).expect("operators"));
    ground.block_on(async {
        let surveyed = hands.survey(&request, &mut world, &Ground::runs()).await;
        hands.let_go().await;
        surveyed.expect("surveyed");
    });
    drop(hands);
    let plan = ops::plan(&request, &world).unwrap_or_else(|refusal| panic!("{run}: {refusal}"));
    let (id, _) = life(ground, begin(&plan, "ada"), None);
    assert_eq!(outcome(&id), Outcome::Done, "{id}");
}

/// A run was left, and another one brought the tenant in. Whoever takes up the first takes no row away.
pub fn left_and_gone_on(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let _clears = clears(ground);
    let shown = plan(ground, ASKED);
    let (left, died) = life(ground, begin(&shown, "ada"), Some((0, Death::Read)));
    assert!(died);
    done(ground, RUN);
    let (_, login) = login(ground);
    let session = open(ground, &login, "suite").expect("it logs in");
    let ada = "insert into customer (name, email) values ('Ada', 'ada@example.org')";
    ground.block_on(session.execute(ada)).expect("it writes");
    drop(session);
    let said = answer(ground, &format!("run --resume {left} --write T-30 --confirm y"));
    let told = String::from_utf8_lossy(&said.stdout);
    assert!(told.contains("stuck"), "{told}");
    assert!(told.contains("nobody has written there since"), "{told}");
    assert_eq!(
        ground.sql(SERVER, "suite", "select name from t_cafe_neu.customer"),
        ["Ada"]
    );
    // Once nothing would be lost it comes to its end.
    ground.execute(SERVER, "suite", "delete from t_cafe_neu.customer");
    let said = answer(ground, &format!("run --resume {left} --write T-30 --confirm y"));
    let told = String::from_utf8_lossy(&said.stdout);
    assert!(told.contains("undone: "), "{told}");
}

/// So often the secrets server goes away at some moment of it.
const TIMES: u32 = 2;
/// So long it takes about, in milliseconds, and so long it may take until it is under way.
const LIFE: u64 = 2500;
const PATIENCE: Duration = Duration::from_secs(20);

/// O1, O2: it comes to the end that it tells, and what is taken back leaves nothing.
pub fn sealed(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let _clears = clears(ground);
    let before = fingerprint(ground, SERVER);
    let mut random = seeded("sealed");
    let mut ends = Vec::new();
    for _ in 0..TIMES {
        let journals = Ground::journals();
        let end = lines::broken(ground, RUN, &["seal-vault", "openbao"], || {
            let late = Instant::now() + PATIENCE;
            while Ground::journals() == journals && Instant::now() < late {
                thread::sleep(Duration::from_millis(1));
            }
            thread::sleep(Duration::from_millis(random.u64(0..LIFE)));
        });
        if end == "done" {
            undo(ground, &newest(ground).expect("a run").0);
        } else {
            assert!(["undone", "nothing"].contains(&end.as_str()), "{end}");
        }
        ground.settle();
        is_as(ground, SERVER, &before, &end);
        ends.push(end);
    }
    println!("sealed in the middle: {ends:?}");
    assert!(ends.iter().any(|end| end != "nothing"), "it was never under way");
}
