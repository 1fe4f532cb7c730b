//! One line of `pg_waldump`, as versions 13 to 18 write it. What says nothing of rows, of commits or of new files is none.

use jiff::Timestamp;

use crate::model::{Lsn, Written};

/// A delete that takes back an insert which met somebody else's row (`XLH_DELETE_IS_SUPER` of `heapam_xlog.h`).
const TAKES_BACK: u64 = 1 << 3;
/// The tablespace whose files are below `base/` (`DEFAULTTABLESPACE_OID`).
const DEFAULT: &str = "1663";

/// A record of the log.
#[derive(Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it begins.
    pub lsn: Lsn,
    /// The transaction.
    pub xid: u32,
    /// What it says.
    pub said: Said,
}

/// What a record says.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// Rows of this file were written.
    Wrote(String, Written),
    /// The transaction, and those of its savepoints, were committed at this time.
    Committed(Timestamp, Vec<u32>),
    /// They were rolled back.
    Aborted(Vec<u32>),
}

/// What a line says.
pub fn parse(line: &str) -> Option<Record> {
    let (head, desc) = line.split_once(", desc: ")?;
    let field = |name: &str| Some(head.split_once(name)?.1.split(',').next()?.trim());
    let (lsn, mut xid) = (field("lsn: ")?.parse().ok()?, field("tx: ")?.parse().ok()?);
    let (verb, rest) = desc.split_once(' ').unwrap_or((desc, ""));
    let rows = |written| Some(Said::Wrote(file(rest)?, written));
    let manager = head.strip_prefix("rmgr: ")?.split(' ').next()?;
    let said = match (manager, verb.trim_end_matches("+INIT")) {
        ("Heap", "INSERT") => rows(inserted(1)),
        ("Heap2", "MULTI_INSERT") => rows(inserted(
            rest.trim_start_matches("ntuples: ")
                .split([' ', ','])
                .next()?
                .parse()
                .ok()?,
        )),
        ("Heap", "UPDATE" | "HOT_UPDATE") => rows(Written {
            changed: 1,
            ..Written::default()
        }),
        ("Heap", "DELETE") if flags(rest) & TAKES_BACK == 0 => rows(Written {
            deleted: 1,
            ..Written::default()
        }),
        ("Storage", "CREATE") => Some(Said::Wrote(
            path(rest.split_whitespace().next()?)?,
            Written {
                anew: true,
                ..Written::default()
            },
        )),
        ("Transaction", "COMMIT" | "COMMIT_PREPARED") => {
            Some(Said::Committed(time(prepared(rest, &mut xid))?, others(rest)))
        }
        ("Transaction", "ABORT" | "ABORT_PREPARED") => {
            prepared(rest, &mut xid);
            Some(Said::Aborted(others(rest)))
        }
        _ => None,
    };
    Some(Record { lsn, xid, said: said? })
}

fn inserted(inserted: u64) -> Written {
    Written {
        inserted,
        ..Written::default()
    }
}

/// The first file that a record is about.
fn file(rest: &str) -> Option<String> {
    let name = rest.split_once("blkref #0: rel ")?.1.split(' ').next()?;
    Some(name.to_owned())
}

/// The same from the path of a file, where it is one of rows: `base/5/16385`, `pg_tblspc/16400/PG_15_202209061/5/16385`.
fn path(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').collect();
    let (space, database, file) = match parts.as_slice() {
        ["base", database, file] => (DEFAULT, database, file),
        ["pg_tblspc", space, _, database, file] => (*space, database, file),
        _ => return None,
    };
    file.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| format!("{space}/{database}/{file}"))
}

/// The first of these bits stand behind `flags 0x` up to version 15, and behind `flags: 0x` since.
fn flags(rest: &str) -> u64 {
    let hex = rest.split_once("0x").map_or("", |(_, rest)| rest);
    let end = hex.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(hex.len());
    u64::from_str_radix(&hex[..end], 16).unwrap_or_default()
}

/// A transaction that was prepared is ended by another, which names it first: `840: 2026-…`. What follows that.
fn prepared<'a>(rest: &'a str, xid: &mut u32) -> &'a str {
    let Some((first, after)) = rest.split_once(": ") else {
        return rest;
    };
    match first.parse() {
        Ok(named) => {
            *xid = named;
            after
        }
        Err(_) => rest,
    }
}

/// The zone is UTC: `pg_waldump` was told so.
fn time(rest: &str) -> Option<Timestamp> {
    let (clock, _) = rest.split_once(" UTC")?;
    format!("{clock}Z").parse().ok()
}

fn others(rest: &str) -> Vec<u32> {
    let list = rest.split_once("subxacts: ").map_or("", |(_, rest)| rest);
    let list = list.split(';').next().unwrap_or_default();
    list.split_whitespace().map_while(|word| word.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Record, Said, parse};

    fn wrote(line: &str) -> (String, (u64, u64, u64, bool)) {
        let Some(Record {
            said: Said::Wrote(file, w),
            ..
        }) = parse(line)
        else {
            panic!("{line}")
        };
        (file, (w.inserted, w.changed, w.deleted, w.anew))
    }

    #[test]
    fn rows_that_were_written_are_counted_by_their_file() {
        let head =
            "rmgr: Heap        len (rec/tot):     61/    61, tx:        839, lsn: 0/070D6AF0, prev 0/070D6AB0, desc: ";
        let other =
            "rmgr: Heap2       len (rec/tot):     78/    78, tx:        843, lsn: 0/070D8FF8, prev 0/070D8E88, desc: ";
        // The first of each pair is recorded from version 15; the second is as the sources of 16 to 18 write it.
        for (head, desc, counts) in [
            (head, "INSERT off 75 flags 0x08", (1, 0, 0, false)),
            (head, "INSERT+INIT off: 1, flags: 0x08", (1, 0, 0, false)),
            (
                head,
                "HOT_UPDATE off 1 xmax 840 flags 0x10 ; new off 101 xmax 0",
                (0, 1, 0, false),
            ),
            (
                head,
                "UPDATE old_xmax: 840, old_off: 1, old_infobits: [], flags: 0x08, new_xmax: 0, new_off: 101",
                (0, 1, 0, false),
            ),
            (head, "DELETE off 92 flags 0x04 KEYS_UPDATED ", (0, 0, 1, false)),
            (
                head,
                "DELETE xmax: 841, off: 92, infobits: [KEYS_UPDATED], flags: 0x04",
                (0, 0, 1, false),
            ),
            (other, "MULTI_INSERT+INIT 2 tuples flags 0x0A", (2, 0, 0, false)),
            (
                other,
                "MULTI_INSERT ntuples: 3, flags: 0x02, offsets: [1, 2, 3]",
                (3, 0, 0, false),
            ),
        ] {
            let line = format!(
                "{head}{desc}, blkref #0: rel 1663/16429/16531 blk 7 FPW, blkref #1: rel 1663/16429/16531 blk 3"
            );
            assert_eq!(wrote(&line), ("1663/16429/16531".into(), counts), "{desc}");
        }
        let back = format!("{head}DELETE off 3 flags 0x08 , blkref #0: rel 1663/16429/16531 blk 7");
        assert_eq!(parse(&back), None, "an insert that was taken back is no delete");
    }

    #[test]
    fn a_new_file_is_known_by_its_path() {
        let head =
            "rmgr: Storage     len (rec/tot):     42/    42, tx:        842, lsn: 0/070D8338, prev 0/070D8308, desc: ";
        let anew = (0, 0, 0, true);
        assert_eq!(
            wrote(&format!("{head}CREATE base/16429/16538")),
            ("1663/16429/16538".into(), anew)
        );
        assert_eq!(
            wrote(&format!("{head}CREATE pg_tblspc/16400/PG_15_202209061/16429/16538")),
            ("16400/16429/16538".into(), anew)
        );
        assert_eq!(parse(&format!("{head}CREATE base/16429/16538_fsm")), None);
    }

    #[test]
    fn how_a_transaction_ended_is_told_with_its_savepoints() {
        let head =
            "rmgr: Transaction len (rec/tot):     54/    54, tx:        840, lsn: 0/070D82D0, prev 0/070D8290, desc: ";
        let record = parse(&format!(
            "{head}COMMIT 2026-11-26 19:38:00.135852 UTC; rels: base/16429/16535; subxacts: 841 843; inval msgs: catcache 55"
        ));
        let at = "2026-11-26T19:38:00.135852Z".parse().unwrap();
        let record = record.unwrap();
        assert_eq!((record.xid, record.lsn.to_string().as_str()), (840, "0/70D82D0"));
        assert_eq!(record.said, Said::Committed(at, vec![841, 843]));
        let prepared = parse(&format!("{head}COMMIT_PREPARED 77: 2026-11-26 19:38:00.135852 UTC")).unwrap();
        assert_eq!((prepared.xid, prepared.said), (77, Said::Committed(at, vec![])));
        let aborted = parse(&format!("{head}ABORT 2026-11-26 19:38:00.135852 UTC; subxacts: 9")).unwrap();
        assert_eq!((aborted.xid, aborted.said), (840, Said::Aborted(vec![9])));
    }

    #[test]
    fn what_is_about_neither_is_passed_over() {
        let head =
            "rmgr: Transaction len (rec/tot):     78/    78, tx:        842, lsn: 0/070D8528, prev 0/070D84E8, desc: ";
        assert_eq!(parse(&format!("{head}INVALIDATION ; inval msgs: catcache 55")), None);
        assert_eq!(parse("pg_waldump: error: whatever"), None);
    }
}
