//! The questions. Catalogs only, columns as in PostgreSQL 13 to 18, but for the histories themselves.

use std::sync::LazyLock;

use super::history::{TABLE, table};
use crate::model::quote;

/// Each object of the schemas `$1` with its definition. The history's table is left out, members of extensions, and functions
/// that come with a type.
const OBJECTS: &str = include_str!("objects.sql");

/// A text without the schema's own name where it leads a name, at the beginning of a word: as `quote_ident` writes it, always
/// quoted, and so within a constant, such as that of `nextval`. The text is that of one object or of all, the pattern is
/// compiled once for each. What stands behind `$` is kept: the name of an object may begin with a table of the schema's own
/// name. Where such a table is named before its column in a definition, the schema looks like no other. A schema with a backslash in its name keeps it within constants, and so does it.
const BARE: &str = r#"regexp_replace({text}, '(?<![a-zA-Z0-9_"$.])(?:' || replace(regexp_replace(
    array_to_string(s.written, chr(1)), '([].^$*+?(){}|\\[])', '\\\1', 'g'), chr(1), '|') || ')\.', '', 'g')"#;

/// Every schema of a database, with its effective owner, whether it has a history that we may read, and whether something
/// in it is locked against reading: then its shape could only be waited for.
pub fn schemas() -> &'static str {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        format!(
            "with busy as materialized (
  select distinct c.relnamespace as oid from pg_locks l join pg_class c on c.oid = l.relation
  where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
    and l.database = (select d.oid from pg_database d where d.datname = current_database())
)
select coalesce(json_agg(json_build_object('name', n.nspname, 'oid', n.oid::bigint, 'busy', b.oid is not null,
    'owner', case when o.rolname = 'pg_database_owner' then pg_get_userbyid(d.datdba) else o.rolname end,
    'recorded', h.oid is not null, 'readable', h.oid is not null and has_schema_privilege(n.oid, 'usage')
      and has_table_privilege(h.oid, 'select'))), '[]')
from pg_namespace n join pg_roles o on o.oid = n.nspowner
join pg_database d on d.datname = current_database()
left join pg_class h on h.relnamespace = n.oid and h.relname = {} and h.relkind = 'r'
left join busy b on b.oid = n.oid
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'",
            quote::literal(TABLE)
        )
    });
    &SQL
}

/// The arguments of a function are part of its name, by which all is sorted: there the schema must not matter either.
fn objects() -> String {
    let args = BARE.replace("{text}", "pg_get_function_identity_arguments(p.oid)");
    OBJECTS
        .replace("{table}", &quote::literal(TABLE))
        .replace("{args}", &args)
}

/// The shape of each of the schemas `$1`.
pub fn shapes() -> &'static str {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let all = "string_agg(o.kind || ' $' || o.name || ' ' || o.definition, E'\\n' \
                   order by (o.kind || ' $' || o.name || ' ' || o.definition) collate \"C\")";
        format!(
            "with {} select coalesce(json_agg(x), '[]') from (
  select s.oid::bigint as oid, count(o.kind) filter (where o.kind not in ('column', 'constraint', 'index', 'trigger',
      'policy', 'rule', 'statistics')) as objects, md5(coalesce({}, '')) as digest
  from s left join o on o.ns = s.oid group by s.oid, s.written) x",
            objects(),
            BARE.replace("{text}", all)
        )
    });
    &SQL
}

/// Whether these schemas, by oid as SQL, are of one shape: one boolean, without a placeholder.
pub fn alike(oids: &[String]) -> String {
    let shapes = shapes().replace("$1", &format!("array[{}]::oid[]", oids.join(",")));
    format!(
        "select count(distinct x ->> 'digest') <= 1 from json_array_elements(({shapes})) x /* they are of one shape */"
    )
}

/// Each object of the schemas `$1`, as it counts for their shape.
pub fn outlines() -> &'static str {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        format!(
            "with {} select coalesce(json_agg(json_build_object('schema', s.nspname, 'kind', o.kind, 'name', substr({}, 2),
  'definition', {})), '[]') from s join o on o.ns = s.oid",
            objects(),
            BARE.replace("{text}", "'$' || o.name"),
            BARE.replace("{text}", "o.definition"),
        )
    });
    &SQL
}

/// Over every entry of a history, in the order of their versions. How often each was tried, when and by whom is left out.
const DIGEST: &str = "md5(coalesce(string_agg(concat_ws(' ', h.version, h.sha256, h.how, h.complete, h.statements), ',' \
                      order by h.version collate \"C\"), ''))";

/// What the histories of these schemas come to, each read once. Every table that is named costs a lock.
pub fn histories(schemas: &[(u32, String)]) -> String {
    let each = schemas.iter().map(|(oid, schema)| {
        format!(
            "select {oid}::bigint as oid, count(*) as count, {DIGEST} as digest, max(h.applied_at) as last, \
             (array_agg(h.run order by h.applied_at desc, h.version desc))[1] as run from {} h",
            table(schema)
        )
    });
    union(each)
}

/// All entries of the histories of these schemas, under their digest.
pub fn records(schemas: &[(u32, String)]) -> String {
    let each = schemas.iter().map(|(oid, schema)| {
        format!(
            "select {oid}::bigint as oid, {DIGEST} as digest, coalesce(json_agg(json_build_object('version', h.version, \
             'name', h.name, 'sha256', h.sha256, 'how', h.how, 'complete', h.complete, 'statements', h.statements)), \
             '[]') as records from {} h",
            table(schema)
        )
    });
    union(each)
}

fn union(each: impl Iterator<Item = String>) -> String {
    let each: Vec<String> = each.collect();
    format!(
        "select coalesce(json_agg(x), '[]') from ({}) x",
        each.join(" union all ")
    )
}

#[cfg(test)]
mod tests {
    use super::histories;

    #[test]
    fn names_are_quoted_and_each_schema_is_asked_once() {
        let sql = histories(&[(7, "a\"b".into()), (8, "c".into())]);
        assert!(
            sql.contains("from \"a\"\"b\".\"tenantry_migration\" h union all select 8::bigint"),
            "{sql}"
        );
    }
}
