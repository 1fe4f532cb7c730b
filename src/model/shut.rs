//! The mark of a tenant that is shut out: the end of the comment on its schema or database. Whoever looks at the server sees it,
//! and it goes with what it stands on, and with nothing else of that name.

use jiff::Timestamp;

/// Its length in characters: `shut out since 2026-11-27T16:05:11Z (tenantry)`.
pub const LENGTH: usize = 46;
/// What stands before the moment.
pub const BEFORE: &str = "shut out since ";
/// What stands behind it.
pub const BEHIND: &str = " (tenantry)";

/// Since when, by the end of a comment; none where that is no mark.
pub fn since(end: &str) -> Option<Timestamp> {
    let moment = end.strip_prefix(BEFORE)?.strip_suffix(BEHIND)?;
    moment.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{LENGTH, since};

    #[test]
    fn a_mark_is_read_and_nothing_else_is_one() {
        let mark = "shut out since 2026-11-27T16:05:11Z (tenantry)";
        assert_eq!(mark.len(), LENGTH);
        assert_eq!(since(mark), "2026-11-27T16:05:11Z".parse().ok());
        for other in [
            "",
            "shut out since yesterday (tenantry)",
            "shut out since 2026-11-27T16:05:11Z",
        ] {
            assert_eq!(since(other), None, "{other}");
        }
    }
}
