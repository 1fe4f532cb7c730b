//! The SQL of one schema's migrations: what is sent, what is asked, what is written into its history.

use crate::model::{Migration, Part, Script, Words, history, quote};

use super::choose::Unit;

/// The first half of the key of the lock that a schema's migration holds: `TENM`; the other is the schema's oid.
const CLASS: i64 = 0x5445_4e4d;

/// Where names are looked for: in the schema first, then where the fleet file says.
pub(super) fn search_path(unit: &Unit<'_>) -> String {
    let names = std::iter::once(unit.schema()).chain(unit.standing.track.also.iter().map(String::as_str));
    names.map(quote::ident).collect::<Vec<_>>().join(", ")
}

/// A file may have changed who we are and where names are looked for; the next one knows nothing of it.
pub(super) fn again(unit: &Unit<'_>) -> Words {
    format!(
        "set local role {}; set local search_path = {}",
        quote::ident(&unit.owner),
        search_path(unit)
    )
    .into()
}

pub(super) fn whole(script: &Script) -> Words {
    Words::File(Part {
        file: script.file.clone(),
        sha256: script.sha256.clone(),
        range: None,
    })
}

/// Nobody else migrates this schema, and it is the one that was seen, with the history that was seen.
pub(super) fn guards(unit: &Unit<'_>) -> Vec<String> {
    vec![
        format!(
            "select pg_try_advisory_xact_lock({CLASS}, ({}::int8 & 2147483647)::int4)",
            unit.oid
        ),
        format!(
            "select exists (select from pg_namespace where oid = {} and nspname = {})",
            unit.oid,
            quote::literal(unit.schema())
        ),
    ]
}

/// The history is there. Asked of the catalog, where nobody needs a right: who may read the history may do so only once it is
/// made.
pub(super) fn kept(unit: &Unit<'_>) -> String {
    format!(
        "select exists (select from pg_class where relnamespace = {} and relname = {} and relkind = 'r')",
        unit.oid,
        quote::literal(history::TABLE)
    )
}

/// Takes the history away where nothing is in it.
pub(super) fn unkept(unit: &Unit<'_>) -> String {
    let body = format!(
        "begin if to_regclass({}) is not null then if not exists (select from {table}) then drop table {table}; end if; \
         end if; end",
        quote::literal(&table(unit)),
        table = table(unit)
    );
    format!("do {}", quote::literal(&body))
}

/// None of these versions is in the history, in whatever state.
pub(super) fn none_of(unit: &Unit<'_>, migrations: &[&Migration]) -> String {
    format!(
        "select not exists (select from {} where {})",
        table(unit),
        among(migrations)
    )
}

/// All of these versions are in the history, and complete.
pub(super) fn all_of(unit: &Unit<'_>, migrations: &[&Migration]) -> String {
    format!(
        "select count(*) = {} from {} where complete and {}",
        migrations.len(),
        table(unit),
        among(migrations)
    )
}

/// The lines of the history for these versions, as a condition.
pub(super) fn among(migrations: &[&Migration]) -> String {
    let versions: Vec<String> = migrations
        .iter()
        .map(|migration| quote::literal(&migration.version.to_string()))
        .collect();
    format!("version in ({})", versions.join(", "))
}

pub(super) fn table(unit: &Unit<'_>) -> String {
    history::table(unit.schema())
}

/// The line of the history for this file, of which so many statements are done.
pub(super) fn record(unit: &Unit<'_>, migration: &Migration, how: &str, complete: bool, statements: usize) -> String {
    format!(
        "insert into {} (version, name, sha256, how, complete, statements, run) values ({}, {}, {}, {}, {complete}, \
         {statements}, :'run')",
        table(unit),
        quote::literal(&migration.version.to_string()),
        quote::literal(migration.name.raw()),
        quote::literal(&migration.forth.sha256),
        quote::literal(how),
    )
}

pub(super) fn forget(unit: &Unit<'_>, migrations: &[&Migration]) -> String {
    format!("delete from {} where {}", table(unit), among(migrations))
}

/// Nothing in the schema belongs to whoever carried this out, whose role may be dropped tomorrow.
pub(super) fn owned(unit: &Unit<'_>) -> String {
    format!(
        "select not exists (select from pg_class where relnamespace = {} and pg_get_userbyid(relowner) = session_user)",
        unit.oid
    )
}
