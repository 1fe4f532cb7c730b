//! The one place where names and texts become SQL.

/// An identifier, always quoted, so that no keyword list of any version matters. NUL cannot occur in a name.
///
/// What PostgreSQL would cut off at 63 bytes is not cut here: the server then finds nothing, which is the safe end.
pub fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `schema.name`, both quoted.
pub fn qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", ident(schema), ident(name))
}

/// A string constant that means the same whatever `standard_conforming_strings` says.
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        format!("E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

/// The name of a setting, such as `app.current_tenant`: each part is quoted.
pub fn setting(name: &str) -> String {
    name.split('.').map(ident).collect::<Vec<_>>().join(".")
}

/// A text as part of a comment, which it does not end, and in which it begins no other.
pub fn comment(text: &str) -> String {
    text.replace("*/", "* /").replace("/*", "/ *")
}

#[cfg(test)]
mod tests {
    use super::{comment, ident, literal, qualified, setting};

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(ident(r#"a"b"#), r#""a""b""#);
        assert_eq!(qualified("public", "Order"), r#""public"."Order""#);
        assert_eq!(setting("app.current"), r#""app"."current""#);
        assert_eq!(comment("a*/b/*c"), "a* /b/ *c");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"a\'b"), r"E'a\\''b'");
    }
}
