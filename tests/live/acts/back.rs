//! From the view of tenants, by keys, over ssh: the moment is chosen on the line of what happened, the difference is read, the
//! tenant's name is typed, the rows come back, and the way back goes forth and back again.

use std::{collections::HashSet, fs, path::PathBuf};

use super::{
    copies, lines, restore,
    screen::{presses, presses_away},
};
use crate::{faults::Heals, ground::Ground, terminal::Terminal};

const NAME: &str = "Contoso Retail";

/// What the tenant has, or with `<>` what everybody else has. A column that a trigger writes does not count.
fn rows(ground: &Ground, whose: &str) -> Vec<String> {
    let of = |table: &str, row: &str| {
        format!(
            "select count(*) || ' ' || coalesce(md5(string_agg({row}, ';' order by {row})), '') from {table} x \
             where tenant_id {whose} (select id from tenant where name = '{NAME}')"
        )
    };
    let customer = "concat_ws(',', tenant_id, id, name, email, referred_by, created_at)";
    let others = ["product", "orders", "order_line", "event"].map(|table| of(table, "x::text"));
    let all: Vec<String> = std::iter::once(of("customer", customer)).chain(others).collect();
    ground.sql("atlas-a", "orders", &all.join(" union all "))
}

/// Types the name of the tenant as fingers do, and confirms.
fn confirms(terminal: &mut Terminal) {
    // A plan takes keys once it was there for a moment: it scrolls then.
    presses(terminal, "\x1b[B", |screen| screen.contains(" above"));
    let mut typed = String::new();
    for key in NAME.chars() {
        typed.push(key);
        let wanted = format!("word  {typed}_");
        terminal.send(&key.to_string());
        terminal.sees(&wanted);
    }
    presses(terminal, "\t", |screen| screen.contains("y confirms"));
    terminal.send("y");
}

/// How the newest of so many runs has ended.
fn ended(ground: &Ground, count: usize) -> String {
    lines::ended(ground, count)["state"].as_str().unwrap().to_owned()
}

/// The files of runs.
fn files(ground: &Ground) -> HashSet<PathBuf> {
    let files = fs::read_dir(ground.dir().join("ssh/state/tenantry/runs"))
        .into_iter()
        .flatten();
    files.map(|file| file.unwrap().path()).collect()
}

/// No row is in a journal: the rows are beside it, and that they were read for a way back is written down. The runs of others,
/// whose files were there `before`, have rows of their own in what they try.
fn rows_are_apart(ground: &Ground, before: &HashSet<PathBuf>) {
    let files = files(ground);
    let kept = |end: &str| -> Vec<String> {
        let named = files
            .difference(before)
            .filter(|path| path.extension().is_some_and(|extension| extension == end));
        named.map(|path| fs::read_to_string(path).unwrap()).collect()
    };
    let sends = "insert into \\\"public\\\"";
    let journals = kept("jsonl");
    assert!(journals.len() >= 4, "{}", journals.len());
    assert!(journals.iter().all(|journal| !journal.contains(sends)));
    let rows = kept("rows");
    assert!(
        rows.iter().filter(|rows| rows.contains(sends)).count() >= 3,
        "{}",
        rows.len()
    );
    let readers = kept("readers");
    let planned = readers.iter().filter(|readers| readers.contains("to plan undo"));
    assert!(planned.count() >= 2, "{readers:?}");
}

/// Takes back the run whose page is open.
fn takes_back(ground: &Ground, terminal: &mut Terminal, count: usize) {
    terminal.send("x");
    terminal.sees("take back what a run did that has ended");
    terminal.send("u");
    terminal.sees("type Contoso Retail");
    confirms(terminal);
    assert_eq!(ended(ground, count), "done");
    terminal.sees("2. done");
}

pub fn by_keys(ground: &Ground) {
    if copies::are_impossible(ground) {
        return;
    }
    ground.settle();
    let (_heals, _tidy, _still) = (
        Heals(ground),
        copies::Dropped(ground, &["atlas"]),
        restore::Still::stand(ground),
    );
    let (before, others) = (rows(ground, "="), rows(ground, "<>"));
    ground.lab(&["fault", "botch", "atlas/orders/Contoso Retail"]);
    let botched = rows(ground, "=");
    // What the others wrote meanwhile is theirs to keep.
    let others_since = rows(ground, "<>");
    assert_ne!(botched, before);
    assert_ne!(others_since, others);
    let count = lines::runs(ground).len();
    let files = files(ground);
    let line = "tenants /contoso model=shared";
    let mut terminal = Terminal::over_ssh(ground.dir(), &[], &["--write", "T-16", "--open", line], (140, 40));
    terminal.sees("WRITE");
    terminal.sees("1/1 of");
    for (key, seen) in [("x", "bring a tenant's rows back"), ("s", "enter goes on to the plan")] {
        terminal.send(key);
        terminal.sees(seen);
    }
    for _ in 0..4 {
        terminal.send("\t");
    }
    terminal.send("public.customer.updated_at");
    terminal.sees("customer.updated_at");
    // What was not seen yet when the console was opened is waited for.
    terminal.send("\r");
    terminal.sees("restore: choose the moment");
    // The youngest commit is one that came later and did nothing wrong.
    terminal.send("j");
    terminal.sees("back to just before it");
    terminal.sees("2/");
    terminal.send("\r");
    terminal.sees("first half of restore");
    presses_away(&mut terminal, "y", "[ cancel ]");
    terminal.sees("steps done");
    assert_eq!(ended(ground, count + 1), "done");
    terminal.sees("5. done");
    assert_eq!(rows(ground, "="), botched);
    terminal.send("x");
    terminal.sees("bring a tenant's rows back");
    terminal.send("s");
    terminal.sees("public.order_line: ");
    terminal.sees("type Contoso Retail");
    confirms(&mut terminal);
    assert_eq!(ended(ground, count + 2), "done");
    terminal.sees("2. done");
    assert_eq!(rows(ground, "="), before);
    assert_eq!(rows(ground, "<>"), others_since);
    // R11
    takes_back(ground, &mut terminal, count + 3);
    assert_eq!(rows(ground, "="), botched);
    takes_back(ground, &mut terminal, count + 4);
    assert_eq!(rows(ground, "="), before);
    assert_eq!(rows(ground, "<>"), others_since);
    rows_are_apart(ground, &files);
}
