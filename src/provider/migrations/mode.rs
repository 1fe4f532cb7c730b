//! The modes of locks on relations, and which of them a place in a statement takes.
//!
//! Sources: PostgreSQL documentation 13.3.1 (Explicit Locking), the pages of ALTER TABLE, ALTER INDEX, CREATE TABLE and
//! REFRESH MATERIALIZED VIEW, and `AlterTableGetLockLevel` in its source for the forms that the pages do not tell.

use squawk_syntax::{SyntaxKind as Kind, SyntaxNode};

use super::stands::concurrent;

/// A mode, from the lightest to the heaviest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

impl Mode {
    /// As PostgreSQL writes it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }
}

/// The mode in which a relation is locked that is named right within this node, if it is at all.
pub(super) fn of(node: &SyntaxNode) -> Option<Mode> {
    let says = |kind: Kind| node.children_with_tokens().any(|element| element.kind() == kind);
    Some(match node.kind() {
        Kind::ALTER_TABLE | Kind::ALTER_FOREIGN_TABLE => altered(node),
        Kind::ALTER_INDEX => indexed(node),
        Kind::ALTER_SEQUENCE if says(Kind::SEQUENCE_RENAME_TO) || says(Kind::SET_SCHEMA) || says(Kind::OWNER_TO) => {
            Mode::AccessExclusive
        }
        Kind::CREATE_INDEX if says(Kind::CONCURRENTLY_KW) => Mode::ShareUpdateExclusive,
        Kind::CREATE_INDEX => Mode::Share,
        Kind::DROP_INDEX if says(Kind::CONCURRENTLY_KW) => Mode::ShareUpdateExclusive,
        Kind::REINDEX_TARGET_TABLE | Kind::REINDEX_TARGET_INDEX if node.parent().is_some_and(|it| concurrent(&it)) => {
            Mode::ShareUpdateExclusive
        }
        Kind::REINDEX_TARGET_TABLE => Mode::Share,
        Kind::REFRESH if says(Kind::CONCURRENTLY_KW) => Mode::Exclusive,
        Kind::VACUUM if full(node) => Mode::AccessExclusive,
        Kind::LOCK => asked(node),
        Kind::COPY_TABLE => match node.next_sibling().map(|it| it.kind()) {
            Some(Kind::COPY_FROM) => Mode::RowExclusive,
            _ => Mode::AccessShare,
        },
        Kind::FROM_TABLE if node.parent().is_some_and(|it| it.kind() == Kind::CREATE_STATISTICS) => {
            Mode::ShareUpdateExclusive
        }
        Kind::RELATION_FROM_ITEM if locked_by_row(node) => Mode::RowShare,
        kind => return plain(kind),
    })
}

/// The mode where the kind of the place tells all.
fn plain(kind: Kind) -> Option<Mode> {
    Some(match kind {
        Kind::PRIVILEGE_TABLE | Kind::PRIVILEGE_SEQUENCE | Kind::PRIVILEGE_DEFAULT => return None,
        Kind::INSERT | Kind::UPDATE | Kind::DELETE | Kind::MERGE => Mode::RowExclusive,
        Kind::VACUUM
        | Kind::ANALYZE
        | Kind::INHERITS
        | Kind::INHERIT_TABLE
        | Kind::CLUSTER_ON
        | Kind::USING_INDEX_NAME
        | Kind::COMMENT_ON
        | Kind::SECURITY_LABEL
        | Kind::CREATE_PUBLICATION
        | Kind::ALTER_PUBLICATION
        | Kind::PUBLICATION_OBJECT_TABLE => Mode::ShareUpdateExclusive,
        Kind::USING_INDEX => Mode::Share,
        Kind::CREATE_TRIGGER | Kind::FOREIGN_KEY_CONSTRAINT | Kind::REFERENCES_CONSTRAINT | Kind::ALTER_SEQUENCE => {
            Mode::ShareRowExclusive
        }
        Kind::TRUNCATE
        | Kind::CLUSTER
        | Kind::CLUSTER_USING_INDEX
        | Kind::REPACK
        | Kind::REFRESH
        | Kind::REINDEX_TARGET_INDEX
        | Kind::DROP_TABLE
        | Kind::DROP_FOREIGN_TABLE
        | Kind::DROP_VIEW
        | Kind::DROP_MATERIALIZED_VIEW
        | Kind::DROP_SEQUENCE
        | Kind::DROP_INDEX
        | Kind::ALTER_VIEW
        | Kind::ALTER_MATERIALIZED_VIEW
        | Kind::DROP_TRIGGER
        | Kind::ALTER_TRIGGER
        | Kind::CREATE_RULE
        | Kind::RULE_ON
        | Kind::ALTER_RULE
        | Kind::DROP_RULE
        | Kind::CREATE_POLICY
        | Kind::ALTER_POLICY
        | Kind::DROP_POLICY
        | Kind::PARTITION_OF
        | Kind::ATTACH_PARTITION
        | Kind::ATTACH_INDEX_PARTITION
        | Kind::DETACH_PARTITION
        | Kind::SPLIT_PARTITION
        | Kind::PARTITION => Mode::AccessExclusive,
        _ => Mode::AccessShare,
    })
}

/// The heaviest mode that the forms of an ALTER TABLE take on its table.
fn altered(node: &SyntaxNode) -> Mode {
    let forms = node
        .children()
        .filter(|child| !matches!(child.kind(), Kind::TABLE_RELATION_NAME | Kind::IF_EXISTS));
    forms.map(|form| of_form(&form)).max().unwrap_or(Mode::AccessExclusive)
}

fn of_form(form: &SyntaxNode) -> Mode {
    let has = |kinds: &[Kind]| form.children().any(|child| kinds.contains(&child.kind()));
    match form.kind() {
        Kind::VALIDATE_CONSTRAINT
        | Kind::CLUSTER_ON
        | Kind::SET_WITHOUT_CLUSTER
        | Kind::ATTACH_PARTITION
        | Kind::SET_OPTIONS
        | Kind::RESET_OPTIONS => Mode::ShareUpdateExclusive,
        Kind::DETACH_PARTITION if has(&[Kind::DETACH_CONCURRENTLY, Kind::DETACH_FINALIZE]) => {
            Mode::ShareUpdateExclusive
        }
        Kind::ALTER_COLUMN
            if has(&[
                Kind::SET_STATISTICS,
                Kind::SET_OPTIONS,
                Kind::SET_OPTIONS_LIST,
                Kind::RESET_OPTIONS,
            ]) =>
        {
            Mode::ShareUpdateExclusive
        }
        Kind::ENABLE_TRIGGER | Kind::ENABLE_REPLICA_TRIGGER | Kind::ENABLE_ALWAYS_TRIGGER | Kind::DISABLE_TRIGGER => {
            Mode::ShareRowExclusive
        }
        Kind::ADD_CONSTRAINT if has(&[Kind::FOREIGN_KEY_CONSTRAINT]) => Mode::ShareRowExclusive,
        _ => Mode::AccessExclusive,
    }
}

fn indexed(node: &SyntaxNode) -> Mode {
    let light = [
        Kind::INDEX_RENAME_TO,
        Kind::SET_OPTIONS,
        Kind::RESET_OPTIONS,
        Kind::ALTER_SET_STATISTICS,
        Kind::ATTACH_INDEX_PARTITION,
    ];
    if node.children().any(|child| light.contains(&child.kind())) {
        Mode::ShareUpdateExclusive
    } else {
        Mode::AccessExclusive
    }
}

fn full(vacuum: &SyntaxNode) -> bool {
    let option = |node: &SyntaxNode| node.kind() == Kind::VACUUM_OPTION_NAME;
    let word = |node: &SyntaxNode| {
        node.children_with_tokens()
            .any(|element| element.kind() == Kind::FULL_KW)
    };
    word(vacuum) || vacuum.descendants().any(|node| option(&node) && word(&node))
}

fn asked(lock: &SyntaxNode) -> Mode {
    let clause = lock.children().find(|child| child.kind() == Kind::LOCK_MODE_CLAUSE);
    let mode = clause
        .and_then(|clause| clause.children().next())
        .map(|mode| mode.kind());
    match mode {
        Some(Kind::ACCESS_SHARE) => Mode::AccessShare,
        Some(Kind::ROW_SHARE) => Mode::RowShare,
        Some(Kind::ROW_EXCLUSIVE) => Mode::RowExclusive,
        Some(Kind::SHARE_UPDATE_EXCLUSIVE) => Mode::ShareUpdateExclusive,
        Some(Kind::SHARE) => Mode::Share,
        Some(Kind::SHARE_ROW_EXCLUSIVE) => Mode::ShareRowExclusive,
        Some(Kind::EXCLUSIVE) => Mode::Exclusive,
        _ => Mode::AccessExclusive,
    }
}

fn locked_by_row(item: &SyntaxNode) -> bool {
    let query = item.ancestors().find(|above| above.kind() == Kind::SELECT);
    query.is_some_and(|query| query.children().any(|child| child.kind() == Kind::LOCKING_CLAUSE))
}
