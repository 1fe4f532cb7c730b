//! What the secrets server and the instances say, opened side by side.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::pair::{Account, Issued};
use crate::{
    facts::{
        engine::{Connections, DynamicRole, DynamicRoles},
        leases::{Lease, Leases},
        roles::Roles,
        vault::VaultState,
    },
    model::{Instance, Target, Text},
    store::{Known, Seen, Snapshot},
};

/// The secrets server's side.
pub struct Engine<'a> {
    world: &'a Snapshot,
    roles: Option<Seen<'a, DynamicRoles>>,
    connections: Option<Seen<'a, Connections>>,
    server: Option<&'a VaultState>,
    /// The leases.
    pub leases: Option<Seen<'a, Leases>>,
}

/// One instance's side: its roles.
pub struct Book {
    /// Every role.
    pub accounts: Vec<Account>,
    /// When they were read.
    pub at: Timestamp,
    /// They are the primary's and not old. Otherwise a role may have come or gone since.
    pub fresh: bool,
}

impl Book {
    /// Whether there is a role of this name.
    pub fn has(&self, name: &Text) -> bool {
        self.accounts.iter().any(|account| account.name == *name)
    }
}

impl<'a> Engine<'a> {
    /// Opens it.
    pub fn of(world: &'a Snapshot) -> Self {
        let vault = Target::vault();
        Self {
            world,
            roles: world.get(&vault),
            connections: world.get(&vault),
            server: world.get::<VaultState>(&vault).map(|seen| seen.value),
            leases: world.get(&vault),
        }
    }

    /// Whether what it says is of now.
    pub fn is_fresh(&self) -> bool {
        self.leases.is_some_and(|seen| seen.fault.is_none())
    }

    /// A moment of the secrets server's clock, on ours.
    pub fn on_our_clock(&self, theirs: Timestamp) -> Timestamp {
        self.server.map_or(theirs, |server| server.on_our_clock(theirs))
    }

    /// The instance that a lease of this role opens; else why it is not known.
    pub fn place(&self, role: &Text) -> Result<&'a Instance, Text> {
        let known = self.role(role);
        let known = known.ok_or_else(|| Text::from("the definition of its role was not read, or is gone"))?;
        self.instance(known.connection.as_ref())
    }

    /// What pairing needs of a lease; none where it was not looked up.
    pub fn issued(&self, lease: &Lease) -> Option<Issued> {
        let terms = lease.terms.as_ref()?;
        let connection = self.role(&lease.role).and_then(|role| role.connection.as_ref());
        Some(Issued {
            role: lease.role.clone(),
            at: terms.issued,
            expires: terms.expires,
            own_template: self.has_own_template(connection),
        })
    }

    /// A dynamic role by its name.
    pub fn role(&self, name: &Text) -> Option<&'a DynamicRole> {
        self.roles?.value.0.get(name).map(|read| &read.value)
    }

    /// The instance behind a connection; else why there is none.
    pub fn instance(&self, connection: Option<&Text>) -> Result<&'a Instance, Text> {
        let name = connection.ok_or_else(|| Text::from("the engine does not say which connection it uses"))?;
        let named = |instance: &&Instance| instance.is_reached_by(name.raw());
        let found = self.world.fleet.instances.iter().find(named);
        found.ok_or_else(|| format!("no instance of the fleet file uses the connection {name}").into())
    }

    fn has_own_template(&self, connection: Option<&Text>) -> bool {
        let known = || self.connections?.value.0.get(connection?);
        known().is_some_and(|read| read.value.template.is_some())
    }
}

/// The books of every instance that the engine has a connection to; else why one cannot be read.
pub fn books(world: &Snapshot) -> BTreeMap<Text, Result<Book, Text>> {
    let instances = world.fleet.instances.iter();
    let connected = instances.filter(|instance| instance.vault_connection.is_some());
    connected
        .map(|instance| (Text::from(instance.name.as_str()), open(world, instance)))
        .collect()
}

fn open(world: &Snapshot, instance: &Instance) -> Result<Book, Text> {
    let target = Target::instance(&instance.name);
    let seen = match world.known::<Roles>(&target) {
        Known::Waiting => return Err("not asked yet".into()),
        Known::Silent(fault) => return Err(fault.what.clone()),
        Known::Seen(seen) => seen,
    };
    Ok(Book {
        accounts: seen
            .value
            .roles
            .iter()
            .map(|role| Account {
                name: role.name.clone(),
                until: role.valid_until,
                login: role.login,
            })
            .collect(),
        at: seen.at,
        fresh: seen.fault.is_none() && !seen.value.standby,
    })
}
