//! Whether a statement may stand in a transaction with others.
//!
//! The source is the page of each command in the documentation of PostgreSQL, where it says that it "cannot be executed
//! inside a transaction block". What depends on the server and not on the words (REINDEX of a partitioned table, a
//! procedure that commits) is taken to stand together.

use squawk_syntax::{SyntaxKind as Kind, SyntaxNode};

use super::{locks::written, script::tokens};
use crate::model::Stands;

/// Whether this statement may.
pub(super) fn stands(node: &SyntaxNode) -> Stands {
    let has = |kind: Kind| node.descendants().any(|inner| inner.kind() == kind);
    // A name can be spelt like a word of the language: only words that stand in the statement itself are looked at.
    let says = |kind: Kind| node.children_with_tokens().any(|element| element.kind() == kind);
    let alone = match node.kind() {
        Kind::BEGIN | Kind::COMMIT_TRANSACTION | Kind::ROLLBACK_TRANSACTION | Kind::PREPARE_TRANSACTION => {
            return Stands::Controls;
        }
        Kind::CREATE_INDEX if says(Kind::CONCURRENTLY_KW) => {
            let index = node.children().find(|child| child.kind() == Kind::INDEX);
            return Stands::Alone {
                index: index.map(|index| written(&index)),
            };
        }
        Kind::DROP_INDEX => says(Kind::CONCURRENTLY_KW),
        Kind::REINDEX => {
            has(Kind::REINDEX_TARGET_DATABASE)
                || has(Kind::REINDEX_TARGET_SCHEMA)
                || has(Kind::REINDEX_TARGET_SYSTEM)
                || concurrent(node)
        }
        Kind::CLUSTER | Kind::REPACK => !has(Kind::TABLE_NAME_REF),
        Kind::ALTER_DATABASE => has(Kind::SET_TABLESPACE),
        Kind::ALTER_TABLE => has(Kind::DETACH_CONCURRENTLY),
        Kind::ALTER_SUBSCRIPTION => {
            let set = [Kind::REFRESH_PUBLICATION, Kind::SET_PUBLICATION, Kind::ADD_PUBLICATION];
            set.into_iter().any(has) || has(Kind::DROP_SUBSCRIPTION_PUBLICATION)
        }
        Kind::DISCARD => has(Kind::DISCARD_ALL),
        Kind::VACUUM
        | Kind::CREATE_DATABASE
        | Kind::DROP_DATABASE
        | Kind::CREATE_TABLESPACE
        | Kind::DROP_TABLESPACE
        | Kind::ALTER_SYSTEM
        | Kind::CREATE_SUBSCRIPTION
        | Kind::DROP_SUBSCRIPTION
        | Kind::COMMIT_PREPARED
        | Kind::ROLLBACK_PREPARED => true,
        _ => false,
    };
    if alone {
        Stands::Alone { index: None }
    } else {
        Stands::Together
    }
}

/// Whether REINDEX says that it lets others go on.
pub(super) fn concurrent(reindex: &SyntaxNode) -> bool {
    tokens(reindex).any(|token| {
        let parent = token.parent().map(|parent| parent.kind());
        let word = matches!(
            parent,
            Some(Kind::REINDEX_OPTION_CONCURRENTLY | Kind::REINDEX_TARGET_TABLE | Kind::REINDEX_TARGET_INDEX)
        );
        word && token.kind() == Kind::CONCURRENTLY_KW
    })
}
