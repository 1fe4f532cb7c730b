//! Whether a statement of a dynamic role can be tried: it is about the role itself and does nothing that a rollback would
//! not take back.

use std::sync::LazyLock;

use regex_lite::Regex;

/// The name that a trial puts where the engine puts the role's.
pub const SCRATCH: &str = "tenantry_trial";

/// Forms of statements that concern the role itself. `NAME` is the engine's placeholder.
const FORMS: &[&str] = &[
    r"CREATE (ROLE|USER) NAME .*",
    r"ALTER (ROLE|USER) NAME .*",
    r"GRANT .* TO NAME( WITH .*)?",
    r"GRANT NAME TO \S+( WITH .*)?",
    r"ALTER DEFAULT PRIVILEGES .* (TO|FROM) NAME",
    r"REVOKE .* FROM NAME( CASCADE)?",
    r"REVOKE NAME FROM \S+",
    r"REASSIGN OWNED BY NAME TO \S+",
    r"DROP OWNED BY NAME( CASCADE)?",
    r"DROP (ROLE|USER) (IF EXISTS )?NAME",
    r"SELECT pg_terminate_backend ?\( ?(\w+\.)?pid ?\) FROM pg_(catalog\.pg_)?stat_activity WHERE usename ?= ?NAME( AND pid <> pg_backend_pid\(\))?",
];

/// The single statements of a definition: the engine too cuts at each semicolon.
pub fn each(definition: &[String]) -> Vec<String> {
    let parts = definition.iter().flat_map(|text| text.split(';'));
    let words = parts.map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
    words.filter(|part| !part.is_empty()).collect()
}

/// The statement with a scratch role's name, where it can be tried.
pub fn to_try(statement: &str) -> Option<String> {
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let name = r#"["']?\{\{(name|username)\}\}["']?"#;
        let forms: Vec<String> = FORMS.iter().map(|form| form.replace("NAME", name)).collect();
        Regex::new(&format!("(?i)^({})$", forms.join("|"))).ok()
    });
    // A function that is called in a role's own statement could do anything.
    let calls = statement.contains('(') && !statement.to_lowercase().contains("pg_terminate_backend");
    let fits = PATTERN.as_ref().is_some_and(|pattern| pattern.is_match(statement));
    (fits && !calls).then(|| filled(statement))
}

fn filled(statement: &str) -> String {
    statement
        .replace("{{name}}", SCRATCH)
        .replace("{{username}}", SCRATCH)
        .replace("{{password}}", "Tried-0-and-rolled-back")
        .replace("{{expiration}}", "2100-01-01 00:00:00+00")
}

#[cfg(test)]
mod tests {
    use super::{each, to_try};

    #[test]
    fn what_is_about_the_role_itself_is_tried_and_nothing_else() {
        for (statement, tried) in [
            (
                r#"CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}' IN ROLE app_owner"#,
                true,
            ),
            (r#"ALTER ROLE "{{name}}" NOLOGIN"#, true),
            (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{{name}}'",
                true,
            ),
            (r#"GRANT "{{name}}" TO CURRENT_USER"#, true),
            (r#"REASSIGN OWNED BY "{{name}}" TO app_owner"#, true),
            (r#"DROP OWNED BY "{{name}}""#, true),
            (r#"drop role if exists "{{name}}""#, true),
            (
                r#"REVOKE ALL PRIVILEGES ON ALL TABLES IN SCHEMA public FROM "{{username}}""#,
                true,
            ),
            // Another role, every role, something that no rollback takes back.
            (r#"DROP ROLE "v-root-app""#, false),
            (r#"DROP ROLE "{{name}}", app_owner"#, false),
            (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> '{{name}}'",
                false,
            ),
            ("SELECT pg_terminate_backend(pid) FROM pg_stat_activity", false),
            (r#"ALTER ROLE "{{name}}" SET x = dblink_exec('a', 'b')"#, false),
            ("DO $$ BEGIN PERFORM 1; END $$", false),
            ("COPY x TO PROGRAM 'rm {{name}}'", false),
        ] {
            assert_eq!(to_try(statement).is_some(), tried, "{statement}");
        }
        let filled = to_try(r#"DROP ROLE "{{name}}""#);
        assert_eq!(filled.as_deref(), Some(r#"DROP ROLE "tenantry_trial""#));
    }

    #[test]
    fn a_definition_is_cut_where_the_engine_cuts_it() {
        let definition = ["A  b;\n c ; ".to_owned(), "d".to_owned()];
        assert_eq!(each(&definition), ["A b", "c", "d"]);
    }
}
