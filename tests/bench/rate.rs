//! How many tenants a second are migrated, and how many the shell's ways do, on the same lab in the same run.

use std::time::{Duration, Instant};

use super::lab::{Lab, Schemas};

const FIRST: &str =
    "create table item (id bigint generated always as identity primary key, note text, at timestamptz default now());
create index item_by_at on item (at);";
const SECOND: &str = "alter table item add column amount numeric(12,2);
create table line (id bigint generated always as identity primary key, item bigint references item, what text);
create index line_by_item on line (item);";

/// All ways over so many schemas, one way after the other.
pub fn against_the_shell(lab: &Lab) {
    for count in [10, 100, 1000] {
        let schemas = Schemas::make(lab, "rate", count);
        schemas.file("V1__one.sql", FIRST);
        let (psql, _) = lab.psql();
        let list = schemas.dir.join("list");
        std::fs::write(&list, schemas.names().join("\n") + "\n").unwrap();
        let (list, file) = (list.display(), schemas.dir.join("V2__two.sql"));
        // As people write it: one transaction, one process a tenant.
        let one = format!(
            "PGOPTIONS=\"-c search_path=$0 -c role=app_owner -c lock_timeout=500\" {psql} -1 -f {}",
            file.display()
        );
        let ways = [
            (
                "psql in a loop",
                format!("while read -r s; do bash -c '{one}' \"$s\"; done < {list}"),
            ),
            ("psql, xargs -P 4", format!("xargs -a {list} -n 1 -P 4 bash -c '{one}'")),
        ];
        println!("{count} schemas:");
        for (name, script) in ways {
            anew(&schemas);
            schemas.file("V2__two.sql", SECOND);
            let began = Instant::now();
            let output = lab.shell(&script);
            let took = began.elapsed();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            tell(name, count, took);
        }
        for (name, more) in [
            ("tenantry, cap=4", &["--set", "cap=4"]),
            ("tenantry, cap=8", &["--set", "cap=8"]),
        ] {
            anew(&schemas);
            recorded(&schemas);
            schemas.file("V2__two.sql", SECOND);
            let began = Instant::now();
            let planned = schemas.tenantry("plan", more);
            let plan = began.elapsed();
            assert_eq!(
                planned.status.code(),
                Some(3),
                "{}",
                String::from_utf8_lossy(&planned.stderr)
            );
            let began = Instant::now();
            let output = schemas.tenantry("run", more);
            let took = began.elapsed();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
            tell(name, count, took);
            println!("{plan:>12.2?}  of it are what `tenantry plan` takes by itself");
        }
    }
}

/// Every schema as it is after the first file.
fn anew(schemas: &Schemas<'_>) {
    schemas.every("drop schema if exists {} cascade");
    schemas.every(&format!(
        "create schema {{}} authorization app_owner; set search_path = {{}}; set role app_owner; {FIRST}; reset role"
    ));
    let _ = std::fs::remove_file(schemas.dir.join("V2__two.sql"));
}

/// Its history says so too.
fn recorded(schemas: &Schemas<'_>) {
    let output = schemas.tenantry("run", &["--set", "how=baseline", "--set", "cap=8"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn tell(name: &str, count: usize, took: Duration) {
    let rate = f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / took.as_secs_f64();
    println!("{took:>12.2?}  {name}: {rate:.1} a second");
}
