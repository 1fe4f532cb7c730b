//! The table in which a schema keeps what was done to it: its name, its columns, and how it is made.

use super::quote;

/// Its name, in each tenant's own schema.
pub const TABLE: &str = "tenantry_migration";

/// The columns. An entry that is not complete is a file that could not stand in one transaction and was not finished:
/// `statements` of it are done.
const COLUMNS: &str = "version text PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, \
    how text NOT NULL CHECK (how IN ('applied', 'baseline')), complete boolean NOT NULL, statements int NOT NULL, \
    run text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()";

/// The table of a schema, quoted.
pub fn table(schema: &str) -> String {
    quote::qualified(schema, TABLE)
}

/// Makes the table where it is not there, as the schema's owner, and lets `readers` read it. Rights that default
/// privileges gave to others, such as the application's role, are taken away: a history is not theirs to write.
///
/// Notices where it is there already, and so do the grants of a schema that belongs to somebody else.
pub fn create(schema: &str, readers: &str) -> String {
    let (table, readers) = (table(schema), quote::ident(readers));
    let named = quote::literal(&table);
    let revoke = format!(
        "DECLARE other text; BEGIN \
           FOR other IN SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END \
             FROM pg_catalog.pg_class c CROSS JOIN pg_catalog.aclexplode(c.relacl) a \
             LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee \
             WHERE c.oid = {named}::pg_catalog.regclass AND a.grantee <> c.relowner LOOP \
             EXECUTE 'REVOKE ALL ON TABLE ' || {named} || ' FROM ' || other; \
           END LOOP; END"
    );
    format!(
        "CREATE TABLE IF NOT EXISTS {table} ({COLUMNS}); DO {}; GRANT USAGE ON SCHEMA {} TO {readers}; \
         GRANT SELECT ON TABLE {table} TO {readers};",
        quote::literal(&revoke),
        quote::ident(schema)
    )
}

#[cfg(test)]
mod tests {
    use super::create;

    #[test]
    fn names_are_quoted_wherever_they_stand() {
        let sql = create(r#"a"b'c"#, "read ers");
        assert!(sql.contains(r#"IF NOT EXISTS "a""b'c"."tenantry_migration""#), "{sql}");
        // A name in a constant in a constant.
        assert!(
            sql.contains(r#"''"a""b''''c"."tenantry_migration"''::pg_catalog.regclass"#),
            "{sql}"
        );
        assert!(sql.contains(r#"TO "read ers""#), "{sql}");
    }
}
