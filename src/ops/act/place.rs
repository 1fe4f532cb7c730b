//! Is this the server that the plan was made for, and is it ours alone?

use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, sleep};

use crate::{
    model::{Act, Fault, FaultKind, Place, Plan, Text, quote},
    provider::postgres::{Param, Session},
};

/// The first half of the key of the lock that a run holds: `TENA`.
const CLASS: i64 = 0x5445_4e41;
/// The first half of the key of the lock that each transaction of a run shares: `TENB`.
const UNDER_WAY: i64 = 0x5445_4e42;

/// How long what a dead process of the same run left behind may take to end: a statement has its limit.
const LEFT_BEHIND: Duration = Duration::from_secs(6);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Deserialize)]
struct Found {
    system: String,
    timeline: i64,
    recovery: bool,
}

#[derive(Deserialize)]
struct Hold {
    taken: bool,
    /// `tenantry/OPERATION/RUN` of who has it.
    holder: Option<Text>,
    since: Option<Text>,
}

/// Every server that the plan touches, once, each in its maintenance database.
pub fn all(plan: &Plan) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for step in plan.steps.steps() {
        let undo = step.undo.act().and_then(Act::place);
        for place in step.act.place().into_iter().chain(step.check.ask.places()).chain(undo) {
            // A copy is nobody's but the run's that makes it, and need not be there yet; backups are only read.
            if place.is_live() && places.iter().all(|known| known.server != place.server) {
                places.push(Place {
                    database: None,
                    ..place.clone()
                });
            }
        }
    }
    places
}

/// Refuses a server that is another than it was: another cluster, another timeline, another role.
pub async fn is_the_same(session: &Session, place: &Place) -> Result<(), Fault> {
    let sql = "select json_build_object('system', (select system_identifier::text from pg_control_system()), \
               'timeline', (select timeline_id from pg_control_checkpoint()), 'recovery', pg_is_in_recovery())";
    let found: Found = session.json(sql, &[]).await?;
    let changed = |what: &str, was: &str, is: &str| {
        let fault = format!("{} is not what it was: {what} was {was} and is {is}", place.server);
        Err(Fault::new(FaultKind::Refused, fault).hint("look again, and plan anew"))
    };
    let role = |recovery: bool| if recovery { "standby" } else { "primary" };
    if found.system != place.system {
        return changed("system identifier", &place.system, &found.system);
    }
    if place.is_copy() {
        return Ok(());
    }
    if found.recovery != place.recovery {
        return changed("role", role(place.recovery), role(found.recovery));
    }
    if found.timeline != place.timeline {
        return changed("timeline", &place.timeline.to_string(), &found.timeline.to_string());
    }
    Ok(())
}

/// The name by which the server knows a run's sessions. It cuts names at 63 bytes.
pub fn name(operation: &str, id: &str) -> String {
    format!("tenantry/{operation}/{id}").chars().take(63).collect()
}

/// Tells the server whose session it is.
pub async fn label(session: &Session, label: &str) -> Result<(), Fault> {
    let sql = format!("set application_name = {}", quote::literal(label));
    session.execute(&sql).await
}

/// Takes this database of the server for this run: a lock of the session, tried and never waited for. Locks of this kind
/// belong to one database (PostgreSQL documentation 13.3.5), so it is taken in each that the run works in.
///
/// Only what a process of the same run left behind when it died is waited for: it ends by itself.
pub async fn take(session: &Session, place: &Place, label: &str) -> Result<(), Fault> {
    let end = Instant::now() + LEFT_BEHIND;
    loop {
        let held = hold(session, place).await?;
        let left_behind = match (held.taken, held.holder) {
            (true, _) if nothing_under_way(session, place).await? => return Ok(()),
            (true, _) => {
                let fault = format!("a transaction of an earlier run is still under way on {}", place.server);
                Fault::new(FaultKind::Refused, fault)
            }
            (false, Some(holder)) if holder.raw() == label => theirs(place, &holder, None),
            (false, Some(holder)) => return Err(theirs(place, &holder, held.since.as_ref())),
            (false, None) => {
                let fault = format!("{} was held by a run that has just ended", place.server);
                return Err(Fault::new(FaultKind::Refused, fault).hint("look again, and plan anew"));
            }
        };
        if Instant::now() >= end {
            return Err(left_behind);
        }
        sleep(LOOK).await;
    }
}

fn theirs(place: &Place, holder: &Text, since: Option<&Text>) -> Fault {
    let since = since.map(|since| format!(" since {since}")).unwrap_or_default();
    let fault = format!("{} is held by {holder}{since}", place.server);
    Fault::new(FaultKind::Refused, fault).hint("tenantry runs lists what is under way")
}

async fn hold(session: &Session, place: &Place) -> Result<Hold, Fault> {
    let sql = "with mine as materialized (select pg_try_advisory_lock($1::bigint::int4, $2::bigint::int4) as taken), \
               theirs as (select a.application_name, a.backend_start from pg_locks l join pg_stat_activity a using (pid) \
                 where l.locktype = 'advisory' and l.classid = $1::bigint::oid and l.objid = ($2::bigint & 4294967295)::oid \
                 and l.granted and l.pid <> pg_backend_pid() \
                 and l.database = (select oid from pg_database where datname = current_database()) limit 1) \
               select json_build_object('taken', (select taken from mine), 'holder', (select application_name from theirs), \
                 'since', (select backend_start::text from theirs))";
    let params = [Param::Int(CLASS), Param::Int(key(&place.server.to_string()))];
    session.json(sql, &params).await
}

/// Takes part in what is under way: for the life of a transaction, or of the session.
pub async fn take_part(session: &Session, place: &Place, transaction: bool) -> Result<(), Fault> {
    let key = key(&place.server.to_string());
    let scope = if transaction { "xact_" } else { "" };
    session
        .execute(&format!("select pg_advisory_{scope}lock_shared({UNDER_WAY}, {key})"))
        .await
}

/// A process that died may have left a transaction that goes on without it: nothing is known before that has ended.
async fn nothing_under_way(session: &Session, place: &Place) -> Result<bool, Fault> {
    let key = key(&place.server.to_string());
    let sql = format!(
        "select case when pg_try_advisory_lock({UNDER_WAY}, {key}) then pg_advisory_unlock({UNDER_WAY}, {key}) else false end"
    );
    Ok(session.column::<bool>(&sql, &[]).await? == [true])
}

/// The second half of the key: FNV-1a over the server's name, as a signed number of 32 bits.
fn key(name: &str) -> i64 {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    i64::from(hash.cast_signed())
}
