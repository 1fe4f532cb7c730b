//! The mark that a tenant is shut out, as SQL: it is put at the end of the comment on what is its own, and taken off again.

use super::own::Own;
use crate::model::{quote, shut};

impl Own {
    /// The comment on `o`, as SQL.
    fn comment(&self) -> &'static str {
        match self {
            Self::Schema(_) => "obj_description(o.oid, 'pg_namespace')",
            Self::Database(_) => "shobj_description(o.oid, 'pg_database')",
        }
    }

    /// The end of the comment on `o`, as long as a mark is.
    pub(super) fn note(&self) -> String {
        format!("right({}, {})", self.comment(), shut::LENGTH)
    }

    /// Whether `o` is marked.
    pub(super) fn is_marked(&self) -> String {
        let (note, before, behind) = (self.note(), quote::literal(shut::BEFORE), quote::literal(shut::BEHIND));
        format!("coalesce(starts_with({note}, {before}) and {note} like '%' || {behind}, false)")
    }

    /// Marks the one of this number, by the server's clock.
    pub(super) fn marks(&self, oid: &str) -> String {
        let mark = format!(
            "{} || to_char(now() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') || {}",
            quote::literal(shut::BEFORE),
            quote::literal(shut::BEHIND)
        );
        self.comments(oid, &format!("concat_ws(E'\\n', {}, {mark})", self.comment()))
    }

    /// Takes the mark off it, and nothing else that its comment says.
    pub(super) fn unmarks(&self, oid: &str) -> String {
        let (comment, length) = (self.comment(), shut::LENGTH);
        let before = format!("left({comment}, greatest(length({comment}) - {length}, 0))");
        let kept = format!("nullif(regexp_replace({before}, E'\\n$', ''), '')");
        self.comments(
            oid,
            &format!("case when {} then {kept} else {comment} end", self.is_marked()),
        )
    }

    /// Says this of it, which is an expression on `o`.
    fn comments(&self, oid: &str, what: &str) -> String {
        let kind = match self {
            Self::Schema(_) => "schema",
            Self::Database(_) => "database",
        };
        let body = format!(
            "begin execute (select format('comment on {kind} %I is %L', o.name, {what}) from {} where o.oid = {oid}); end",
            self.all()
        );
        format!("do {}", quote::literal(&body))
    }
}
