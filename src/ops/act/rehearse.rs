//! A transaction that is tried and rolled back: which locks it takes, how long, and how much log.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, timeout};

use super::{
    Acting,
    manner::{Scope, assume, limit},
    tries::MODE,
    words::{self, told},
};
use crate::{
    model::{Artefact, Fault, FaultKind, Limits, Transact, Words},
    ops::survey::{Found, Rehearsed},
    provider::postgres::{Param, Session},
};

/// Modes behind which readers or writers wait (PostgreSQL documentation 13.3.1).
const LOCKS: &str = "\
select json_build_object('relation', l.relation::bigint, 'lock', {mode} || ' on ' || l.relation::regclass)::text
from pg_locks l join pg_class c on c.oid = l.relation
where l.pid = pg_backend_pid() and l.granted and c.relkind in ('r', 'p', 'm')
  and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
order by l.relation::regclass::text, l.mode";
/// Those that are there for others too: nobody waits for what this transaction made.
const THERE: &str = "select oid from pg_class where oid = any($1)";
/// Where nothing else is said.
const LIMITS: Limits = Limits {
    lock: 500,
    retries: 0,
    budget: 10_000,
};

impl Acting {
    pub(super) async fn rehearse(&self, transact: &Transact, artefacts: &[Artefact]) -> Result<Found, Fault> {
        let texts = words::texts(artefacts)?;
        let session = self.open(&transact.place).await?;
        let limits = transact.limits.unwrap_or(LIMITS);
        let left = Duration::from_millis(limits.budget);
        let tried = timeout(left, tried(&session, transact, &texts, limits)).await;
        let rehearsed = match tried {
            Ok(Ok((mut rehearsed, held))) => {
                rehearsed.locks = self.of_others(transact, held).await?;
                Ok(rehearsed)
            }
            Ok(Err(fault)) => Err(fault.to_string()),
            Err(_) => {
                session.cancel().await;
                Err(format!("it did not end in {left:?}"))
            }
        };
        // Where this fails too the session ends, which rolls back as well.
        let _ = session.execute("rollback").await;
        Ok(Found::Rehearsed(rehearsed))
    }

    /// The locks on what others can see.
    async fn of_others(&self, transact: &Transact, held: Vec<Held>) -> Result<Vec<String>, Fault> {
        let other = self.open(&transact.place).await?;
        let relations = held.iter().map(|held| held.relation).collect();
        let there: Vec<u32> = other.column(THERE, &[Param::Oids(relations)]).await?;
        let locks = held.into_iter().filter(|held| there.contains(&held.relation));
        Ok(locks.map(|held| held.lock).collect())
    }
}

/// A lock that was held.
#[derive(Deserialize)]
struct Held {
    relation: u32,
    lock: String,
}

async fn tried(
    session: &Session,
    transact: &Transact,
    texts: &words::Texts,
    limits: Limits,
) -> Result<(Rehearsed, Vec<Held>), Fault> {
    session.execute("begin").await?;
    assume(
        session,
        Scope::Transaction,
        transact.role.as_deref(),
        &transact.settings,
    )
    .await?;
    let left = Duration::from_millis(limits.budget);
    limit(session, Scope::Transaction, limits.lock, left).await?;
    let (from, began) = (position(session).await?, Instant::now());
    for words in &transact.statements {
        let text = match words {
            Words::Text(text) => text.as_str(),
            Words::File(file) => words::part(Some(texts), file)?,
            Words::Rows(rows) => words::kept(rows)?,
        };
        session.batch(text).await.map_err(|fault| told(words, fault))?;
    }
    let took = began.elapsed();
    let log = position(session).await?.saturating_sub(from);
    let held = session.column::<String>(&LOCKS.replace("{mode}", MODE), &[]).await?;
    let malformed = |error: serde_json::Error| Fault::new(FaultKind::Malformed, error.to_string());
    let held = held.iter().map(|held| serde_json::from_str(held).map_err(malformed));
    let rehearsed = Rehearsed {
        locks: Vec::new(),
        took,
        log,
    };
    Ok((rehearsed, held.collect::<Result<_, Fault>>()?))
}

/// How far the server's log is, in bytes.
async fn position(session: &Session) -> Result<u64, Fault> {
    let sql = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";
    let found = session.column::<i64>(sql, &[]).await?;
    Ok(found.first().and_then(|at| u64::try_from(*at).ok()).unwrap_or_default())
}
