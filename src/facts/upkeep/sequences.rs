//! How far sequences have come, a bounded number of them at each beat.
//!
//! To read a sequence is to open it, which takes a lock on it until the statement ends (`RowExclusive` before 18: it
//! keeps only `ALTER` and `DROP SEQUENCE` waiting). So few are read in one statement, and a statement that has to wait
//! gives up after 200 ms and loses only its own.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::{
    model::{Fault, Target, Text},
    provider::{Doors, postgres::Param},
};

/// Sequences in one statement, as in [`SQL`]: so many locks at once.
const BATCH: u64 = 50;
/// A beat stops here and the next one goes on.
const BUDGET: Duration = Duration::from_millis(1500);
/// Statements of a beat once all have been read: ends come slowly, and watching has to stay cheap.
const STATEMENTS: usize = 8;

/// Sequences after `$1` in the order of their oids. What ends is the sequence or, where that is smaller, the type of
/// the column it belongs to. Those that count down or begin anew are left out.
const SQL: &str = "\
with s as materialized (
  select s.seqrelid as oid, s.seqstart as start, c.relname, n.nspname,
    least(s.seqmax, case t.typname when 'int2' then 32767 when 'int4' then 2147483647 else s.seqmax end) as last,
    d.relname as owner, a.attname as column
  from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
  left join pg_depend o on o.classid = 'pg_class'::regclass and o.objid = c.oid and o.objsubid = 0
    and o.refclassid = 'pg_class'::regclass and o.refobjsubid > 0 and o.deptype in ('a', 'i')
  left join pg_attribute a on a.attrelid = o.refobjid and a.attnum = o.refobjsubid
  left join pg_class d on d.oid = o.refobjid
  left join pg_type t on t.oid = a.atttypid
  where s.seqrelid > $1 and not s.seqcycle and s.seqincrement > 0 and c.relpersistence = 'p'
    and has_sequence_privilege(s.seqrelid, 'select')
  order by s.seqrelid limit 50
), v as materialized (
  select s.*,
    (select q.last_value from pg_get_sequence_data(s.oid) q where q.is_called) as value --@18
    pg_sequence_last_value(s.oid) as value --@<18
  from s
)
select json_build_object('read', count(*), 'until', coalesce(max(v.oid::bigint), 0),
  'near', coalesce(json_agg(json_build_object('oid', v.oid::bigint, 'schema', v.nspname, 'name', v.relname,
    'owner', v.owner, 'column', v.column, 'value', v.value, 'last', v.last))
    filter (where v.value > v.last / 2), '[]')) from v";

const HIDDEN: &str = "\
select count(*) from pg_sequence s join pg_class c on c.oid = s.seqrelid
where c.relpersistence = 'p' and not has_sequence_privilege(s.seqrelid, 'select')";

/// What is known of the sequences of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequences {
    /// Those of which more than half is used.
    pub near: Vec<Sequence>,
    /// How many we may not read.
    pub hidden: i64,
    /// How many were read since the last round began.
    pub read: u64,
    /// Where the next beat goes on; 0 where a round is complete.
    pub resume: u32,
    /// Rounds that were completed.
    pub rounds: u64,
}

/// A sequence near its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// Its oid.
    pub oid: u32,
    /// Schema.
    pub schema: Text,
    /// Name.
    pub name: Text,
    /// The table it belongs to.
    pub owner: Option<Text>,
    /// The column.
    pub column: Option<Text>,
    /// The last value given out.
    pub value: i64,
    /// The last value that it, or the type of its column, can hold.
    pub last: i64,
}

#[derive(Deserialize)]
struct Batch {
    read: u64,
    until: u32,
    near: Vec<Sequence>,
}

impl Sequence {
    /// Used, between 0 and 1.
    pub fn used(&self) -> f64 {
        self.value as f64 / self.last.max(1) as f64
    }
}

/// Goes on where the beat before stopped, until all were read or the time is used up.
pub async fn read(
    doors: &Doors,
    server: &Target,
    database: &str,
    before: Option<&Sequences>,
) -> Result<Sequences, Fault> {
    let hidden = doors.servers.column::<i64>(server, Some(database), HIDDEN, &[]).await?;
    let mut now = before.cloned().unwrap_or_default();
    now.hidden = hidden.first().copied().unwrap_or_default();
    if now.resume == 0 {
        now.read = 0;
    }
    let first = before.is_none_or(|before| before.rounds == 0);
    let began = Instant::now();
    for statement in 0.. {
        let after = now.resume;
        let place = [Param::Oid(after)];
        let answer = doors.servers.json::<Batch>(server, Some(database), SQL, &place).await?;
        now.learn(after, answer.value);
        let enough = began.elapsed() > BUDGET || (!first && statement + 1 >= STATEMENTS);
        if now.resume == 0 || enough {
            break;
        }
    }
    Ok(now)
}

impl Sequences {
    /// What was known of the stretch that was read is replaced by what was read.
    fn learn(&mut self, after: u32, batch: Batch) {
        let last = batch.read < BATCH;
        let end = if last { u32::MAX } else { batch.until };
        self.near.retain(|old| old.oid <= after || old.oid > end);
        self.near.extend(batch.near);
        self.read += batch.read;
        self.resume = if last { 0 } else { batch.until };
        self.rounds += u64::from(last);
    }
}

#[cfg(test)]
mod tests {
    use super::{BATCH, Batch, Sequence, Sequences};

    fn near(oid: u32) -> Sequence {
        Sequence {
            oid,
            schema: "public".into(),
            name: format!("s{oid}").into(),
            owner: None,
            column: None,
            value: 90,
            last: 100,
        }
    }

    #[test]
    fn a_round_of_several_beats_replaces_only_what_it_has_read_again() {
        let mut known = Sequences {
            near: vec![near(5), near(50), near(500)],
            ..Sequences::default()
        };
        known.learn(
            0,
            Batch {
                read: BATCH,
                until: 60,
                near: vec![near(6)],
            },
        );
        assert_eq!(known.near, [near(500), near(6)]);
        assert_eq!(known.resume, 60);
        known.learn(
            60,
            Batch {
                read: 3,
                until: 70,
                near: vec![],
            },
        );
        assert_eq!(
            (known.near.as_slice(), known.resume, known.read, known.rounds),
            ([near(6)].as_slice(), 0, BATCH + 3, 1)
        );
    }
}
