//! Who is connected to a server, what each does, waits for and holds back. One statement.

mod blocking;
mod lock;
mod mask;
mod reveal;
mod whose;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use blocking::{Chain, Victim, chains};
pub use lock::Lock;
pub use mask::Masked;
pub use reveal::{Revealed, reveal};
pub use whose::Whose;

use super::servers;
use crate::{
    model::{Fault, Kind, Target, Text},
    provider::Doors,
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// Columns as in PostgreSQL 13 to 18. `pg_blocking_pids` and `pg_locks` stop the lock manager for a moment: the one is
/// asked only about sessions that wait for a lock, the other is read only where there is such a session.
/// Without `pg_read_all_stats` the server hides all but the names of others' sessions, `backend_type` too.
const SQL: &str = "\
with a as materialized (
  select a.pid, coalesce(a.backend_type, 'client backend') as kind, a.usesysid, a.usename, a.datname,
    a.application_name, a.client_addr, a.backend_start, a.xact_start, a.query_start, a.state_change, a.state,
    a.wait_event_type, a.wait_event, age(a.backend_xid) as xid, age(a.backend_xmin) as xmin, a.query,
    a.query_id, --@14
    a.query = '<insufficient privilege>' as hidden,
    a.pid = pg_backend_pid() or a.application_name = 'tenantry/watch' and a.usename = current_user as ours
  from pg_stat_activity a where a.backend_type is not null or a.usesysid is not null
), w as materialized (
  select pid, pg_blocking_pids(pid) as blocked_by from a where wait_event_type = 'Lock'
), b as materialized (
  select distinct unnest(blocked_by) as pid from w
), l as materialized (
  select l.pid, l.locktype, l.mode, l.relation, l.database, coalesce(l.transactionid::text, l.virtualxid) as transaction,
    l.waitstart --@14
    null::timestamptz as waitstart --@<14
  from pg_locks l where not l.granted
)
select json_build_object('now', clock_timestamp(),
  'backends', (select count(*) from a where kind = 'client backend'),
  'ours', (select count(*) from a where ours), 'us', current_user,
  'sessions', (select coalesce(json_agg(json_build_object('pid', a.pid, 'kind', a.kind, 'user', a.usename,
      'user_oid', a.usesysid::bigint, 'database', a.datname, 'application', a.application_name,
      'client', host(a.client_addr), 'started', a.backend_start, 'transaction', a.xact_start,
      'query_at', a.query_start, 'changed', a.state_change, 'state', a.state, 'wait_kind', a.wait_event_type,
      'wait', a.wait_event, 'xid_age', a.xid, 'xmin_age', a.xmin, 'hidden', a.hidden,
      'query_id', a.query_id::text, --@14
      'query', case when not a.hidden then left(a.query, 2048) end,
      'blocked_by', coalesce(w.blocked_by, '{}'),
      'lock', case when w.pid is not null then (select json_build_object('kind', l.locktype, 'mode', l.mode,
          'relation', (select c.relname from pg_class c, pg_database d where c.oid = l.relation
            and d.datname = current_database() and l.database in (0, d.oid)),
          'relid', l.relation::bigint, 'transaction', l.transaction, 'since', l.waitstart)
        from l where l.pid = a.pid limit 1) end)), '[]')
    from a left join w using (pid)
    where a.pid in (select pid from b) or w.pid is not null or not a.ours
      and (a.kind = 'client backend' or a.xid is not null or a.xmin is not null)),
  'prepared', (select coalesce(json_agg(json_build_object('gid', p.gid, 'at', p.prepared, 'owner', p.owner,
      'database', p.database, 'age', age(p.transaction))), '[]') from pg_prepared_xacts p)
)";

/// The sessions of one server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sessions {
    /// When this was so. This and all times here are by the server's clock, or by ours where the two differ by more
    /// than two seconds: count ages from here.
    pub now: Timestamp,
    /// What was added to the server's times to make them ours; nothing where its clock is right.
    #[serde(default)]
    pub shifted: SignedDuration,
    /// Client sessions, ours included: what counts against `max_connections`.
    pub backends: u64,
    /// Sessions of consoles that watch with our role. They are not listed unless they block or wait for a lock.
    pub ours: u64,
    /// The role that watches.
    #[serde(default)]
    pub us: Option<Text>,
    /// Client sessions, and others of the server's that wait for a lock, block somebody or hold a snapshot.
    pub sessions: Vec<Session>,
    /// Prepared transactions.
    pub prepared: Vec<Prepared>,
}

/// One session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// Process id.
    pub pid: i32,
    /// `client backend`, `walsender`, `autovacuum worker`, …
    pub kind: String,
    /// The role; none where it was dropped since, or for the server's own processes.
    pub user: Option<Text>,
    /// The role's oid, also where it was dropped.
    pub user_oid: Option<u32>,
    /// The database.
    pub database: Option<Text>,
    /// `application_name`
    pub application: Option<Text>,
    /// Address; none on a Unix socket.
    pub client: Option<Text>,
    /// When it connected.
    pub started: Option<Timestamp>,
    /// When its transaction began.
    pub transaction: Option<Timestamp>,
    /// When its last or present statement began.
    pub query_at: Option<Timestamp>,
    /// When its state last changed.
    pub changed: Option<Timestamp>,
    /// Such as `active` or `idle in transaction`.
    pub state: Option<String>,
    /// Such as `Lock` or `IO`.
    pub wait_kind: Option<String>,
    /// What it waits for, such as `transactionid`.
    pub wait: Option<String>,
    /// Age of its transaction id, in transactions. It has one as soon as it has written or locked rows.
    pub xid_age: Option<i64>,
    /// Age of its snapshot, in transactions. Vacuum keeps all that this snapshot could see.
    pub xmin_age: Option<i64>,
    /// The server shows us no more of it than who it is.
    pub hidden: bool,
    /// As in `pg_stat_statements`. Since 14.
    pub query_id: Option<String>,
    /// The last or present statement, without its literals.
    pub query: Option<Masked>,
    /// Process ids that keep it waiting; 0 is a prepared transaction.
    pub blocked_by: Vec<i32>,
    /// The lock it waits for.
    pub lock: Option<Lock>,
}

/// A transaction that waits for its second phase, without a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepared {
    /// Its name.
    pub gid: Text,
    /// Since when.
    pub at: Timestamp,
    /// Who prepared it.
    pub owner: Option<Text>,
    /// Where.
    pub database: Option<Text>,
    /// Age in transactions.
    pub age: i64,
}

impl Session {
    /// Idle, with a transaction open.
    pub fn idle_in_transaction(&self) -> bool {
        self.state
            .as_deref()
            .is_some_and(|state| state.starts_with("idle in transaction"))
    }

    /// It holds row locks, or a snapshot that vacuum has to respect.
    pub fn holds(&self) -> bool {
        self.xid_age.is_some() || self.xmin_age.is_some()
    }

    /// Its role is gone; the session goes on with all that the role could.
    pub fn role_dropped(&self) -> bool {
        self.kind == "client backend" && self.user.is_none() && self.user_oid.is_some()
    }

    /// When it began to wait for a lock. Before 14, and for a moment after, the server does not say: then since its
    /// statement began, which is at most too long.
    pub fn waits_since(&self) -> Option<Timestamp> {
        self.lock.as_ref().and_then(|lock| lock.since).or(self.query_at)
    }

    /// Its identity on this server.
    pub fn target(&self, server: &Target) -> Target {
        let pid = self.pid.to_string();
        Target::new(Kind::Session, [server.part(0), server.part(1), pid.as_str()])
    }

    fn shift(&mut self, by: SignedDuration) {
        let lock = self.lock.as_mut().and_then(|lock| lock.since.as_mut());
        let mut times: Vec<&mut Timestamp> = lock.into_iter().collect();
        for time in [
            &mut self.started,
            &mut self.transaction,
            &mut self.query_at,
            &mut self.changed,
        ] {
            times.extend(time);
        }
        for time in times {
            *time += by;
        }
    }
}

impl Sessions {
    /// The session of this process.
    pub fn find(&self, pid: i32) -> Option<&Session> {
        self.sessions.iter().find(|session| session.pid == pid)
    }

    /// Moves all times to a clock that shows `ours` when the server's shows `now`; a difference of a moment is left.
    fn by_our_clock(mut self, ours: Timestamp) -> Self {
        let by = ours.duration_since(self.now);
        if by.abs() > SignedDuration::from_secs(2) {
            self.sessions.iter_mut().for_each(|session| session.shift(by));
            self.prepared.iter_mut().for_each(|prepared| prepared.at += by);
            self.now += by;
            self.shifted = by;
        }
        self
    }
}

impl Fact for Sessions {
    const NAME: &'static str = "sessions";

    fn samples(&self) -> Vec<(&'static str, f64)> {
        let active = self
            .sessions
            .iter()
            .filter(|session| session.state.as_deref() == Some("active"));
        vec![("sessions", self.backends as f64), ("active", active.count() as f64)]
    }
}

/// Asks every server.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Sessions::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(2, 10)
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        servers(world)
    }

    async fn ask(&self, doors: &Doors, target: &Target, _world: &Snapshot) -> Result<Sealed, Fault> {
        let asked = Timestamp::now();
        let answer = doors.servers.json::<Sessions>(target, None, SQL, &[]).await?;
        let ours = asked + Timestamp::now().duration_since(asked) / 2;
        Ok(Sealed::of(answer.value.by_our_clock(ours)))
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::Sessions;

    #[test]
    fn literals_are_gone_as_soon_as_an_answer_is_read_and_times_follow_our_clock() {
        let answer = r#"{"now":"2026-11-24T03:00:00Z","backends":1,"ours":0,"prepared":[],"sessions":[{"pid":7,
            "kind":"client backend","query":"select 'secret', 42","changed":"2026-11-24T02:59:50Z"}]}"#;
        let sessions: Sessions = serde_json::from_str(answer).unwrap();
        let ours: Timestamp = "2026-11-24T04:00:00Z".parse().unwrap();
        let session = &sessions.by_our_clock(ours).sessions[0];
        assert_eq!(session.query.as_ref().unwrap().text().raw(), "select ?, ?");
        assert_eq!(
            ours.duration_since(session.changed.unwrap()),
            SignedDuration::from_secs(10)
        );
    }
}
