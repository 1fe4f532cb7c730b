//! The moment just before a bad change is found and gone back to: by the rows, by the log, and by a copy that has what was
//! before it and not more.

use std::{
    fs,
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value as Json;
use tenantry::{
    model::Place,
    provider::postgres::{Login, Manner, Operators, Session},
};

use super::{copies, json, newest, restore, says};
use crate::{
    faults::Heals,
    ground::{Ground, PROGRAM},
};

/// Tables of every tenant.
const TABLES: [&str; 4] = ["customer", "orders", "order_line", "event"];
/// The same words for a time, wherever it is read.
const ZONE: &str = "set timezone to 'UTC'";
/// How long it may take until a file of the log is archived.
const ARCHIVED: Duration = Duration::from_mins(2);

/// A tenant: its path, how the lab calls it, and where it is.
struct Tenant {
    path: String,
    who: &'static str,
    instance: &'static str,
    database: &'static str,
    /// By which its rows are told from others'.
    id: Option<String>,
}

struct Tidy<'a>(&'a Ground);

impl Drop for Tidy<'_> {
    fn drop(&mut self) {
        let away = "drop table if exists public.moment_probe";
        self.0.execute("boreas-a", "tenant_cafe_dore", away);
        for instance in ["atlas", "boreas"] {
            copies::drop_all(self.0, instance);
        }
    }
}

impl Tenant {
    fn own() -> Self {
        Self {
            path: "boreas/tenant_cafe_dore/tenant_cafe_dore".into(),
            who: "boreas/tenant_cafe_dore/cafe_dore",
            instance: "boreas",
            database: "tenant_cafe_dore",
            id: None,
        }
    }

    fn shared(ground: &Ground) -> Self {
        let sql = "select id::text from tenant where name = 'Contoso Retail'";
        let id = ground.sql("atlas-a", "orders", sql).remove(0);
        Self {
            path: format!("atlas/orders/{id}"),
            who: "atlas/orders/Contoso Retail",
            instance: "atlas",
            database: "orders",
            id: Some(id),
        }
    }

    fn server(&self) -> String {
        format!("{}-a", self.instance)
    }

    /// A digest of each of its tables.
    fn digests(&self) -> String {
        let mine = self.id.as_ref().map(|id| format!(" where tenant_id = '{id}'"));
        let mine = mine.unwrap_or_default();
        let one = |table: &str| {
            format!("select md5(coalesce(string_agg(x::text, ';' order by x::text), '')) from public.{table} x{mine}")
        };
        TABLES.map(one).join(" union all ")
    }

    /// What they are on the live server.
    fn now(&self, ground: &Ground) -> Vec<String> {
        ground.block_on(async {
            let session = session(ground, self).await;
            session.execute(ZONE).await.unwrap();
            session.column(&self.digests(), &[]).await.unwrap()
        })
    }

    /// Commits that touched it after a time, the oldest first, and what is said besides.
    fn commits(&self, ground: &Ground, after: &str) -> (Vec<Json>, String) {
        let (found, code) = json(ground, &format!("moments {} --since 15m --json", self.path));
        assert_eq!(code, Some(0), "{found}");
        let after: jiff::Timestamp = after.parse().unwrap();
        let commits = found["commits"].as_array().unwrap().iter();
        let at = |commit: &Json| commit["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        let mut commits: Vec<Json> = commits.filter(|commit| at(commit) >= after).cloned().collect();
        commits.reverse();
        (commits, found["notes"].to_string())
    }

    /// Closes the file of the log, and waits until it is archived.
    fn archive(&self, ground: &Ground) {
        let sql = |text: &str| ground.sql(&self.server(), "postgres", text).remove(0);
        let file = sql("select pg_walfile_name(pg_switch_wal())");
        let archived =
            format!("select (coalesce(left(last_archived_wal, 24), '') >= '{file}')::text from pg_stat_archiver");
        let end = Instant::now() + ARCHIVED;
        while sql(&archived) != "true" {
            assert!(Instant::now() < end, "{file} is not archived");
            sleep(Duration::from_millis(100));
        }
    }

    /// What a copy of its instance says to a query in its database.
    fn beside(&self, ground: &Ground, moment: &str, sql: &str) -> Vec<String> {
        let copy = restore::copied(ground, self.instance, moment);
        let system = "select system_identifier::text from pg_control_system()";
        let system = ground.sql(&self.server(), "postgres", system).remove(0);
        let place = Place::copy(self.instance, &copy, system).database(self.database);
        let mut settings = ground.settings();
        for instance in &mut settings.fleet.instances {
            if let Some(backups) = &mut instance.backups {
                backups.tenantry = Some(PROGRAM.into());
            }
        }
        let rows = ground.block_on(async {
            let session = Operators::new(&settings).unwrap().open(&place).await.unwrap();
            session.execute(ZONE).await.unwrap();
            session.column(sql, &[]).await.unwrap()
        });
        copies::drop_all(ground, self.instance);
        rows
    }
}

/// Files of the log that were read and still lie about.
fn left_behind(ground: &Ground) -> Vec<String> {
    let fleet = ground.settings().fleet;
    let scratch = fleet.instances[0]
        .backups
        .as_ref()
        .and_then(|backups| backups.scratch.clone());
    let names = fs::read_dir(scratch.unwrap()).unwrap().flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with('.')).collect()
}

/// What the log says of a table in a commit: inserted, changed, deleted.
fn logged(commit: &Json, table: &str) -> (u64, u64, u64) {
    let touched = commit["tables"].as_array().unwrap().iter();
    let logged = touched
        .filter(|touched| touched["table"].as_str().unwrap().ends_with(&format!(".{table}")))
        .map(|touched| &touched["logged"]);
    let count = |name: &str| logged.clone().filter_map(|logged| logged[name].as_u64()).sum();
    (count("inserted"), count("changed"), count("deleted"))
}

pub fn r12_botched(ground: &Ground) {
    if copies::are_impossible(ground) {
        return;
    }
    let (_tidy, _heals, _still) = (Tidy(ground), Heals(ground), restore::Still::stand(ground));
    for tenant in [Tenant::own(), Tenant::shared(ground)] {
        let before = tenant.now(ground);
        tenant.archive(ground);
        ground.lab(&["fault", "botch", tenant.who]);
        let (_, moment) = restore::moment_before(ground, tenant.who);
        assert_ne!(tenant.now(ground), before);

        // Nothing of it is archived yet: only rows tell, and say that they do not tell all.
        let (commits, notes) = tenant.commits(ground, &moment);
        assert!(!commits.is_empty(), "{}", tenant.path);
        for commit in &commits {
            assert_eq!(
                (&commit["source"], &commit["lsn"]),
                (&Json::from("rows"), &Json::Null),
                "{commit}"
            );
            assert!(
                TABLES.iter().all(|table| logged(commit, table) == (0, 0, 0)),
                "{commit}"
            );
        }
        assert!(notes.contains("rows do not tell what was deleted"), "{notes}");
        assert!(notes.contains("not archived yet"), "{notes}");

        tenant.archive(ground);
        let began = Instant::now();
        let (commits, notes) = tenant.commits(ground, &moment);
        println!("{}: {} commits in {:?}", tenant.path, commits.len(), began.elapsed());
        assert_eq!(left_behind(ground), [""; 0]);
        let deeds: Vec<&Json> = commits.iter().take(3).collect();
        let [values, orders, customers] = deeds.as_slice() else {
            panic!("{commits:?}")
        };
        let (_, changed, deleted) = logged(values, "customer");
        assert!(changed > 0 && deleted == 0, "{values}");
        assert!(logged(values, "order_line").1 > 0, "{values}");
        assert!(
            logged(orders, "orders").2 > 0 && logged(orders, "order_line").2 > 0,
            "{orders}"
        );
        assert!(logged(customers, "customer").2 > 0, "{customers}");
        let lsns: Vec<&str> = deeds.iter().map(|deed| deed["lsn"].as_str().unwrap()).collect();
        println!("{lsns:?}");
        assert_eq!(
            notes.contains("does not tell whose rows"),
            tenant.id.is_some(),
            "{notes}"
        );
        // Whose rows were deleted from tables that tenants share, nobody tells; whose were changed, the rows themselves.
        let whose: Vec<&str> = deeds.iter().map(|deed| deed["whose"].as_str().unwrap()).collect();
        println!("{whose:?}");
        let (all, some): (&[&str], &[&str]) = (&["tenant"], &["among", "unknown"]);
        let deleted = if tenant.id.is_some() { some } else { all };
        assert!(
            all.contains(&whose[0]) && deleted.contains(&whose[1]) && deleted.contains(&whose[2]),
            "{whose:?}"
        );

        // R12: just before a commit that touched it.
        let argument = values["moment"].as_str().unwrap();
        assert!(argument.starts_with("before:") && argument.contains('@'), "{argument}");
        assert_eq!(tenant.beside(ground, argument, &tenant.digests()), before, "{argument}");
    }
    says(
        ground,
        "moments atlas/orders/none",
        2,
        "there is no tenant atlas/orders/none",
    );
}

/// Two transactions that are committed in another order than they began, one right after the other.
pub fn r12_two_commits(ground: &Ground) {
    if copies::are_impossible(ground) {
        return;
    }
    let (_tidy, _still) = (Tidy(ground), restore::Still::stand(ground));
    let tenant = Tenant::own();
    ground.execute("boreas-a", tenant.database, "create table public.moment_probe (n int)");
    let began = copies::now(ground).to_string();
    ground.block_on(async {
        let (first, second) = (session(ground, &tenant).await, session(ground, &tenant).await);
        first
            .batch("begin; insert into public.moment_probe values (1)")
            .await
            .unwrap();
        second
            .batch("begin; insert into public.moment_probe values (2)")
            .await
            .unwrap();
        second.batch("commit").await.unwrap();
        first.batch("commit").await.unwrap();
    });
    tenant.archive(ground);
    let (commits, _) = tenant.commits(ground, &began);
    let [two, one] = commits.as_slice() else {
        panic!("{commits:?}")
    };
    let xid = |commit: &Json| commit["xid"].as_str().unwrap().parse::<u32>().unwrap();
    assert!(xid(two) > xid(one), "who began later was committed first: {commits:?}");
    let sql = "select n::text from public.moment_probe order by n";
    let read = |commit: &Json| tenant.beside(ground, commit["moment"].as_str().unwrap(), sql);
    assert_eq!(read(two), [""; 0]);
    assert_eq!(read(one), ["2"]);
    // What empties a table is found, and what was in the table before it; what was done to its old file is not, and that is said.
    ground.execute("boreas-a", tenant.database, "truncate public.moment_probe");
    tenant.archive(ground);
    let (commits, notes) = tenant.commits(ground, &began);
    let [emptied] = commits.as_slice() else {
        panic!("{commits:?}")
    };
    assert_eq!(emptied["tables"][0]["logged"]["anew"], true, "{emptied}");
    let said = format!("made anew in transaction {}", xid(emptied));
    assert!(notes.contains(&said), "{notes}");
    assert_eq!(read(emptied), ["1", "2"]);
}

async fn session(ground: &Ground, tenant: &Tenant) -> Session {
    let fleet = ground.settings().fleet;
    let mut servers = fleet.instances.iter().flat_map(|instance| &instance.servers);
    let server = servers.find(|server| server.name == tenant.server()).unwrap();
    let login = Login {
        user: "postgres".into(),
        password: fs::read_to_string(ground.dir().join("secrets/postgres"))
            .unwrap()
            .trim()
            .into(),
    };
    Session::open(server, tenant.database, &login, Manner::Plain)
        .await
        .unwrap()
}

/// What is dangerous takes a restore point first: the moment just before it, to which an instance is brought by its name.
pub fn r12_restore_point(ground: &Ground) {
    if copies::are_impossible(ground) {
        return;
    }
    let _tidy = Tidy(ground);
    let tenant = Tenant::own();
    let version = "select max(version::int)::text from public.tenantry_migration where complete";
    let now = || ground.sql("boreas-a", tenant.database, version).remove(0);
    let before = now();
    let migrate = |to: &str| {
        let line = format!(
            "run migrate boreas/{}/public --set to={to} --write T-1 --confirm 1",
            tenant.database
        );
        says(ground, &line, 0, "done: ");
        newest(ground).expect("a run").0
    };
    let run = migrate(if before == "1" { "3" } else { "1" });
    assert_ne!(now(), before);
    let moment = format!("name:tenantry-{run}");
    // It is among the moments to choose from.
    says(ground, &format!("plan restore {}", tenant.path), 2, &moment);
    assert_eq!(tenant.beside(ground, &moment, version), [before.as_str()]);
    migrate(&before);
    assert_eq!(now(), before);
}
