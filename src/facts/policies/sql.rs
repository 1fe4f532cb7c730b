//! The questions. Catalogs only, columns as in PostgreSQL 13 to 18.

use std::sync::LazyLock;

/// Everything, for the tenant column `$1`, the setting `$2` (its bytes as a parse tree prints them) and the reach of
/// the roles `$3`.
///
/// Conditions are judged by their parse trees: `pg_get_expr` would lock the relation. The functions with the oids 2077
/// and 3294 are the two forms of `current_setting` (`pg_proc.dat`, the same in all versions).
const CATALOG: &str = "\
with recursive ours as materialized (
  select n.oid, n.nspname, n.nspowner, n.nspacl,
    n.nspowner = any($3) or exists (select from aclexplode(n.nspacl) x where x.grantee = any($3)) as open
  from pg_namespace n where n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
), tenant as materialized (
  select a.attrelid as oid, a.attnum, a.attnotnull, t.typcategory = 'S' as texty,
    t.oid::regtype::text as type
  from pg_attribute a join pg_type t on t.oid = a.atttypid
  where a.attname = $1 and a.attnum > 0 and not a.attisdropped
), seed as materialized (
  select c.oid, c.relrowsecurity or t.oid is not null as guarded
  from pg_class c join ours n on n.oid = c.relnamespace left join tenant t on t.oid = c.oid
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't' and (c.relrowsecurity or t.oid is not null
    or n.open and (c.relowner = any($3) or exists (select from aclexplode(c.relacl) x where x.grantee = any($3))))
), readers(oid) as (
  select oid from seed where guarded
  union
  select r.ev_class from readers s join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = s.oid
    and d.classid = 'pg_rewrite'::regclass join pg_rewrite r on r.oid = d.objid
), scope as materialized (
  select c.oid, c.relnamespace, c.relname, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
    c.relispartition, c.relacl, c.reloptions, t.attnum, t.attnotnull, t.texty, t.type
  from (select oid from seed union select oid from readers) s join pg_class c on c.oid = s.oid
  left join tenant t on t.oid = c.oid
), policy as materialized (
  select p.oid, p.polrelid, p.polname, p.polcmd, p.polpermissive, p.polroles, p.polqual::text as qual,
    p.polwithcheck::text as checks, '{VAR :varno 1 :varattno ' || coalesce(s.attnum, 0) || ' ' as bound
  from pg_policy p join scope s on s.oid = p.polrelid
), called as materialized (
  select d.objid as policy, d.refobjid as function from pg_depend d
  where d.classid = 'pg_policy'::regclass and d.refclassid = 'pg_proc'::regclass and d.objid in (select oid from policy)
), routine as materialized (
  select p.oid from pg_proc p
  where p.oid in (select function from called) or p.prosecdef and p.pronamespace in (select oid from ours)
    and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid
      and d.deptype = 'e')
)
select json_build_object(
'stamp', {stamp}, 'newest', (select max(oid)::bigint from pg_class),
'schemas', (select coalesce(json_agg(json_build_object('oid', n.oid::bigint, 'name', n.nspname,
    'owner', n.nspowner::bigint, 'grants', (select coalesce(json_agg(json_build_object('to', g.grantee::bigint,
      'may', g.may)), '[]') from (select x.grantee, array_agg(x.privilege_type) as may from aclexplode(n.nspacl) x
      group by x.grantee) g))), '[]')
  from ours n where n.oid in (select relnamespace from scope)),
'relations', (select coalesce(json_agg(json_build_object('oid', s.oid::bigint, 'schema', s.relnamespace::bigint,
    'name', s.relname, 'kind', s.relkind, 'owner', s.relowner::bigint, 'enabled', s.relrowsecurity,
    'forced', s.relforcerowsecurity, 'partition', s.relispartition,
    'invoker', coalesce((select x.option_value::boolean from pg_options_to_table(s.reloptions) x --@15
      where x.option_name = 'security_invoker'), false), --@15
    'tenant', case when s.attnum is not null then json_build_object('not_null', s.attnotnull, 'texty', s.texty,
      'kind', s.type) end,
    'grants', (select coalesce(json_agg(json_build_object('to', g.grantee::bigint, 'may', g.may)), '[]')
      from (select x.grantee, array_agg(distinct x.privilege_type) as may from (
        select e.grantee, e.privilege_type from aclexplode(s.relacl) e union all
        select e.grantee, e.privilege_type from pg_attribute a, aclexplode(a.attacl) e
        where a.attrelid = s.oid and a.attacl is not null) x group by x.grantee) g),
    'parents', (select coalesce(json_agg(i.inhparent::bigint), '[]') from pg_inherits i where i.inhrelid = s.oid),
    'reads', (select coalesce(json_agg(distinct d.refobjid::bigint), '[]') from pg_rewrite r join pg_depend d
      on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
      where r.ev_class = s.oid and s.relkind in ('v', 'm') and d.refobjid <> s.oid)
  )), '[]') from scope s),
'policies', (select coalesce(json_agg(json_build_object('oid', p.oid::bigint, 'relation', p.polrelid::bigint,
    'name', p.polname, 'command', p.polcmd, 'permissive', p.polpermissive,
    'roles', (select json_agg(x::bigint) from unnest(p.polroles) x),
    'calls', (select coalesce(json_agg(c.function::bigint), '[]') from called c where c.policy = p.oid),
    'using', {using}, 'check', {check}
  ) order by p.polname), '[]') from policy p),
'indexes', (select coalesce(json_agg(json_build_object('relation', i.indrelid::bigint, 'name', c.relname,
    'unique', i.indisunique, 'primary', i.indisprimary, 'leads', i.indkey[0] = s.attnum and i.indpred is null,
    'carries', s.attnum = any(i.indkey[0:i.indnkeyatts - 1]),
    'opaque', not exists (select from unnest(i.indkey[0:i.indnkeyatts - 1]) k left join pg_attribute a
      on a.attrelid = i.indrelid and a.attnum = k and (a.atttypid = 'uuid'::regtype or a.attidentity <> '')
      where a.attnum is null)) order by i.indisprimary desc, c.relname), '[]')
  from scope s join pg_index i on i.indrelid = s.oid join pg_class c on c.oid = i.indexrelid
  where s.attnum is not null and s.relkind in ('r', 'p') and i.indisvalid and i.indislive),
'keys', (select coalesce(json_agg(json_build_object('relation', k.conrelid::bigint, 'name', k.conname,
    'target', k.confrelid::bigint, 'carries', exists (select from unnest(k.conkey, k.confkey) x(own, theirs)
      where x.own = s.attnum and x.theirs = t.attnum)) order by k.conname), '[]')
  from scope s join pg_constraint k on k.conrelid = s.oid and k.contype = 'f' and k.conparentid = 0
  join tenant t on t.oid = k.confrelid where s.attnum is not null),
'functions', (select coalesce(json_agg(json_build_object('oid', p.oid::bigint, 'schema', n.nspname, 'name', p.proname,
    'arguments', pg_get_function_identity_arguments(p.oid), 'takes', p.pronargs, 'owner', p.proowner::bigint,
    'immutable', p.provolatile = 'i', 'definer', p.prosecdef, 'pinned', exists (select from unnest(p.proconfig) x
      where x like 'search\\_path=%'), 'trigger', p.prorettype in ('trigger'::regtype, 'event_trigger'::regtype),
    'procedure', p.prokind = 'p', 'schema_oid', n.oid::bigint,
    'grants', (select json_agg(x.grantee::bigint) from aclexplode(p.proacl) x where x.privilege_type = 'EXECUTE'),
    'public', p.proacl is null)), '[]')
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where p.oid in (select oid from routine))
)";

/// Marks in the parse tree of a condition.
const CONDITION: &str = "\
case when {tree} is not null then json_build_object(
      'always', {tree} like '{CONST :consttype 16 %:constvalue 1 [ 1 %', 'column', strpos({tree}, p.bound) > 0,
      'setting', strpos({tree}, ' ' || $2 || ' ]') > 0, 'role', strpos({tree}, '{SQLVALUEFUNCTION ') > 0,
      'loose', strpos({tree}, ':boolop or ') > 0 or strpos({tree}, ':boolop not ') > 0,
      'insists', strpos({tree}, ':funcid 2077 ') > 0, 'nullif', strpos({tree}, '{NULLIFEXPR ') > 0) end";

/// Changes with every row of a catalog that says something about these relations, functions and schemas.
///
/// The transaction that wrote a row is its age; sums only grow, counts tell of what was dropped. `ANALYZE`, `VACUUM`
/// and `CREATE INDEX` write in place and change nothing here.
const STAMP: &str = "\
concat_ws(' ', (select count(*) || ':' || sum(x.xmin::text::bigint) from pg_class x where x.oid = any({relations})),
  (select count(*) || ':' || sum(x.xmin::text::bigint) from pg_policy x where x.polrelid = any({relations})),
  (select count(*) || ':' || sum(x.xmin::text::bigint) from pg_attribute x where x.attrelid = any({relations})
    and (x.attname = {column} or x.attacl is not null)),
  (select count(*) || ':' || sum(x.xmin::text::bigint) from pg_index x where x.indrelid = any({relations})),
  (select count(*) || ':' || sum(x.xmin::text::bigint) from pg_constraint x where x.conrelid = any({relations})),
  (select count(*) || ':' || sum(x.xmin::text::bigint) from pg_inherits x where x.inhrelid = any({relations})),
  (select count(*) || ':' || sum(x.xmin::text::bigint) from pg_rewrite x where x.ev_class = any({relations})),
  (select count(*) || ':' || sum(x.xmin::text::bigint) from pg_proc x where x.oid = any({functions})),
  (select count(*) || ':' || sum(x.xmin::text::bigint) from pg_namespace x where x.oid = any({schemas})))";

/// The stamp of the relations `$1`, functions `$2` and schemas `$3`, for the tenant column `$4`, and whether there is
/// a relation, or a function with its owner's rights, that is younger than the oid `$5`.
const AGAIN: &str = "\
select json_build_object('stamp', {stamp}, 'younger', exists (select from pg_class c where c.oid > $5::bigint::oid
    and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't')
  or exists (select from pg_proc p where p.oid > $5::bigint::oid and p.prosecdef))";

/// The conditions of policies on the relations `$1` as SQL, without relations that somebody has locked or waits to
/// lock: those would make us wait.
pub const TEXTS: &str = "\
with busy as materialized (
  select l.relation from pg_locks l where l.relation = any($1) and l.mode = 'AccessExclusiveLock'
    and l.database = (select d.oid from pg_database d where d.datname = current_database())
)
select json_build_object('busy', (select coalesce(json_agg(b.relation::bigint), '[]') from busy b),
  'texts', (select coalesce(json_agg(json_build_object('oid', p.oid::bigint,
      'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))), '[]')
    from pg_policy p where p.polrelid = any($1) and p.polrelid not in (select relation from busy)))";

/// [`CATALOG`], whole.
pub fn catalog() -> &'static str {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let list = |from: &str| format!("array(select {from})");
        let stamp = stamp(
            &list("oid from scope"),
            &list("oid from routine"),
            &list("relnamespace from scope"),
            "$1",
        );
        CATALOG
            .replace("{stamp}", &stamp)
            .replace("{using}", &CONDITION.replace("{tree}", "p.qual"))
            .replace("{check}", &CONDITION.replace("{tree}", "p.checks"))
    });
    &SQL
}

/// [`AGAIN`], whole.
pub fn again() -> &'static str {
    static SQL: LazyLock<String> = LazyLock::new(|| AGAIN.replace("{stamp}", &stamp("$1", "$2", "$3", "$4")));
    &SQL
}

fn stamp(relations: &str, functions: &str, schemas: &str, column: &str) -> String {
    STAMP
        .replace("{relations}", relations)
        .replace("{functions}", functions)
        .replace("{schemas}", schemas)
        .replace("{column}", column)
}
