//! The roles of an instance: what each may do, whom it belongs to, and when its password ends.

mod graph;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use graph::Graph;

use super::{asked, instances, pulse::Pulse, settled};
use crate::{
    model::{Fault, Target, Text},
    provider::{Doors, postgres::Param},
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// All roles, but only where their digest is not `$1`. Columns as in PostgreSQL 13 to 18.
///
/// An end beyond the calendar is never; what is before it has passed. Before 16 a membership is inherited where the
/// member inherits at all, and anybody may become what it is a member of.
const SQL: &str = "\
with r as materialized (
  select oid::bigint as oid, rolname as name, rolcanlogin as login, rolsuper as superuser,
    rolbypassrls as bypass_rls, rolinherit as inherit, rolcreaterole as create_role, rolreplication as replication,
    rolconnlimit as connection_limit,
    case when rolvaliduntil < '9999-01-01+00' then greatest(rolvaliduntil, '0001-01-02+00') end as valid_until
  from pg_roles
), m as materialized (
  select member, roleid::bigint as role, admin_option as admin
    , inherit_option as inherit, set_option as set --@16
  from pg_auth_members
), d as materialized (
  select md5(concat((select string_agg(r::text, ',' order by oid) from r),
    (select string_agg(m::text, ',' order by member, role) from m))) as digest
)
select json_build_object('standby', pg_is_in_recovery(), 'digest', d.digest, 'roles', case when d.digest <> $1 then (
  select json_agg(json_build_object('oid', r.oid, 'name', r.name, 'login', r.login, 'superuser', r.superuser,
      'bypass_rls', r.bypass_rls, 'inherit', r.inherit, 'create_role', r.create_role, 'replication', r.replication,
      'connection_limit', r.connection_limit, 'valid_until', r.valid_until,
      'member_of', coalesce(g.groups, '[]')) order by r.oid)
  from r
  left join (select member, json_agg(json_build_object('role', role, 'admin', admin
      , 'inherit', inherit, 'set', set --@16
    )) as groups from m group by member) g on g.member = r.oid) end)
from d";

/// Every role of an instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Roles {
    /// They were read from a standby: one may have come or gone since.
    pub standby: bool,
    /// The same as long as nothing about any role changes.
    pub digest: String,
    /// By oid.
    pub roles: Vec<Role>,
}

/// A row of `pg_roles`, with what it is a member of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "a row of the catalog")]
pub struct Role {
    /// Outlives a change of name.
    pub oid: u32,
    /// Its name.
    pub name: Text,
    /// Whether it can log in.
    pub login: bool,
    /// Obeys nothing.
    pub superuser: bool,
    /// Obeys no policy.
    pub bypass_rls: bool,
    /// Has the rights of the roles it is a member of without asking; since 16 only a default for memberships.
    pub inherit: bool,
    /// May make other roles.
    pub create_role: bool,
    /// May stream the log.
    pub replication: bool,
    /// Sessions it may have; -1 is no limit.
    pub connection_limit: i32,
    /// When its password ends; none where it never does.
    pub valid_until: Option<Timestamp>,
    /// Roles that it is a direct member of.
    pub member_of: Vec<Membership>,
}

/// A row of `pg_auth_members`, seen from the member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The oid of the role that it is a member of.
    pub role: u32,
    /// It may grant the membership to others.
    pub admin: bool,
    /// Whether it has the rights of the role without asking. Since 16; before, the member's `inherit` says so.
    #[serde(default)]
    pub inherit: Option<bool>,
    /// Whether it may become the role. Since 16; before, it always may.
    #[serde(default)]
    pub set: Option<bool>,
}

impl Fact for Roles {
    const NAME: &'static str = "roles";
}

impl Roles {
    /// The role of this name.
    pub fn find(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name.raw() == name)
    }

    /// The role of this oid.
    pub fn by_oid(&self, oid: u32) -> Option<&Role> {
        let at = self.roles.binary_search_by_key(&oid, |role| role.oid).ok()?;
        self.roles.get(at)
    }
}

#[derive(Deserialize)]
struct Reply {
    standby: bool,
    digest: String,
    roles: Option<Vec<Role>>,
}

/// Asks every instance.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Roles::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(2, 20)
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME]
    }

    fn targets(&self, world: &Snapshot) -> Vec<Target> {
        instances(world)
    }

    fn ready(&self, target: &Target, world: &Snapshot) -> bool {
        settled(world, target)
    }

    async fn ask(&self, doors: &Doors, target: &Target, world: &Snapshot) -> Result<Sealed, Fault> {
        let server = asked(world, target)?;
        let before = world.get::<Roles>(target).map(|seen| seen.value);
        let known = Param::Text(before.map(|roles| roles.digest.clone()).unwrap_or_default());
        let reply = doors.servers.json::<Reply>(&server, None, SQL, &[known]).await?.value;
        let kept = || before.map(|roles| roles.roles.clone()).unwrap_or_default();
        Ok(Sealed::of(Roles {
            standby: reply.standby,
            digest: reply.digest,
            roles: reply.roles.unwrap_or_else(kept),
        }))
    }
}
