//! What a tenant has in the copy: its tables and sequences with what is in them, and the form of everything.

use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    model::quote,
    ops::{Refusal, survey::parsed, tenant::sum},
};

/// What the copy has.
#[derive(Debug, Deserialize)]
pub(in crate::ops) struct Content {
    /// Who owns the schema, or the database; none where the copy has none of that name.
    pub(in crate::ops) owner: Option<String>,
    /// Everybody who owns something in it.
    pub(in crate::ops) owners: Vec<String>,
    /// What only a superuser could make anew, in words.
    pub(in crate::ops) needs: Vec<String>,
    pub(in crate::ops) items: Vec<Item>,
    /// Tables whose rows are in no backup.
    pub(in crate::ops) unlogged: Vec<String>,
    /// Tables of others that it refers to: who writes to them waits while foreign keys are made.
    pub(in crate::ops) waits: Vec<String>,
}

/// A table or a sequence.
#[derive(Debug, Deserialize)]
pub(in crate::ops) struct Item {
    schema: String,
    name: String,
    pub(in crate::ops) sequence: bool,
}

/// Whether it matters to a form whose something is, and who has rights to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ops) enum Rights {
    /// It does.
    Same,
    /// It becomes somebody else's.
    Others,
}

/// A kind of what has a form.
struct Kind {
    noun: &'static str,
    /// What is selected of it: a path and a form.
    form: &'static str,
    /// Whose it is, who has rights to it, and the word of `acldefault` for it.
    owner: &'static str,
    rights: &'static str,
    class: &'static str,
    /// What else there is of rights.
    besides: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind {
        noun: "schemas",
        form: SCHEMAS,
        owner: "n.nspowner",
        rights: "n.nspacl",
        class: "'n'",
        besides: "null",
    },
    Kind {
        noun: "tables",
        form: RELATIONS,
        owner: "c.relowner",
        rights: "c.relacl",
        class: "case when c.relkind = 'S' then 's' else 'r' end::\"char\"",
        besides: "(select string_agg(concat_ws(' ', a.attname, a.attacl), ',' order by a.attnum) from pg_attribute a \
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attacl is not null)",
    },
    Kind {
        noun: "functions",
        form: FUNCTIONS,
        owner: "p.proowner",
        rights: "p.proacl",
        class: "'f'",
        besides: "null",
    },
    Kind {
        noun: "types",
        form: TYPES,
        owner: "t.typowner",
        rights: "t.typacl",
        class: "'T'",
        besides: "null",
    },
];
const SCHEMAS: &str = "select n.nspname::text, coalesce({rights}, '') from pg_namespace n where {whose}";
/// Each with its columns, constraints, indexes, triggers and policies.
const RELATIONS: &str = "select n.nspname || '.' || c.relname, concat_ws(' ', c.relkind, c.relpersistence, \
    {rights}, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relreplident, pg_get_expr(c.relpartbound, c.oid), \
    (select string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, \
      a.attgenerated, pg_get_expr(d.adbin, d.adrelid)), ',' order by a.attnum) from pg_attribute a \
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum \
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), \
    (select string_agg(k.conname || ' ' || pg_get_constraintdef(k.oid), ',' order by k.conname) from pg_constraint k \
      where k.conrelid = c.oid), \
    (select string_agg(pg_get_indexdef(i.indexrelid), ',' order by pg_get_indexdef(i.indexrelid)) from pg_index i \
      where i.indrelid = c.oid), \
    (select string_agg(t.tgenabled::text || pg_get_triggerdef(t.oid), ',' order by t.tgname) from pg_trigger t \
      where t.tgrelid = c.oid and not t.tgisinternal), \
    (select string_agg(concat_ws(' ', p.polname, p.polcmd, p.polpermissive, (select string_agg(coalesce(r.rolname, 'public'), ' ' \
      order by r.rolname) from unnest(p.polroles) o left join pg_roles r on r.oid = o), pg_get_expr(p.polqual, p.polrelid), \
      pg_get_expr(p.polwithcheck, p.polrelid)), ',' order by p.polname) from pg_policy p where p.polrelid = c.oid), \
    case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end) \
    from pg_class c join pg_namespace n on n.oid = c.relnamespace \
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and {whose} and {own:pg_class:c}";
const FUNCTIONS: &str = "select n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', \
    concat_ws(' ', {rights}, p.prokind, \
      case when p.prokind <> 'a' then pg_get_functiondef(p.oid) end) \
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where {whose} and {own:pg_proc:p}";
const TYPES: &str = "select n.nspname || '.' || t.typname, concat_ws(' ', t.typtype, {rights}, \
    case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end, t.typnotnull, t.typdefault, \
    (select string_agg(e.enumlabel, ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid), \
    (select string_agg(k.conname || ' ' || pg_get_constraintdef(k.oid), ',' order by k.conname) from pg_constraint k \
      where k.contypid = t.oid), \
    (select string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ',' order by a.attnum) from pg_attribute a \
      where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped)) \
    from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype in ('d', 'e', 'r', 'c') \
    and (t.typrelid = 0 or exists (select from pg_class c where c.oid = t.typrelid and c.relkind = 'c')) \
    and {whose} and {own:pg_type:t}";
/// What only a superuser makes, in any schema.
const NEEDS: &str = "select 'the function ' || n.nspname || '.' || p.proname || ' in C' from pg_proc p \
      join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang \
      where l.lanname in ('c', 'internal') and p.prokind <> 'a' and {whose} and {own:pg_proc:p}";
/// The same, in a database.
const ALONE: &str = "union all select 'the extension ' || e.extname from pg_extension e where e.extname <> 'plpgsql' \
      and not exists (select from pg_available_extension_versions v \
        where v.name = e.extname and v.version = e.extversion and v.trusted) \
    union all select 'the event trigger ' || evtname from pg_event_trigger \
    union all select 'the publication of all tables ' || pubname from pg_publication where puballtables \
    union all select 'the rights on the schema public, which is ' || pg_get_userbyid(n.nspowner) || '''s' from pg_namespace n \
      where n.nspname = 'public' and pg_get_userbyid(n.nspowner) not in ('pg_database_owner', \
        (select pg_get_userbyid(datdba) from pg_database where datname = current_database())) \
      and n.nspacl is distinct from (select initprivs from pg_init_privs i where i.objoid = n.oid \
        and i.classoid = 'pg_namespace'::regclass and i.objsubid = 0) \
    union all select 'large objects' where exists (select from pg_largeobject_metadata)";

/// What is the tenant's, and not an extension's. Functions that come with a range are the server's own.
fn filled(sql: &str, whose: &str) -> String {
    let own = |class: &str, name: &str, kinds: &str| {
        format!(
            "not exists (select from pg_depend e where e.classid = '{class}'::regclass and e.objid = {name}.oid \
             and e.deptype in ({kinds}))"
        )
    };
    sql.replace("{whose}", whose)
        .replace("{own:pg_class:c}", &own("pg_class", "c", "'e'"))
        .replace("{own:pg_proc:p}", &own("pg_proc", "p", "'e', 'i'"))
        .replace("{own:pg_type:t}", &own("pg_type", "t", "'e'"))
}

/// Asks for a [`Content`], in the database; `owner` is a query.
pub(in crate::ops) fn ask(whose: &str, owner: &str, alone: bool) -> String {
    let more = if alone { ALONE } else { "" };
    let sql = format!(
        "select json_build_object('owner', ({owner}), \
         'owners', (select coalesce(json_agg(o order by o), '[]') from ( \
           select pg_get_userbyid(n.nspowner) as o from pg_namespace n where {{whose}} and n.nspname <> 'public' \
           union select pg_get_userbyid(c.relowner) from pg_class c join pg_namespace n on n.oid = c.relnamespace \
             where {{whose}} and c.relkind <> 'i' and {{own:pg_class:c}} \
           union select pg_get_userbyid(p.proowner) from pg_proc p join pg_namespace n on n.oid = p.pronamespace \
             where {{whose}} and {{own:pg_proc:p}} \
           union select pg_get_userbyid(t.typowner) from pg_type t join pg_namespace n on n.oid = t.typnamespace \
             where {{whose}} and t.typtype in ('d', 'e', 'r') and {{own:pg_type:t}}) x), \
         'needs', (select coalesce(json_agg(w), '[]') from ({NEEDS} {more}) x (w)), \
         'items', (select coalesce(json_agg(json_build_object('schema', n.nspname, 'name', c.relname, \
             'sequence', c.relkind = 'S') order by n.nspname, c.relname), '[]') \
           from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'S') \
           and not c.relispartition and c.relpersistence = 'p' and {{whose}} and {{own:pg_class:c}}), \
         'unlogged', (select coalesce(json_agg(n.nspname || '.' || c.relname order by 1), '[]') from pg_class c \
           join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and c.relpersistence = 'u' and {{whose}}), \
         'waits', (select coalesce(json_agg(distinct k.confrelid::regclass), '[]') from pg_constraint k \
           join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace \
           join pg_class r on r.oid = k.confrelid where k.contype = 'f' and r.relnamespace not in \
           (select n.oid from pg_namespace n where {{whose}}) and {{whose}}))::text"
    );
    filled(&sql, whose)
}

impl Kind {
    /// Whose it is, and who has rights to it, as far as it matters.
    fn rights(&self, rights: Rights) -> String {
        let Self {
            owner,
            rights: acl,
            class,
            besides,
            ..
        } = self;
        match rights {
            Rights::Others => "null".into(),
            Rights::Same => format!(
                "concat_ws(' ', pg_get_userbyid({owner}), (select string_agg(a::text, ',' order by a::text collate \"C\") \
                 from unnest(coalesce({acl}, acldefault({class}, {owner}))) a), {besides})"
            ),
        }
    }

    /// The form of everything of it, as a text that is equal where it is.
    fn form(&self, whose: &str, rights: Rights) -> String {
        let sql = filled(&self.form.replace("{rights}", &self.rights(rights)), whose);
        format!(
            "(select coalesce(md5(string_agg(f.path || ' is ' || f.form, ';' order by f.path collate \"C\")), '-') from ({sql}) f (path, form))"
        )
    }
}

/// Asks for the form of every kind of thing, a row each.
pub(in crate::ops) fn ask_forms(whose: &str, rights: Rights) -> String {
    rows(KINDS.iter().map(|kind| kind.form(whose, rights)))
}

/// Asks for what is in each of these, a row each.
pub(in crate::ops) fn ask_digests(items: &[Item]) -> String {
    rows(items.iter().map(Item::digest))
}

fn rows(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    format!(
        "select d from unnest(array[{}]::text[]) with ordinality o (d, n) order by n",
        all.join(", ")
    )
}

/// One question for each kind: whether its form is that of the copy.
pub(in crate::ops) fn forms_are(whose: &str, forms: &[String], rights: Rights) -> Vec<String> {
    let all = KINDS.iter().zip(forms);
    all.map(|(kind, value)| {
        format!(
            "select /* the form of its {} is that of the copy */ {} = {}",
            kind.noun,
            kind.form(whose, rights),
            quote::literal(value)
        )
    })
    .collect()
}

/// One question for each, or for each table: whether what is in it is what is in the copy.
pub(in crate::ops) fn rows_are(items: &[Item], digests: &[String], sequences: bool) -> Vec<String> {
    let all = items
        .iter()
        .zip(digests)
        .filter(|(item, _)| sequences || !item.sequence);
    all.map(|(item, value)| {
        format!(
            "select /* {} is as in the copy */ {} = {}",
            quote::comment(&item.path()),
            item.digest(),
            quote::literal(value)
        )
    })
    .collect()
}

/// All of these questions in one, as a condition.
pub(in crate::ops) fn all_so(questions: &[String]) -> String {
    let all: Vec<String> = questions.iter().map(|one| format!("({one})")).collect();
    match all.as_slice() {
        [] => "true".into(),
        all => all.join(" and "),
    }
}

impl Item {
    fn path(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// How many rows and a sum over them; or where the sequence is.
    fn digest(&self) -> String {
        let name = quote::qualified(&self.schema, &self.name);
        if self.sequence {
            return format!("(select last_value || ' ' || is_called from {name})");
        }
        format!("(select count(*) || ' ' || {} from {name} x)", sum("(x.*)::text"))
    }
}

/// What a query said that yields one JSON text.
pub(in crate::ops) fn one<T: DeserializeOwned>(rows: &[String]) -> Result<T, Refusal> {
    let none = || Refusal::new("the catalog said nothing");
    parsed(rows)?.into_iter().next().ok_or_else(none)
}
