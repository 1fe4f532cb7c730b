//! How long it takes until a tenant is back: of each model, by the size of the tenant and of its instance.

use std::{
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value as Json;

use super::lab::Lab;

/// A tenant: its model, its instance, where its tables are, and what tells its rows from others'.
struct Tenant {
    model: &'static str,
    instance: &'static str,
    database: &'static str,
    schema: &'static str,
    path: String,
    name: String,
    /// The tenant's id, where tables are shared.
    id: Option<String>,
}

/// What was measured.
struct Times {
    copy: Duration,
    difference: Duration,
    back: Duration,
}

const TENANTS: [u32; 3] = [1_000, 10_000, 100_000];
/// What instances hold besides, in megabytes.
const BALLAST: [u32; 3] = [0, 512, 2048];
/// The size of the tenant where the instance grows, and of the others.
const USUAL: u32 = 10_000;

pub fn time_to_back(lab: &Lab) {
    let tenants = tenants(lab);
    println!("rows changed and deleted | model | instance | copy beside | difference | written and proved | all");
    for tenant in &tenants {
        told(lab, tenant, USUAL);
    }
    for rows in TENANTS {
        told(lab, &tenants[0], rows);
    }
    for megabytes in BALLAST {
        let _ballast = Ballast::of(lab, megabytes);
        told(lab, &tenants[0], USUAL);
    }
}

fn tenants(lab: &Lab) -> Vec<Tenant> {
    let shown = lab.tenantry(&["show", "tenants", "--json"]);
    let shown: Json = serde_json::from_slice(&shown.stdout).expect("tenants");
    let rows = shown["rows"].as_array().unwrap();
    let of = |model: &'static str, instance, database, schema| {
        let ready = |row: &&Json| row["model"] == model;
        let row = rows.iter().find(ready).expect("a tenant of each model");
        let path: Vec<String> = row["target"]["path"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part.as_str().unwrap().to_owned())
            .collect();
        let id = path.last().cloned();
        Tenant {
            model,
            instance,
            database: if model == "database" {
                Box::leak(path[1].clone().into_boxed_str())
            } else {
                database
            },
            schema: if model == "schema" {
                Box::leak(path[2].clone().into_boxed_str())
            } else {
                schema
            },
            name: row["name"].as_str().unwrap().to_owned(),
            path: path.join("/"),
            id: id.filter(|_| model == "shared"),
        }
    };
    vec![
        of("shared", "atlas", "orders", "public"),
        of("schema", "atlas", "suite", ""),
        of("database", "boreas", "", "public"),
        of("instance", "acme", "shop", "public"),
    ]
}

fn told(lab: &Lab, tenant: &Tenant, rows: u32) {
    let size = "select pg_size_pretty(sum(pg_database_size(oid))) from pg_database";
    let size = lab.sql(tenant.instance, tenant.database, size);
    let times = measured(lab, tenant, rows);
    let Times { copy, difference, back } = times;
    let all = copy + difference + back;
    println!(
        "{rows:>7} | {:<8} | {size:>8} | {copy:>8.1?} | {difference:>8.1?} | {back:>8.1?} | {all:>8.1?}",
        tenant.model
    );
}

/// A table of the tenant's own making, with its rows as they are then botched: half of them changed, half gone.
struct Botched<'a> {
    lab: &'a Lab,
    tenant: &'a Tenant,
    table: String,
}

impl<'a> Botched<'a> {
    /// The table, and the moment before.
    fn make(lab: &'a Lab, tenant: &'a Tenant, rows: u32) -> (Self, String) {
        let botched = Self {
            lab,
            tenant,
            table: format!("{}.bench_item", tenant.schema),
        };
        let table = &botched.table;
        let (column, key, value) = match &tenant.id {
            Some(id) => (
                "tenant_id uuid not null default current_setting('app.current_tenant')::uuid, ",
                "tenant_id, id",
                format!("'{id}', "),
            ),
            None => ("", "id", String::new()),
        };
        let columns = if value.is_empty() {
            "id, note, cents, at"
        } else {
            "tenant_id, id, note, cents, at"
        };
        botched.sql(&format!(
            "drop table if exists {table}; create table {table} ({column}id bigint, note text, cents int, at timestamptz, primary key ({key})); \
             alter table {table} owner to app_owner; grant all on {table} to app_rw"
        ));
        if tenant.id.is_some() {
            botched.sql(&format!(
                "alter table {table} enable row level security, force row level security; \
                 create policy own on {table} using (tenant_id = current_setting('app.current_tenant')::uuid)"
            ));
        }
        let fill = "n, 'what was ordered ' || md5(n::text), n * 7 % 10000, now()";
        botched.sql(&format!(
            "insert into {table} ({columns}) select {value}{fill} from generate_series(1, {rows}) n"
        ));
        let now = "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";
        let moment = botched.sql(now);
        botched.sql(&format!(
            "update {table} set note = 'botched', cents = 0 where id % 2 = 0; delete from {table} where id % 2 = 1"
        ));
        (botched, moment)
    }

    fn sql(&self, sql: &str) -> String {
        self.lab.sql(self.tenant.instance, self.tenant.database, sql)
    }
}

impl Drop for Botched<'_> {
    fn drop(&mut self) {
        self.sql(&format!("drop table if exists {}", self.table));
    }
}

fn measured(lab: &Lab, tenant: &Tenant, rows: u32) -> Times {
    let (botched, moment) = Botched::make(lab, tenant, rows);
    let only = format!("tables={}", botched.table);
    let began = Instant::now();
    let moment = format!("moment={moment}");
    let copy = run(lab, tenant, &["--set", &moment, "--set", &only], &["--confirm", "y"]);
    let next = copy
        .lines()
        .find_map(|line| line.strip_prefix("next: "))
        .expect("a second half")
        .to_owned();
    let from = next
        .split_whitespace()
        .find(|word| word.starts_with("from="))
        .expect("a copy")
        .to_owned();
    let copied = began.elapsed();
    let began = Instant::now();
    let said = ["--set", from.as_str(), "--set", only.as_str()];
    let planned = lab.tenantry(&[&["plan", "restore", tenant.path.as_str()], &said[..]].concat());
    assert_eq!(
        planned.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&planned.stderr)
    );
    let difference = began.elapsed();
    let began = Instant::now();
    run(lab, tenant, &said, &["--confirm", &tenant.name, "--reason", "bench"]);
    let back = began.elapsed();
    let there = format!("select count(*) from {} where note like 'what was %'", botched.table);
    assert_eq!(botched.sql(&there), rows.to_string());
    let id = format!("{}/{}", tenant.instance, from.trim_start_matches("from="));
    lab.tenantry(&["run", "wipe-copy", &id, "--write", "T-0", "--confirm", "1"]);
    Times {
        copy: copied,
        difference,
        back,
    }
}

fn run(lab: &Lab, tenant: &Tenant, said: &[&str], confirm: &[&str]) -> String {
    let words = [
        &["run", "restore", tenant.path.as_str()],
        said,
        &["--write", "T-0"],
        confirm,
    ]
    .concat();
    let output = lab.tenantry(&words);
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What makes an instance larger, in its last full backup, until it is dropped.
struct Ballast<'a> {
    lab: &'a Lab,
}

impl<'a> Ballast<'a> {
    fn of(lab: &'a Lab, megabytes: u32) -> Self {
        let ballast = Self { lab };
        if megabytes > 0 {
            ballast.execute("create table bench_ballast (words text)");
            // Rows of chance, which no compression makes small.
            let fill = format!(
                "insert into bench_ballast select (select string_agg(md5(random()::text || n || k), '') from generate_series(1, 200) k) \
                 from generate_series(1, {megabytes} * 156) n"
            );
            ballast.execute(&fill);
        }
        ballast.back_up();
        ballast
    }

    fn execute(&self, sql: &str) {
        self.lab.sql("atlas", "suite", sql);
    }

    fn back_up(&self) {
        let backups = self.lab.instance("atlas").backups.clone().expect("backups");
        let words = backups.command(&["--type=full", "backup"]);
        // It logs in as the lab's own backups do.
        let mut command = Command::new(&words[0]);
        command
            .env("PGHOST", "127.0.0.1")
            .env("PGPASSFILE", self.lab.dir().join("backups/pgpass"));
        let output = command
            .args(&words[1..])
            .stdin(Stdio::null())
            .output()
            .expect("pgbackrest");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Ballast<'_> {
    fn drop(&mut self) {
        self.execute("drop table if exists bench_ballast");
        let _ = fs::remove_dir_all(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench/state"));
    }
}
