//! Who works for applications, and what each of them can have the rights of.

use std::collections::BTreeSet;

use crate::{
    facts::{
        policies::Catalog,
        roles::{Graph, Role, Roles},
    },
    model::Text,
};

/// A role through which applications work.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// Its oid.
    pub oid: u32,
    /// Its name.
    pub name: Text,
    /// The fleet file names it; otherwise it logs in as a member of one that is named.
    pub named: bool,
    /// Whose rights it can have, itself and everybody (0) among them.
    pub reaches: BTreeSet<u32>,
    /// What it can become, itself among them: only this gives it attributes.
    pub becomes: BTreeSet<u32>,
}

/// The roles that the fleet file names, and every login among their members that differs from them.
///
/// Where it names none, every role that logs in and administers nothing. A member that may hand the role on
/// (`ADMIN OPTION`) administers it and is no application: secrets servers hold such roles.
pub fn applications(roles: &Roles, graph: &Graph, named: &[String], catalog: &Catalog) -> Vec<Runtime> {
    let groups: Vec<&Role> = named.iter().filter_map(|name| roles.find(name)).collect();
    if named.is_empty() {
        return logins(roles, graph, catalog);
    }
    let mut found: Vec<Runtime> = groups.iter().map(|role| runtime(graph, role, true)).collect();
    let shared: BTreeSet<u32> = found.iter().flat_map(|one| one.reaches.clone()).collect();
    let mentioned = mentioned(catalog);
    let oids: BTreeSet<u32> = groups.iter().map(|role| role.oid).collect();
    let administers = |role: &Role| {
        role.member_of
            .iter()
            .any(|membership| membership.admin && oids.contains(&membership.role))
    };
    let members: BTreeSet<u32> = oids.iter().flat_map(|group| graph.members(*group)).collect();
    let members = members.difference(&oids).filter_map(|oid| graph.role(*oid));
    for role in members.filter(|role| role.login && !administers(role)) {
        let member = runtime(graph, role, false);
        let own = member.reaches.difference(&shared).any(|oid| *oid != role.oid);
        if own || mentioned.contains(&role.oid) || special(role) {
            found.push(member);
        }
    }
    found
}

/// Without a name for it: a login that administers nothing. Members of owners are taken for those who migrate.
fn logins(roles: &Roles, graph: &Graph, catalog: &Catalog) -> Vec<Runtime> {
    let owners: BTreeSet<u32> = catalog.relations.iter().map(|relation| relation.owner).collect();
    let mut seen = BTreeSet::new();
    let plain = |role: &&Role| role.login && !role.superuser && !role.create_role && !role.replication;
    let mentioned = mentioned(catalog);
    let all = roles.roles.iter().filter(plain).map(|role| runtime(graph, role, false));
    all.filter(|one| {
        owners
            .iter()
            .all(|owner| *owner == one.oid || !one.reaches.contains(owner))
    })
    .filter(|one| {
        let mut rights = one.reaches.clone();
        if !mentioned.contains(&one.oid) && !graph.role(one.oid).is_some_and(special) {
            rights.remove(&one.oid);
        }
        seen.insert(rights)
    })
    .collect()
}

fn runtime(graph: &Graph, role: &Role, named: bool) -> Runtime {
    let mut reaches = graph.reaches(role.oid);
    reaches.insert(0);
    Runtime {
        oid: role.oid,
        name: role.name.clone(),
        named,
        becomes: graph.becomes(role.oid),
        reaches,
    }
}

/// Its own attributes let it do what its groups cannot.
fn special(role: &Role) -> bool {
    role.superuser || role.bypass_rls || role.create_role || role.replication
}

/// Roles that the catalogs name: owners, and those who were granted something.
fn mentioned(catalog: &Catalog) -> BTreeSet<u32> {
    let granted = catalog.relations.iter().flat_map(|relation| &relation.grants);
    let owners = catalog.relations.iter().map(|relation| relation.owner);
    let bound = catalog.policies.iter().flat_map(|policy| policy.roles.iter().copied());
    granted.map(|grant| grant.to).chain(owners).chain(bound).collect()
}
