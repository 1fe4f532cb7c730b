//! A tenant with a schema of its own is brought in, on real servers: it works, it is killed at every step, it is brought in
//! where a door is open; and what is taken back leaves the catalog and the secrets server as they were (O1 to O3).

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use serde_json::{Value as Json, json as value};
use tenantry::{
    config::Policy,
    model::{Act, Answer, Carrier, Check, Entry, Fault, Kind, Plan, Request, Target},
    ops::{
        self, Outcome, Scribe,
        act::Acting,
        carry::{self, Bench, Errand, Reply, What},
        engine::Hands,
        house::Person,
        journal,
        record::Record,
    },
    provider::{
        postgres::{Login, Manner, Operators, Session},
        vault::Method,
    },
};
use tokio::sync::Notify;

use super::{begin, clears::Clears, credentials, json, lines, newest, plan, said, says, seeded, wanted};
use crate::{
    faults::Heals,
    fingerprint::{fingerprint, is_as},
    ground::Ground,
};

const SERVER: &str = "atlas-a";
const SCHEMA: &str = "t_cafe_neu";
const ROLES: [&str; 2] = ["atlas-runtime-cafe_neu", "atlas-migrate-cafe_neu"];
/// What is asked for.
pub const ASKED: &str = "onboard cafe_neu --set name=Café§Neu --set backup=later";
const RUN: &str = "run onboard cafe_neu --set name=Café§Neu --set backup=later --write T-30 --confirm y";

/// Takes away all that was made, whatever happened.
fn clears(ground: &Ground) -> Clears<'_> {
    Clears {
        ground,
        instance: "atlas",
        slug: "cafe_neu",
        home: SCHEMA,
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

fn undo(ground: &Ground, run: &str) {
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

/// Where a process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Death {
    /// When a deed is to be carried out.
    Before,
    /// When it was carried out, and nobody was told.
    After,
    /// When it was read back, and nobody was told.
    Read,
}

/// Hands of a process that dies at the deed of this number.
struct Mortal {
    hands: Acting,
    dies: Option<(usize, Death)>,
    deeds: AtomicUsize,
    read: AtomicUsize,
    died: Notify,
}

impl Mortal {
    fn new(ground: &Ground, dies: Option<(usize, Death)>) -> Self {
        Self {
            hands: Acting::new(Operators::new(&ground.settings()).expect("operators")),
            dies,
            deeds: AtomicUsize::new(0),
            read: AtomicUsize::new(0),
            died: Notify::new(),
        }
    }

    /// Never comes back from where it dies.
    async fn lives(&self, at: usize, moment: Death) {
        if self.dies == Some((at, moment)) {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Hands for Mortal {
    async fn take(&self, id: &str, plan: &Plan) -> Result<(), Fault> {
        self.hands.take(id, plan).await
    }

    async fn introduce(&self, before: Option<&str>) -> Vec<Entry> {
        self.hands.introduce(before).await
    }

    async fn let_go(&self) {
        self.hands.let_go().await;
    }

    async fn act(&self, act: &Act, scribe: &Scribe) -> Answer {
        let at = self.deeds.fetch_add(1, Ordering::Relaxed);
        self.lives(at, Death::Before).await;
        let answer = self.hands.act(act, scribe).await;
        self.lives(at, Death::After).await;
        answer
    }

    async fn check(&self, check: &Check, scribe: &Scribe) -> Answer {
        let at = self.read.fetch_add(1, Ordering::Relaxed);
        let answer = self.hands.check(check, scribe).await;
        self.lives(at, Death::Read).await;
        answer
    }
}

/// Carries it out with hands that may die; the run, where it was begun, and whether they died.
fn life(ground: &Ground, errand: Errand, dies: Option<(usize, Death)>) -> (String, bool) {
    let hands = Mortal::new(ground, dies);
    let person = Person {
        user: errand.said.by.clone(),
        groups: Vec::new(),
    };
    let directory = Ground::runs();
    let bench = Bench {
        journals: &directory,
        policy: &Policy::default(),
        person: &person,
        by: Carrier::default(),
        hands: &hands,
    };
    let mut replies = Vec::new();
    let mut reply = |said: Reply| replies.push(said);
    let ended = ground.block_on(async {
        tokio::select! {
            biased;
            ended = carry::carry(errand, &bench, &mut reply) => Some(ended),
            () = hands.died.notified() => None,
        }
    });
    if let Some(ended) = &ended {
        assert!(ended.is_ok(), "{ended:?}");
    }
    let Some(Reply::Begun(id)) = replies.first() else {
        panic!("{replies:?}");
    };
    (id.clone(), ended.is_none())
}

fn outcome(id: &str) -> Outcome {
    let record = Record::read(id.to_owned(), &journal::path(&Ground::runs(), id)).expect("a journal");
    record.run.expect("a run").outcome()
}

/// Takes back what a run did, in this process.
fn taken_back(ground: &Ground, run: &str) {
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

/// Deaths that are tried; `TENANTRY_TEST_KILLS` asks for so many, and 1000 for all of them.
const DEATHS: u32 = 4;

/// O1: whenever the process dies, the run comes to the same end, and it can be taken back.
pub fn killed_after_any_step(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let _clears = clears(ground);
    let before = fingerprint(ground, SERVER);
    let shown = plan(ground, ASKED);
    let (undisturbed, _) = life(ground, begin(&shown, "ada"), None);
    assert_eq!(outcome(&undisturbed), Outcome::Done);
    let with = fingerprint(ground, SERVER);
    assert_ne!(with, before);
    taken_back(ground, &undisturbed);
    is_as(ground, SERVER, &before, "undisturbed, and taken back");
    let steps = shown.steps.count();
    let moments = [Death::Before, Death::After, Death::Read];
    let mut deaths: Vec<_> = (0..steps).flat_map(|at| moments.map(|moment| (at, moment))).collect();
    let mut random = seeded("onboard");
    random.shuffle(&mut deaths);
    deaths.truncate(usize::try_from(wanted("TENANTRY_TEST_KILLS", DEATHS)).unwrap());
    let start = Instant::now();
    for death in &deaths {
        let (id, died) = life(ground, begin(&shown, "ada"), Some(*death));
        assert!(died, "{death:?}: nobody died");
        let errand = Errand {
            what: What::Resume(id.clone(), None),
            said: said(&shown, "bob"),
        };
        let _ = life(ground, errand, None);
        assert_eq!(outcome(&id), Outcome::Done, "{death:?}");
        is_as(ground, SERVER, &with, &format!("{death:?}"));
        taken_back(ground, &id);
        is_as(ground, SERVER, &before, &format!("{death:?}, and taken back"));
    }
    println!(
        "{:>6.1} s  {} deaths at the {steps} steps",
        start.elapsed().as_secs_f64(),
        deaths.len()
    );
}

/// A door that is opened once the plan is made.
struct Door {
    what: &'static str,
    database: &'static str,
    opens: &'static str,
    shuts: &'static str,
    /// How it is told; one of these.
    told: &'static [&'static str],
}

const DOORS: [Door; 5] = [
    Door {
        what: "a neighbour's schema is open to whoever may enter the database",
        database: "suite",
        opens: "grant usage on schema t_cafe_dore to tenants",
        shuts: "revoke usage on schema t_cafe_dore from tenants",
        told: &["it may enter schema t_cafe_dore"],
    },
    Door {
        what: "whoever may enter the database makes tables in public",
        database: "suite",
        opens: "grant create on schema public to tenants",
        shuts: "revoke create on schema public from tenants",
        told: &["it goes through, and must be refused: make a table in public"],
    },
    Door {
        what: "whoever may enter the database may be who makes everything",
        database: "suite",
        opens: "grant databases to tenants",
        shuts: "revoke databases from tenants",
        told: &["is a member of role"],
    },
    Door {
        what: "everybody may connect to another database",
        database: "postgres",
        opens: "grant connect on database orders to public",
        shuts: "revoke connect on database orders from public",
        told: &["it may connect to database orders"],
    },
    Door {
        what: "a role of the name has come meanwhile",
        database: "postgres",
        opens: "create role t_cafe_neu_rw",
        shuts: "drop role t_cafe_neu_rw",
        told: &["nothing was done, because this is not so"],
    },
];

/// Shuts a door again, also where the test has ended before.
struct Shuts<'a>(&'a Ground, &'a Door);

impl Drop for Shuts<'_> {
    fn drop(&mut self) {
        self.0.execute("atlas-a", self.1.database, self.1.shuts);
    }
}

/// O3: what is open makes it fail; O2: and nothing of it stays.
pub fn an_open_door(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let _clears = clears(ground);
    let before = fingerprint(ground, SERVER);
    let shown = plan(ground, ASKED);
    for door in &DOORS {
        ground.execute("atlas-a", door.database, door.opens);
        let shuts = Shuts(ground, door);
        let (id, _) = life(ground, begin(&shown, "ada"), None);
        let Outcome::Undone { why } = outcome(&id) else {
            panic!("{}: {:?}", door.what, outcome(&id));
        };
        assert!(
            door.told.iter().any(|words| why.contains(words)),
            "{}: {why}",
            door.what
        );
        drop(shuts);
        is_as(ground, SERVER, &before, door.what);
    }
    refused_before(ground, &before);
    somebody_elses_role(ground, &shown);
    is_as(
        ground,
        SERVER,
        &before,
        "somebody else's role of the secrets server, and taken away",
    );
    two_at_once(ground, &shown);
    is_as(ground, SERVER, &before, "two at once, and taken back");
}

/// What can be seen before is refused before anything is done.
fn refused_before(ground: &Ground, before: &BTreeSet<String>) {
    let line = format!("plan {ASKED}");
    for (database, opens, shuts, told) in [
        (
            "postgres",
            "create role t_cafe_neu_rw",
            "drop role t_cafe_neu_rw",
            "t_cafe_neu is taken on atlas, and not as a tenant that was brought in: there is the role t_cafe_neu_rw",
        ),
        (
            "postgres",
            "grant connect on database orders to public",
            "revoke connect on database orders from public",
            "REVOKE CONNECT, TEMPORARY ON DATABASE",
        ),
    ] {
        let door = Door {
            what: told,
            database,
            opens,
            shuts,
            told: &[],
        };
        ground.execute("atlas-a", database, opens);
        let _shuts = Shuts(ground, &door);
        says(ground, &line, 2, told);
    }
    write_another(ground);
    let taken = format!(
        "the secrets server has a role {} already, and it is not as it would be written",
        ROLES[0]
    );
    says(ground, &line, 2, &taken);
    remove_another(ground);
    is_as(ground, SERVER, before, "refused before");
}

/// A role of the secrets server that has the name of the tenant's, and is somebody else's.
fn write_another(ground: &Ground) {
    let creation = ["CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' CONNECTION LIMIT 1"];
    let body = value!({ "db_name": "atlas", "creation_statements": creation });
    credentials::write(ground, &format!("database/roles/{}", ROLES[0]), &body);
}

fn remove_another(ground: &Ground) {
    let vault = ground.vault();
    let path = format!("database/roles/{}", ROLES[0]);
    ground
        .block_on(vault.call(Method::Delete, &path, None))
        .expect("removed");
}

/// One that came when the plan was made already is neither written over nor removed.
fn somebody_elses_role(ground: &Ground, shown: &Plan) {
    write_another(ground);
    let theirs = || credentials::read(ground, &format!("database/roles/{}", ROLES[0]))["data"].clone();
    let before = theirs();
    let (id, _) = life(ground, begin(shown, "ada"), None);
    let outcome = outcome(&id);
    let told = "the secrets server has no role atlas-runtime-cafe_neu yet: it is not so";
    assert!(
        matches!(&outcome, Outcome::Undone { why } if why.contains(told)),
        "{outcome:?}"
    );
    assert_eq!(theirs(), before);
    remove_another(ground);
}

/// Two operators confirm the same: one is told, and there is one tenant.
fn two_at_once(ground: &Ground, shown: &Plan) {
    let ends = thread::scope(|scope| {
        let both = ["ada", "bob"]
            .map(|by| scope.spawn(move || super::carry(ground, begin(shown, by), &Policy::default(), &Ground::runs())));
        both.map(|one| one.join().unwrap())
    });
    let [won, lost] = if ends[0].1 == Some(Outcome::Done) {
        [&ends[0], &ends[1]]
    } else {
        [&ends[1], &ends[0]]
    };
    assert_eq!(won.1, Some(Outcome::Done), "{ends:?}");
    match lost {
        (Some(Reply::Refused(fault)), None) => {
            let words = fault.what.raw();
            assert!(
                words.contains("is held by") || words.contains("has just ended"),
                "{words}"
            );
        }
        // Who comes when it is over finds the names taken.
        (_, Some(Outcome::Undone { why })) => assert!(why.contains("because this is not so"), "{why}"),
        other => panic!("{other:?}"),
    }
    let there = ground.sql(
        "atlas-a",
        "suite",
        "select nspname::text from pg_namespace where nspname = 't_cafe_neu'",
    );
    assert_eq!(there, [SCHEMA]);
    let Some(Reply::Begun(id)) = &won.0 else {
        panic!("{won:?}");
    };
    taken_back(ground, id);
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
