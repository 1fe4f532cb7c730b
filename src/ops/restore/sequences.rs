//! Sequences that number rows of the tenant's tables: never set back, and always above the rows that are there.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{neighbours::Proof, write::Work};
use crate::{
    model::{Text, Witness, quote},
    ops::{Refusal, survey::parsed, tenant::Home},
};

/// A sequence, and a column that it numbers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Sequence {
    /// `schema.name`
    path: String,
    /// The same in SQL.
    sql: String,
    /// The table whose column it numbers, `schema.name`.
    table: String,
    table_sql: String,
    column: String,
    increment: i64,
    /// The column holds whole numbers.
    whole: bool,
}

/// One that would give a number next that a row has, or one below.
#[derive(Debug, Deserialize)]
struct Behind {
    at: usize,
    next: i64,
    most: i64,
}

/// Sequences that tables of the tenant own, or take their defaults from; one JSON object for each column.
pub(super) fn all(home: &Home<'_>) -> String {
    format!(
        "select json_build_object('path', sn.nspname || '.' || s.relname, 'sql', quote_ident(sn.nspname) || '.' || \
         quote_ident(s.relname), 'table', n.nspname || '.' || c.relname, 'table_sql', quote_ident(n.nspname) || '.' || \
         quote_ident(c.relname), 'column', a.attname, 'increment', q.seqincrement, \
         'whole', a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype))::text \
         from (select objid as seq, refobjid as rel, refobjsubid as num from pg_depend where classid = 'pg_class'::regclass \
             and refclassid = 'pg_class'::regclass and refobjsubid > 0 and deptype in ('a', 'i') \
           union select d.refobjid, f.adrelid, f.adnum from pg_attrdef f join pg_depend d on d.classid = 'pg_attrdef'::regclass \
             and d.objid = f.oid and d.refclassid = 'pg_class'::regclass) u \
         join pg_class s on s.oid = u.seq and s.relkind = 'S' join pg_namespace sn on sn.oid = s.relnamespace \
         join pg_sequence q on q.seqrelid = s.oid \
         join pg_class c on c.oid = u.rel join pg_namespace n on n.oid = c.relnamespace \
         join pg_attribute a on a.attrelid = c.oid and a.attnum = u.num where {} order by 1",
        home.tables()
    )
}

/// Those of tables in which rows are written, and which rows count.
pub(super) struct Sequences<'a> {
    all: Vec<(&'a Sequence, i64)>,
    own: Option<String>,
}

impl<'a> Sequences<'a> {
    /// Where the rows of others are read anyway theirs count too; otherwise the tenant's own: nobody else's are written, and
    /// no sequence goes down.
    pub(super) fn of(all: &'a [Sequence], work: &[Work<'_>], home: &Home<'_>, proof: Proof) -> Self {
        let written = |sequence: &&Sequence| {
            let mut of = work.iter().filter(|one| one.table.path() == sequence.table);
            of.any(|one| one.difference.written() > 0)
        };
        let most = |sequence: &Sequence| {
            let of = work.iter().filter(|one| one.table.path() == sequence.table);
            let values = of.flat_map(|one| {
                let at = one.table.place(&sequence.column);
                let rows = one.difference.inserted.iter();
                rows.filter_map(move |row| row.get(at?)?.as_deref()?.parse::<i64>().ok())
            });
            values.max().unwrap_or(i64::MIN + 1)
        };
        Self {
            all: all.iter().filter(written).map(|one| (one, most(one))).collect(),
            own: home.own().filter(|_| proof == Proof::Counters),
        }
    }

    /// Asked as who sees the rows: those that are behind. Nothing to ask where there are none.
    pub(super) fn ask(&self) -> Option<String> {
        let one = |(at, (sequence, most)): (usize, &(&Sequence, i64))| {
            let (next, there) = (next(sequence), self.most(sequence));
            format!(
                "select {at} as at, {next} as next, greatest({there}, '{most}'::bigint) as most where {next} <= greatest({there}, '{most}'::bigint)"
            )
        };
        let counts = |(_, (sequence, _)): &(usize, &(&Sequence, i64))| sequence.counts();
        let all: Vec<String> = self.all.iter().enumerate().filter(counts).map(one).collect();
        (!all.is_empty()).then(|| format!("select to_json(b)::text from ({}) b", all.join(" union all ")))
    }

    /// The highest number of a row that is there.
    fn most(&self, sequence: &Sequence) -> String {
        let own = self.own.as_ref().map(|own| format!(" where {own}")).unwrap_or_default();
        let column = quote::ident(&sequence.column);
        format!(
            "coalesce((select max(x.{column})::bigint from {} x{own}), '{}'::bigint)",
            sequence.table_sql,
            i64::MIN + 1
        )
    }

    /// Refuses where one is behind: to set it right is a matter of its owner, and is not taken back with the transaction.
    pub(super) fn refuse(&self, behind: &[String]) -> Result<(), Refusal> {
        let behind: Vec<Behind> = parsed(behind)?;
        let Some((first, (sequence, _))) = behind.first().and_then(|one| Some((one, self.all.get(one.at)?))) else {
            return Ok(());
        };
        let what = format!(
            "{} would give {} next to {}.{}, where rows have or would have numbers up to {}",
            Text::from(sequence.path.as_str()),
            first.next,
            Text::from(sequence.table.as_str()),
            Text::from(sequence.column.as_str()),
            first.most
        );
        Err(Refusal::new(what).hint(format!(
            "a restore moves no sequence; its owner does: select setval({}, {})",
            quote::literal(&sequence.sql),
            first.most
        )))
    }

    /// What is shown of them; where nobody sees them, nothing is.
    pub(super) fn told(&self, seen: bool) -> Option<String> {
        let names: BTreeSet<String> = self
            .all
            .iter()
            .map(|(one, _)| Text::from(one.path.as_str()).to_string())
            .collect();
        let whose = if self.own.is_some() {
            "the tenant's rows"
        } else {
            "all rows"
        };
        (!names.is_empty()).then(|| {
            let names = names.into_iter().collect::<Vec<_>>().join(", ");
            let shown = if seen {
                format!("that none goes back and each is above {whose} is proved")
            } else {
                "whether one goes back or is behind is not looked at, because the fleet file names no reader".into()
            };
            format!("{names}: none is moved; {shown}")
        })
    }

    /// None goes back, and each is above the rows.
    pub(super) fn witness(&self, role: &str) -> Option<Witness> {
        if self.all.is_empty() {
            return None;
        }
        let all: Vec<&Sequence> = self.all.iter().map(|(one, _)| *one).collect();
        let numbers: Vec<String> = all.iter().map(|one| next(one)).collect();
        let forth = (1..).zip(&all).map(|(at, one)| {
            let than = if one.increment > 0 { ">=" } else { "<=" };
            format!("{} {than} (:'before'::bigint[])[{at}]", next(one))
        });
        let above = all.iter().filter(|one| one.counts());
        let above = above.map(|one| format!("{} > {}", next(one), self.most(one)));
        Some(Witness {
            role: role.to_owned(),
            before: Some(format!("select array[{}]::text", numbers.join(", "))),
            after: format!(
                "select /* no sequence has gone back, and each is above the rows that it numbers */ {}",
                forth.chain(above).collect::<Vec<_>>().join(" and ")
            ),
        })
    }
}

impl Sequence {
    fn counts(&self) -> bool {
        self.whole && self.increment > 0
    }
}

/// The number that it would give next.
fn next(sequence: &Sequence) -> String {
    format!(
        "(select last_value + is_called::int * {} from {})",
        sequence.increment, sequence.sql
    )
}
