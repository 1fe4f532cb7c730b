//! Who has whose rights, and who can become whom.

use std::collections::{BTreeSet, HashMap};

use super::{Membership, Role, Roles};

/// The memberships of an instance as a graph. Roles are named by their oids.
///
/// What a superuser could become is everything, and is not spelled out here: ask [`Role::superuser`].
pub struct Graph<'a> {
    roles: HashMap<u32, &'a Role>,
    members: HashMap<u32, Vec<u32>>,
}

impl<'a> Graph<'a> {
    /// Reads the memberships once.
    pub fn of(roles: &'a Roles) -> Self {
        let mut members: HashMap<u32, Vec<u32>> = HashMap::new();
        for role in &roles.roles {
            for group in &role.member_of {
                members.entry(group.role).or_default().push(role.oid);
            }
        }
        Self {
            roles: roles.roles.iter().map(|role| (role.oid, role)).collect(),
            members,
        }
    }

    /// The role of this oid; none where it was dropped.
    pub fn role(&self, oid: u32) -> Option<&'a Role> {
        self.roles.get(&oid).copied()
    }

    /// Every role.
    pub fn roles(&self) -> impl Iterator<Item = &'a Role> {
        self.roles.values().copied()
    }

    /// Whose rights it has without asking, itself among them.
    pub fn inherits(&self, oid: u32) -> BTreeSet<u32> {
        self.climb(oid, |member, group| group.inherit.unwrap_or(member.inherit))
    }

    /// Whose rights it can have: as itself, or after `SET ROLE`. Itself is among them.
    pub fn reaches(&self, oid: u32) -> BTreeSet<u32> {
        let becomes = self.becomes(oid);
        becomes.into_iter().flat_map(|role| self.inherits(role)).collect()
    }

    /// What `SET ROLE` lets it become, itself among them.
    pub fn becomes(&self, oid: u32) -> BTreeSet<u32> {
        self.climb(oid, |_, group| group.set.unwrap_or(true))
    }

    /// Every direct and indirect member, whatever its membership is worth; not itself.
    pub fn members(&self, oid: u32) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        let mut open = vec![oid];
        while let Some(next) = open.pop() {
            for member in self.members.get(&next).into_iter().flatten() {
                if *member != oid && found.insert(*member) {
                    open.push(*member);
                }
            }
        }
        found
    }

    /// Its direct members.
    pub fn direct_members(&self, oid: u32) -> &[u32] {
        self.members.get(&oid).map_or(&[], Vec::as_slice)
    }

    fn climb(&self, oid: u32, follow: impl Fn(&Role, &Membership) -> bool) -> BTreeSet<u32> {
        let mut found = BTreeSet::from([oid]);
        let mut open = vec![oid];
        while let Some(member) = open.pop().and_then(|next| self.role(next)) {
            let groups = member.member_of.iter().filter(|group| follow(member, group));
            open.extend(groups.map(|group| group.role).filter(|group| found.insert(*group)));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Graph;
    use crate::facts::roles::{Membership, Role, Roles};

    fn role(oid: u32, inherit: bool, member_of: &[Membership]) -> Role {
        Role {
            oid,
            inherit,
            member_of: member_of.to_vec(),
            ..Role::default()
        }
    }

    fn of(role: u32, inherit: Option<bool>, set: Option<bool>) -> Membership {
        Membership {
            role,
            admin: false,
            inherit,
            set,
        }
    }

    fn roles(roles: Vec<Role>) -> Roles {
        Roles {
            roles,
            ..Roles::default()
        }
    }

    #[test]
    fn before_16_rights_come_through_members_that_inherit() {
        let roles = roles(vec![
            role(1, true, &[of(2, None, None)]),
            role(2, false, &[of(3, None, None)]),
            role(3, true, &[]),
        ]);
        let graph = Graph::of(&roles);
        assert_eq!(graph.inherits(1), BTreeSet::from([1, 2]));
        assert_eq!(graph.becomes(1), BTreeSet::from([1, 2, 3]));
        assert_eq!(graph.members(3), BTreeSet::from([1, 2]));
    }

    #[test]
    fn since_16_each_membership_says_what_it_is_worth() {
        let roles = roles(vec![
            role(
                1,
                true,
                &[of(2, Some(false), Some(true)), of(4, Some(false), Some(false))],
            ),
            role(2, true, &[of(3, Some(true), Some(false))]),
            role(3, true, &[]),
            role(4, true, &[]),
        ]);
        let graph = Graph::of(&roles);
        assert_eq!(graph.inherits(1), BTreeSet::from([1]));
        assert_eq!(graph.becomes(1), BTreeSet::from([1, 2]));
        assert_eq!(graph.reaches(1), BTreeSet::from([1, 2, 3]));
    }

    #[test]
    fn a_member_of_a_role_that_was_dropped_ends_nothing_else() {
        let roles = roles(vec![
            role(1, true, &[of(9, None, None), of(2, None, None)]),
            role(2, true, &[]),
        ]);
        assert_eq!(Graph::of(&roles).reaches(1), BTreeSet::from([1, 2, 9]));
    }
}
