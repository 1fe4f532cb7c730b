//! That nobody else was touched, shown by a role that sees everybody: who that is, and what it digests.

use serde::Deserialize;

use crate::{
    model::{Bytes, Request, Sharing, Witness, plural, quote},
    ops::{
        Refusal,
        survey::parsed,
        tenant::{Home, sum},
    },
};

/// Bytes of tables that a server digests in a second, at least: 77 MB of rows of about a hundred bytes took 1.2 to 1.9 s
/// (PostgreSQL 15, no parallel workers, in memory, a busy machine).
const PACE: u64 = 40_000_000;

/// How it is shown that the rows of other tenants are as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// The server counts what the transaction has written, in every table.
    Counters,
    /// And all rows of all others are digested before and after.
    Digest,
}

/// What the operator has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Counters,
    Digest,
    /// As the fleet file says.
    Usual,
}

impl Wish {
    pub(super) fn of(request: &Request) -> Self {
        match request.arguments.get("neighbours").map(String::as_str) {
            Some("counters") => Self::Counters,
            Some("digest") => Self::Digest,
            _ => Self::Usual,
        }
    }

    /// Whether it matters how large the tables are.
    fn weighs(self, shared: &Sharing<'_>) -> bool {
        match self {
            Self::Counters => false,
            Self::Digest => true,
            Self::Usual => shared.digest_below > Bytes(0),
        }
    }
}

/// What the reader may do with a table of the tenants.
#[derive(Debug, Deserialize)]
struct Sight {
    path: String,
    sql: String,
    reads: bool,
    writes: bool,
    sees_all: bool,
    /// Its size, rounded up to a power of two: a plan is not another one because a table has grown a little.
    bytes: Option<f64>,
}

/// Asked as the reader: every table of the tenants, one JSON object each.
pub(super) fn sight(home: &Home<'_>, shared: &Sharing<'_>, wish: Wish) -> String {
    let bytes = if wish.weighs(shared) {
        "(select power(2, ceil(log(2, greatest(1, sum(pg_table_size(l.oid)))))) from (select relid as oid \
         from pg_partition_tree(c.oid) where isleaf union select c.oid) l)"
    } else {
        "null"
    };
    format!(
        "select json_build_object('path', n.nspname || '.' || c.relname, 'sql', quote_ident(n.nspname) || '.' || \
         quote_ident(c.relname), 'reads', has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'), \
         'writes', has_table_privilege(c.oid, 'insert, update, delete, truncate'), \
         'sees_all', (select rolbypassrls or rolsuper from pg_roles where rolname = current_user), \
         'bytes', {bytes})::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where {} \
         order by n.nspname, c.relname",
        home.tables()
    )
}

/// Who sees the rows of all tenants, and how that nobody else was touched is shown.
pub(super) struct Neighbours {
    pub(super) proof: Proof,
    /// Every table of the tenants in SQL, and what it is called.
    tables: Vec<(String, String)>,
    bytes: Bytes,
}

impl Neighbours {
    /// As the reader said; none where the fleet file names no reader.
    pub(super) fn of(shared: Option<&Sharing<'_>>, wish: Wish, said: Option<&[String]>) -> Result<Self, Refusal> {
        let Some(shared) = shared else {
            return match wish {
                Wish::Digest => Err(Refusal::new(
                    "nobody shares these tables: there are no rows of others to digest",
                )),
                Wish::Counters | Wish::Usual => Ok(Self::counted()),
            };
        };
        let Some((reader, said)) = shared.reader.zip(said) else {
            return match wish {
                Wish::Digest => Err(nobody()),
                Wish::Counters | Wish::Usual => Ok(Self::counted()),
            };
        };
        let all: Vec<Sight> = parsed(said)?;
        sound(&all, reader)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a size is neither negative nor that large"
        )]
        let bytes = Bytes(all.iter().filter_map(|one| one.bytes).sum::<f64>() as u64);
        let digest = match wish {
            Wish::Counters => false,
            Wish::Digest => true,
            Wish::Usual => bytes < shared.digest_below,
        };
        Ok(Self {
            proof: if digest { Proof::Digest } else { Proof::Counters },
            tables: all.into_iter().map(|one| (one.sql, one.path)).collect(),
            bytes,
        })
    }

    fn counted() -> Self {
        Self {
            proof: Proof::Counters,
            tables: Vec::new(),
            bytes: Bytes(0),
        }
    }

    /// How long the digests take, in milliseconds, both of them.
    pub(super) fn takes(&self) -> u64 {
        match self.proof {
            Proof::Counters => 0,
            Proof::Digest => self.bytes.0.saturating_mul(2_000) / PACE,
        }
    }

    pub(super) fn told(&self) -> String {
        let counted = "the server counts what the transaction has written in every table of the database";
        match self.proof {
            Proof::Counters => format!("{counted} (neighbours=digest: and digests of all rows of all others)"),
            Proof::Digest => format!(
                "{counted}; and all rows of all others in {}, {} at most, are digested before and after: about {} s",
                plural(self.tables.len(), "table"),
                self.bytes,
                self.takes().div_ceil(1000)
            ),
        }
    }

    /// What it looks at before and after.
    pub(super) fn witnesses(&self, home: &Home<'_>) -> Vec<Witness> {
        let reader = home.shared.as_ref().and_then(|shared| shared.reader);
        let (Proof::Digest, Some(reader), Some(own)) = (self.proof, reader, home.own()) else {
            return Vec::new();
        };
        let each = self.tables.iter().map(|(sql, path)| Witness {
            role: reader.to_owned(),
            before: Some(format!("select {}", digest(sql, &own))),
            after: format!(
                "select /* the rows of other tenants in {} are as they were, and there are some where statistics count many \
                 more than the tenant has */ {} = :'before' and {}",
                quote::comment(path),
                digest(sql, &own),
                some(sql, &own)
            ),
        });
        each.collect()
    }
}

/// How many rows are others', and a sum over all of them, in whatever order.
fn digest(sql: &str, own: &str) -> String {
    format!(
        "(select count(*) || ' ' || {} from {sql} x where ({own}) is not true)",
        sum("x::text")
    )
}

/// There are rows of others, or statistics do not count more than twice what the tenant has. A role that is shown less than
/// there is would find both digests equal.
fn some(sql: &str, own: &str) -> String {
    let table = quote::literal(sql);
    format!(
        "(exists (select from {sql} x where ({own}) is not true) or (select coalesce(sum(greatest(c.reltuples, 0)), 0) \
         from pg_class c where c.oid in (select relid from pg_partition_tree({table}) where isleaf union select {table}::regclass) \
         and c.relkind = 'r') <= 2 * (select count(*) from {sql} x where {own}))"
    )
}

fn nobody() -> Refusal {
    let what = "the fleet file names no reader: nobody who may be become here sees the rows of the other tenants";
    Refusal::new(what).hint(
        "create role NAME nologin bypassrls; grant it select on the shared tables, and it to whom the console acts as; and \
         give [[instances.tenants]] reader = \"NAME\"",
    )
}

/// Refuses a reader who does not see everything, or may do more than look.
fn sound(all: &[Sight], reader: &str) -> Result<(), Refusal> {
    let name = quote::ident(reader);
    if all.iter().any(|one| !one.sees_all) {
        let what = format!("the reader {name} does not see the rows of all tenants: row-level security binds it");
        return Err(Refusal::new(what).hint(format!("alter role {name} bypassrls")));
    }
    if let Some(one) = all.iter().find(|one| one.writes) {
        let what = format!(
            "the reader {name} may write to {}: it is one that may only look",
            one.path
        );
        let hint = format!("revoke insert, update, delete, truncate on {} from {name}", one.sql);
        return Err(Refusal::new(what).hint(hint));
    }
    if let Some(one) = all.iter().find(|one| !one.reads) {
        let what = format!("the reader {name} may not look at {}", one.path);
        let hint = format!("grant usage on its schema, and grant select on {} to {name}", one.sql);
        return Err(Refusal::new(what).hint(hint));
    }
    Ok(())
}
