//! The rules, numbered as operators of this console know them.

use serde::{Deserialize, Serialize};

/// A way in which tenants of shared tables can reach each other, or pay for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Row-level security is off on a table with the tenant column.
    Off,
    /// It does not bind the owner.
    NotForced,
    /// A runtime role owns the table, or is a member of the owner.
    Owner,
    /// A runtime role is, or can become, one that no policy binds.
    Exempt,
    /// A partition or child can be read directly, past the policies of its parent.
    Partition,
    /// A view reads with the rights of somebody who is exempt.
    View,
    /// A materialized view or foreign table: policies cannot be put on it.
    Copy,
    /// A function runs with the rights of somebody who is exempt.
    Definer,
    /// Permissive policies are joined with OR.
    Widened,
    /// A policy does not name the tenant column.
    Unbound,
    /// Rows may be written for other tenants.
    Check,
    /// A session without a tenant gets errors.
    Unset,
    /// A function of a policy is taken for constant, and plans are kept.
    Immutable,
    /// A foreign key crosses tenants.
    ForeignKey,
    /// A key is unique over all tenants.
    UniqueKey,
    /// The tenant column may be null.
    Nullable,
    /// A privilege that row-level security does not cover.
    Privilege,
    /// No index begins with the tenant column.
    Index,
}

impl Rule {
    /// Every rule with its number, its word and what it is about.
    pub const ALL: [(Self, &'static str, &'static str, &'static str); 18] = [
        (Self::Off, "3.1", "rls-off", "row-level security is off"),
        (
            Self::NotForced,
            "3.2",
            "rls-not-forced",
            "the owner is not bound by the policies",
        ),
        (
            Self::Owner,
            "3.3",
            "rls-owner",
            "an application has the rights of the owner",
        ),
        (
            Self::Exempt,
            "3.4",
            "rls-exempt",
            "an application can escape every policy",
        ),
        (
            Self::Partition,
            "3.5",
            "rls-partition",
            "a partition can be read past its parent's policies",
        ),
        (Self::View, "3.6", "rls-view", "a view reads as somebody who is exempt"),
        (Self::Copy, "3.7", "rls-copy", "a copy that policies cannot guard"),
        (
            Self::Definer,
            "3.8",
            "rls-definer",
            "a function runs as somebody who is exempt",
        ),
        (
            Self::Widened,
            "3.9",
            "rls-widened",
            "permissive policies widen each other",
        ),
        (
            Self::Unbound,
            "3.10",
            "rls-unbound",
            "a policy does not name the tenant",
        ),
        (
            Self::Check,
            "3.11",
            "rls-check",
            "rows may be written for other tenants",
        ),
        (
            Self::Unset,
            "3.14",
            "rls-unset",
            "a session without a tenant gets errors",
        ),
        (
            Self::Immutable,
            "3.15",
            "rls-immutable",
            "a plan may keep another tenant's answer",
        ),
        (
            Self::ForeignKey,
            "3.16",
            "rls-foreign-key",
            "a foreign key crosses tenants",
        ),
        (
            Self::UniqueKey,
            "3.17",
            "rls-unique-key",
            "a key is unique over all tenants",
        ),
        (Self::Nullable, "3.18", "rls-nullable", "a row may belong to nobody"),
        (
            Self::Privilege,
            "3.19",
            "rls-privilege",
            "a privilege that policies do not cover",
        ),
        (Self::Index, "3.30", "rls-index", "no index begins with the tenant"),
    ];

    /// Its number.
    pub fn number(self) -> &'static str {
        self.entry().1
    }

    /// The check of its findings.
    pub fn check(self) -> &'static str {
        self.entry().2
    }

    /// What is wrong where it is broken.
    pub fn about(self) -> &'static str {
        self.entry().3
    }

    fn entry(self) -> (Self, &'static str, &'static str, &'static str) {
        // The order of the list is that of the variants; a test holds it to that.
        Self::ALL[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::Rule;

    #[test]
    fn every_rule_stands_at_its_own_place() {
        for (rule, number, ..) in Rule::ALL {
            assert_eq!(rule.number(), number);
        }
    }
}
