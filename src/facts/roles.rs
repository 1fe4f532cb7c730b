//! The roles of an instance: what each may do, whom it belongs to, and when its password ends.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{instances, pulse::Pulse, settled, spokesman};
use crate::{
    model::{Fault, FaultKind, Target, Text},
    provider::Doors,
    store::{Fact, Pace, Probe, Sealed, Snapshot},
};

/// Columns as in PostgreSQL 13 to 18. An end beyond the calendar is never; what is before it has passed.
const SQL: &str = "\
select json_build_object('standby', pg_is_in_recovery(), 'roles', coalesce(json_agg(json_build_object(
    'oid', r.oid::bigint, 'name', r.rolname, 'login', r.rolcanlogin, 'superuser', r.rolsuper,
    'bypass_rls', r.rolbypassrls, 'inherit', r.rolinherit, 'create_role', r.rolcreaterole,
    'replication', r.rolreplication, 'connection_limit', r.rolconnlimit,
    'valid_until', case when r.rolvaliduntil < '9999-01-01+00' then greatest(r.rolvaliduntil, '0001-01-02+00') end,
    'member_of', coalesce(m.roles, '{}'))), '[]'))
from pg_roles r
left join (select member, array_agg(roleid::bigint order by roleid) as roles from pg_auth_members group by member) m
  on m.member = r.oid";

/// Every role of an instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Roles {
    /// They were read from a standby: one may have come or gone since.
    pub standby: bool,
    /// In no order.
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
    /// Has the rights of the roles it is a member of without asking.
    pub inherit: bool,
    /// May make other roles.
    pub create_role: bool,
    /// May stream the log.
    pub replication: bool,
    /// Sessions it may have; -1 is no limit.
    pub connection_limit: i32,
    /// When its password ends; none where it never does.
    pub valid_until: Option<Timestamp>,
    /// Roles that it is a direct member of, by oid.
    pub member_of: Vec<u32>,
}

impl Fact for Roles {
    const NAME: &'static str = "roles";
}

/// Asks every instance.
pub struct Ask;

#[async_trait]
impl Probe for Ask {
    fn name(&self) -> &'static str {
        Roles::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(3, 20)
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
        let absent = || Fault::new(FaultKind::Unreachable, "no server of the instance answers");
        let server = spokesman(world, target).ok_or_else(absent)?;
        Ok(Sealed::of(
            doors.servers.json::<Roles>(&server, None, SQL, &[]).await?.value,
        ))
    }
}
