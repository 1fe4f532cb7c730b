//! One entry for each commit, with the best that rows and log know of it.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::rows::{Standing, Table};
use crate::{
    model::{Commit, Logged, Source, Touched, Whose, Written},
    ops::tenant::Home,
};

/// A transaction: its number comes again after four milliards of others, its time does not.
type Key = (u32, Timestamp);

/// All commits, the newest first.
pub fn commits(home: &Home<'_>, tables: &[Table], rows: Vec<Standing>, log: Vec<Logged>) -> Vec<Commit> {
    commits_of(home.shared.is_some(), &paths(tables), rows, log)
}

/// Which table each file is of.
fn paths(tables: &[Table]) -> HashMap<String, String> {
    let files = |table: &Table| {
        let path = table.path();
        table
            .files
            .iter()
            .map(move |file| (file.clone(), path.clone()))
            .collect::<Vec<_>>()
    };
    tables.iter().flat_map(files).collect()
}

fn commits_of(shared: bool, paths: &HashMap<String, String>, rows: Vec<Standing>, log: Vec<Logged>) -> Vec<Commit> {
    // Rows bear the numbers of savepoints.
    let mut whole: HashMap<Key, Key> = HashMap::new();
    let mut found: BTreeMap<Key, Commit> = BTreeMap::new();
    for logged in log {
        let key = (logged.xid, logged.at);
        whole.extend(logged.parts.iter().map(|part| ((*part, logged.at), key)));
        let mut tables: BTreeMap<String, Written> = BTreeMap::new();
        for (file, written) in logged.tables {
            if let Some(path) = paths.get(&file) {
                tables.entry(path.clone()).or_default().add(written);
            }
        }
        let touched = |(table, written): (String, Written)| Touched {
            table: table.into(),
            logged: Some(written),
            standing: None,
        };
        let commit = Commit {
            lsn: Some(logged.lsn),
            tables: tables.into_iter().map(touched).collect(),
            source: Source::Log,
            ..new(key)
        };
        found.insert(key, commit);
    }
    for standing in rows {
        let seen = (standing.xid, standing.at);
        let key = whole.get(&seen).copied().unwrap_or(seen);
        let commit = found.entry(key).or_insert_with(|| new(key));
        if commit.lsn.is_some() {
            commit.source = Source::Both;
        }
        add(commit, &standing);
    }
    let mut all: Vec<Commit> = found.into_values().collect();
    for commit in &mut all {
        commit.whose = if shared { whose(commit) } else { Whose::Tenant };
    }
    all.sort_by_key(|commit| std::cmp::Reverse((commit.at, commit.lsn)));
    all
}

fn new((xid, at): Key) -> Commit {
    Commit {
        at,
        xid: xid.to_string(),
        lsn: None,
        tables: Vec::new(),
        source: Source::Rows,
        whose: Whose::Tenant,
    }
}

fn add(commit: &mut Commit, standing: &Standing) {
    let known = commit
        .tables
        .iter_mut()
        .find(|touched| touched.table.raw() == standing.table);
    match known {
        Some(touched) => touched.standing = Some(touched.standing.unwrap_or_default() + standing.rows),
        None => commit.tables.push(Touched {
            table: standing.table.as_str().into(),
            logged: None,
            standing: Some(standing.rows),
        }),
    }
}

/// Whose rows of shared tables a commit wrote: the tenant's where every row that it wrote is still there as one of them.
fn whose(commit: &Commit) -> Whose {
    let all = |touched: &Touched| {
        let Some(logged) = touched.logged else { return true };
        !logged.anew && logged.deleted == 0 && Some(logged.inserted + logged.changed) == touched.standing
    };
    match commit.source {
        Source::Rows => Whose::Tenant,
        Source::Log => Whose::Unknown,
        Source::Both if commit.tables.iter().all(all) => Whose::Tenant,
        Source::Both => Whose::Among,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::commits_of;
    use crate::{
        model::{Commit, Logged, Lsn, Source, Whose, Written},
        ops::moments::rows::Standing,
    };

    fn logged(xid: u32, second: u64, lsn: u64, parts: &[u32], written: Written) -> Logged {
        Logged {
            at: at(second),
            xid,
            parts: parts.to_vec(),
            lsn: Lsn(lsn),
            tables: [("1663/5/7".to_owned(), written)].into(),
        }
    }

    fn standing(xid: u32, second: u64, rows: u64) -> Standing {
        Standing {
            at: at(second),
            xid,
            table: "public.customer".into(),
            rows,
        }
    }

    fn at(second: u64) -> jiff::Timestamp {
        format!("2026-11-26T19:38:{second:02}Z").parse().unwrap()
    }

    fn merged(shared: bool, rows: Vec<Standing>, log: Vec<Logged>) -> Vec<Commit> {
        let paths = HashMap::from([("1663/5/7".to_owned(), "public.customer".to_owned())]);
        commits_of(shared, &paths, rows, log)
    }

    fn written(changed: u64, deleted: u64) -> Written {
        Written {
            changed,
            deleted,
            ..Written::default()
        }
    }

    #[test]
    fn what_rows_and_log_know_of_a_commit_is_one_entry() {
        let rows = vec![standing(12, 2, 3), standing(20, 3, 1)];
        let log = vec![
            logged(11, 2, 90, &[11, 12], written(3, 4)),
            logged(9, 1, 80, &[9], written(0, 2)),
        ];
        let all = merged(false, rows, log);
        let short = |commit: &Commit| (commit.xid.clone(), commit.source, commit.before().to_string());
        assert_eq!(
            all.iter().map(short).collect::<Vec<_>>(),
            [
                ("20".to_owned(), Source::Rows, "2026-11-26T19:38:02.999999Z".to_owned()),
                (
                    "11".to_owned(),
                    Source::Both,
                    "before:0/5A@2026-11-26T19:38:02Z".to_owned()
                ),
                (
                    "9".to_owned(),
                    Source::Log,
                    "before:0/50@2026-11-26T19:38:01Z".to_owned()
                ),
            ]
        );
        assert_eq!(
            (all[1].tables[0].logged, all[1].tables[0].standing),
            (Some(written(3, 4)), Some(3))
        );
        assert!(all.iter().all(|commit| commit.whose == Whose::Tenant));
    }

    #[test]
    fn of_tables_that_tenants_share_the_log_does_not_tell_whose_rows_they_were() {
        let rows = vec![standing(11, 2, 3), standing(12, 3, 3), standing(20, 4, 1)];
        let log = vec![
            logged(9, 1, 80, &[9], written(0, 2)),
            logged(11, 2, 90, &[11], written(3, 0)),
            logged(12, 3, 95, &[12], written(5, 0)),
            // The same number, and another transaction.
            logged(20, 5, 99, &[20], written(1, 0)),
        ];
        let all: Vec<Whose> = merged(true, rows, log).iter().map(|commit| commit.whose).collect();
        let (tenant, unknown) = (Whose::Tenant, Whose::Unknown);
        assert_eq!(all, [unknown, tenant, Whose::Among, tenant, unknown]);
    }
}
