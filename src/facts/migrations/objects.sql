s as materialized (
  select n.oid, n.nspname, array[quote_ident(n.nspname), q.quoted, replace(q.quoted, '''', '''''')] as written
  from pg_namespace n, lateral (select '"' || replace(n.nspname, '"', '""') || '"' as quoted) q where n.oid = any($1)
), member as materialized (
  select d.classid, d.objid from pg_depend d
  where d.deptype = 'e' or d.deptype = 'i' and d.classid = 'pg_proc'::regclass
), r as materialized (
  select c.oid, c.relnamespace as ns, c.relname, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity,
    c.relreplident, c.relispartition, c.relpartbound, c.reloptions, c.reloftype, c.relam
  from pg_class c join s on s.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c') and c.relname <> {table}
    and not exists (select from member m where m.classid = 'pg_class'::regclass and m.objid = c.oid)
), f as materialized (
  select p.*, {args} as args, coalesce((select string_agg(case when x.setting like 'search\_path=%' then
      replace(replace(', ' || substr(x.setting, 13) || ', ', ', ' || s.written[1] || ', ', ', ., '),
        ', ' || s.written[2] || ', ', ', ., ') else x.setting end, ' ' order by x.setting)
    from unnest(p.proconfig) x(setting)), '') as settings
  from pg_proc p join s on s.oid = p.pronamespace
  where not exists (select from member m where m.classid = 'pg_proc'::regclass and m.objid = p.oid)
), o(ns, kind, name, definition) as (
  select r.ns, case r.relkind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view'
      when 'm' then 'materialized view' when 'f' then 'foreign table' when 'c' then 'type' end, r.relname::text,
    concat_ws(' ', case r.relkind when 'c' then 'composite' end, case r.relpersistence when 'u' then 'unlogged' end,
      'partition by ' || case r.relkind when 'p' then pg_get_partkeydef(r.oid) end,
      case when r.relispartition then pg_get_expr(r.relpartbound, r.oid) end,
      'of ' || nullif(r.reloftype, 0)::regtype,
      'in ' || (select string_agg(i.inhparent::regclass::text, ', ' order by i.inhseqno) from pg_inherits i
        where i.inhrelid = r.oid),
      case when r.relrowsecurity then 'row level security' end,
      case when r.relforcerowsecurity then 'forced' end,
      'replica identity ' || nullif(nullif(r.relreplident, 'd'), 'n')::text,
      'using ' || (select a.amname from pg_am a where a.oid = r.relam and r.relkind <> 'p'),
      'with ' || r.reloptions::text, case when r.relkind in ('v', 'm') then pg_get_viewdef(r.oid) end)
  from r where r.relkind <> 'S'
  union all
  select r.ns, 'sequence', r.relname, concat_ws(' ', format_type(q.seqtypid, null), 'start', q.seqstart, 'by',
      q.seqincrement, 'from', q.seqmin, 'to', q.seqmax, 'cache', q.seqcache, case when q.seqcycle then 'cycle' end,
      case r.relpersistence when 'u' then 'unlogged' end)
  from r join pg_sequence q on q.seqrelid = r.oid
  union all
  select r.ns, 'column', r.relname || '.' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
      'collate ' || case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end,
      case when a.attnotnull then 'not null' end,
      case when a.attgenerated <> '' then 'generated ' || a.attgenerated::text || ' ' when d.adbin is not null then 'default ' end
        || pg_get_expr(d.adbin, d.adrelid),
      'identity ' || nullif(a.attidentity, '')::text, 'storage ' || nullif(a.attstorage, t.typstorage)::text,
      'with ' || a.attoptions::text, 'target ' || nullif(a.attstattarget, -1),
      'at ' || row_number() over (partition by a.attrelid order by a.attnum))
  from r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
  join pg_type t on t.oid = a.atttypid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where r.relkind <> 'S'
  union all
  select k.connamespace, 'constraint', coalesce(r.relname, t.typname) || '.' || k.conname, pg_get_constraintdef(k.oid)
  from pg_constraint k join s on s.oid = k.connamespace
  left join r on r.oid = k.conrelid left join pg_type t on t.oid = k.contypid
  where r.oid is not null or t.oid is not null
  union all
  select r.ns, 'index', c.relname, pg_get_indexdef(i.indexrelid)
    || case when i.indisvalid and i.indisready then '' else ' not valid' end
    || case when i.indisclustered then ' clustered' else '' end
    || case when i.indisreplident then ' replica identity' else '' end
  from r join pg_index i on i.indrelid = r.oid join pg_class c on c.oid = i.indexrelid
  union all
  select f.pronamespace, case f.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end,
    f.proname || '(' || f.args || ')',
    concat_ws(' ', pg_get_function_arguments(f.oid), 'returns ' || pg_get_function_result(f.oid), l.lanname,
      f.provolatile, f.proparallel, case f.prokind when 'w' then 'window' end,
      case when f.proisstrict then 'strict' end, case when f.prosecdef then 'security definer' end,
      case when f.proleakproof then 'leakproof' end, 'cost', f.procost, 'rows', f.prorows, f.settings, f.probin,
      a.aggtransfn, a.aggfinalfn, 'state ' || format_type(a.aggtranstype, null), a.agginitval, f.prosrc
      , pg_get_function_sqlbody(f.oid) --@14
    )
  from f join pg_language l on l.oid = f.prolang left join pg_aggregate a on a.aggfnoid = f.oid
  union all
  select r.ns, 'trigger', r.relname || '.' || t.tgname, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text
  from r join pg_trigger t on t.tgrelid = r.oid where not t.tgisinternal
  union all
  select r.ns, 'policy', r.relname || '.' || p.polname, concat_ws(' ', p.polcmd,
      case when p.polpermissive then 'permissive' else 'restrictive' end, 'to ' || (
        select string_agg(case x.role when 0 then 'public' else x.role::regrole::text end, ', ' order by x.role::regrole::text)
        from unnest(p.polroles) x(role)),
      'using ' || pg_get_expr(p.polqual, p.polrelid), 'check ' || pg_get_expr(p.polwithcheck, p.polrelid))
  from r join pg_policy p on p.polrelid = r.oid
  union all
  select r.ns, 'rule', r.relname || '.' || w.rulename, pg_get_ruledef(w.oid) || ' ' || w.ev_enabled::text
  from r join pg_rewrite w on w.ev_class = r.oid where w.rulename <> '_RETURN'
  union all
  select r.ns, 'statistics', x.stxname, pg_get_statisticsobjdef(x.oid)
  from r join pg_statistic_ext x on x.stxrelid = r.oid
  union all
  select t.typnamespace, 'type', t.typname, case t.typtype
      when 'e' then 'enum ' || (select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)
        from pg_enum e where e.enumtypid = t.oid)
      when 'd' then concat_ws(' ', 'domain', format_type(t.typbasetype, t.typtypmod),
        case when t.typnotnull then 'not null' end, 'default ' || t.typdefault)
      else 'range ' || (select format_type(g.rngsubtype, null) from pg_range g where g.rngtypid = t.oid) end
  from pg_type t join s on s.oid = t.typnamespace
  where t.typtype in ('e', 'd', 'r')
    and not exists (select from member m where m.classid = 'pg_type'::regclass and m.objid = t.oid)
)
