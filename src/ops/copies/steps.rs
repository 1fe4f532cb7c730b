//! The steps: all until now is archived, the copy is made, and it is looked at.

use super::ask::Asked;
use crate::{
    model::{Act, Backups, Bytes, Check, Moment, Place, Process, Question, Step, Transact, Tree, Undo, quote},
    ops::Refusal,
};

/// How long it may take until a file of the log is archived, in seconds: an archiver that failed tries again after a minute.
const ARCHIVED: u64 = 300;
/// How long a copy may take to answer, and to be removed, in seconds.
const ANSWER: u64 = 30;
const REMOVAL: u64 = 600;
/// A copy is made at least as fast as this, in bytes a second; and this long it may take besides, in seconds.
const SPEED: u64 = 10 << 20;
const BESIDES: u64 = 3600;

/// A commit that is later than the moment, and the end of the file that it is in: before both are archived nothing stops at
/// that moment. It is all that is written to the live server.
pub fn mark(live: &Place, role: Option<String>) -> [Tree; 3] {
    let server = live.server.name();
    // Under this name the file of the log is kept that must be archived: one of each cluster.
    let mark = format!("mark.{}", live.system);
    let file = "select pg_walfile_name(pg_current_wal_insert_lsn())";
    let written = Step {
        name: format!("write a mark into the log of {server}"),
        act: Act::Sql(
            live.sql("select pg_logical_emit_message(true, 'tenantry', 'a copy is made of what was until here')"),
        ),
        again: true,
        check: Check {
            ask: Question::Take(mark.clone(), live.sql(file)),
            within: 3,
        },
        undo: Undo::Nothing,
    };
    // The next record begins in another file. This is asked by itself: whoever takes the run up after a crash must not wait
    // for the archive of a file that nobody has closed.
    let closed = format!("select pg_walfile_name(pg_current_wal_insert_lsn()) collate \"C\" > :'{mark}'");
    let closed = Step {
        name: format!("close the file of the log of {server}"),
        act: Act::Transact(Transact {
            role,
            statements: vec!["select pg_switch_wal()".to_owned().into()],
            ..Transact::on(live.clone())
        }),
        again: true,
        check: Check {
            ask: Question::Sql(live.sql(closed)),
            within: 3,
        },
        undo: Undo::Nothing,
    };
    let archived = format!(
        "select coalesce(last_archived_wal ~ '^[0-9A-F]{{24}}' and left(last_archived_wal, 24) collate \"C\" >= :'{mark}', false) \
         from pg_stat_archiver"
    );
    let archived = Step::look(
        format!("the file of the log of {server} is archived"),
        Question::Sql(live.sql(archived)),
        ARCHIVED,
    );
    [written, closed, archived].map(Tree::step)
}

/// The copy itself.
///
/// # Errors
/// Where the fleet file does not say enough.
pub fn make(asked: &Asked<'_>, copy: &Place, size: Bytes) -> Result<Tree, Refusal> {
    let mut words = vec![id(copy)];
    words.extend(asked.backups.repository(&copy.system));
    words.push(format!("--moment={}", asked.moment));
    Ok(Tree::step(Step {
        name: format!("restore copy {}", copy.server.name()),
        act: Act::Process(worker(asked.backups, copy, "make", &words, size.0 / SPEED + BESIDES)?),
        again: true,
        check: Check {
            ask: Question::Process(worker(asked.backups, copy, "stands", &[id(copy)], ANSWER)?),
            within: 3,
        },
        undo: Undo::Act(Act::Process(remove(asked.backups, copy)?)),
    }))
}

/// That it can be read, and holds nothing that is later than the moment.
pub fn look(asked: &Asked<'_>, copy: &Place) -> Tree {
    let later = match &asked.moment {
        Moment::Time(time) => format!(
            "coalesce(pg_last_xact_replay_timestamp() <= {}::timestamptz, true)",
            quote::literal(&time.to_string())
        ),
        // Up to here it has replayed, which is where the next record begins, or a little before.
        Moment::Before(lsn, _) => {
            let lsn = quote::literal(&lsn.to_string());
            format!("coalesce(pg_last_wal_replay_lsn() <= {lsn}::pg_lsn, true)")
        }
        Moment::Name(_) | Moment::Lsn(_) | Moment::Latest => "true".into(),
    };
    let sql = format!("select {later} and current_setting('transaction_read_only') = 'on'");
    let name = format!(
        "look at copy {}: it answers, only reads, and holds nothing later",
        copy.server.name()
    );
    Tree::step(Step::look(name, Question::Sql(copy.sql(sql)), ANSWER))
}

/// Its removal, read back.
///
/// # Errors
/// Where the fleet file does not say enough.
pub fn removal(backups: &Backups, copy: &Place, undo: Undo) -> Result<Step, Refusal> {
    Ok(Step {
        name: format!("remove copy {}", copy.server.name()),
        act: Act::Process(remove(backups, copy)?),
        again: true,
        check: Check {
            ask: Question::Process(worker(backups, copy, "gone", &[id(copy)], ANSWER)?),
            within: 3,
        },
        undo,
    })
}

fn remove(backups: &Backups, copy: &Place) -> Result<Process, Refusal> {
    worker(backups, copy, "drop", &[id(copy)], REMOVAL)
}

fn id(copy: &Place) -> String {
    format!("--id={}", copy.server.part(1))
}

/// This program, on the host of the backups.
fn worker(backups: &Backups, copy: &Place, what: &str, words: &[String], within: u64) -> Result<Process, Refusal> {
    let words: Vec<&str> = std::iter::once(what).chain(words.iter().map(String::as_str)).collect();
    let nowhere = || {
        Refusal::new(format!(
            "the fleet file does not say where copies of {} are",
            copy.server.part(0)
        ))
        .hint("give [instances.backups] `scratch` and `binaries`")
    };
    Ok(Process {
        place: copy.clone(),
        words: backups.beside(&words).ok_or_else(nowhere)?,
        within,
    })
}
