//! What is a tenant's own, its schema or its database, as the catalog has it.

use crate::model::{Text, quote};

/// What is a tenant's own, and what lets one in.
pub(super) enum Own {
    /// A schema: the right to use it.
    Schema(String),
    /// A database: the right to connect.
    Database(String),
}

impl Own {
    /// In words, and as it stands in a statement.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Schema(name) => format!("schema {}", Text::from(name.as_str())),
            Self::Database(name) => format!("database {}", Text::from(name.as_str())),
        }
    }

    pub(super) fn on(&self) -> String {
        match self {
            Self::Schema(name) => format!("usage on schema {}", quote::ident(name)),
            Self::Database(name) => format!("connect on database {}", quote::ident(name)),
        }
    }

    /// Where the catalog has it, and as what.
    fn catalog(&self) -> (&'static str, &'static str) {
        match self {
            Self::Schema(_) => ("pg_namespace", "nspname"),
            Self::Database(_) => ("pg_database", "datname"),
        }
    }

    /// Whether there is one of this number, as SQL.
    pub(super) fn is_there(&self, oid: &str) -> String {
        let (catalog, _) = self.catalog();
        format!("exists (select from {catalog} where oid = {oid})")
    }

    /// Whether the one of this number bears this name, as SQL.
    pub(super) fn is_it(&self, oid: &str) -> String {
        let ((catalog, named), name) = (self.catalog(), quote::literal(self.name()));
        format!("exists (select from {catalog} where oid = {oid} and {named} = {name})")
    }

    /// All of their kind as `o`: number, name, owner, rights, and the right that counts.
    pub(super) fn all(&self) -> &'static str {
        match self {
            Self::Schema(_) => {
                "(select oid, nspname as name, nspowner as owner, nspacl as set, coalesce(nspacl, acldefault('n', nspowner)) as acl, \
                 'USAGE' as lets_in from pg_namespace) o"
            }
            Self::Database(_) => {
                "(select oid, datname as name, datdba as owner, datacl as set, coalesce(datacl, acldefault('d', datdba)) as acl, \
                 'CONNECT' as lets_in from pg_database) o"
            }
        }
    }

    pub(super) fn name(&self) -> &str {
        let (Self::Schema(name) | Self::Database(name)) = self;
        name
    }
}
