//! A small fleet with planted credentials, for the tests of this room and of the rooms that judge and show it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::pair::LEEWAY;
use crate::{
    facts::{
        engine::{Connection, Connections, DynamicRole, DynamicRoles, Read, StaticRole, StaticRoles},
        leases::{Lease, Leases, Terms},
        roles::{Role, Roles},
        sessions::{Session, Sessions},
        token::Token,
        vault::{Dialect, VaultState},
    },
    model::{Fault, Fleet, Instance, Server, Target, Text, TlsMode},
    store::{Fact, Sealed, Snapshot},
};

/// When everything happens.
pub const NOW: i64 = 1_795_500_000;

/// A moment, this many seconds from [`NOW`].
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW + seconds).expect("a moment")
}

/// What the servers say.
pub struct Planted {
    pub vault: VaultState,
    pub token: Token,
    pub leases: Leases,
    pub dynamic: DynamicRoles,
    pub statics: StaticRoles,
    pub connections: Connections,
    pub roles: Roles,
    pub sessions: Vec<Session>,
}

fn read<T>(value: T) -> Read<T> {
    Read {
        value,
        at: at(0),
        fault: None,
    }
}

impl Planted {
    /// A fleet that is well: two dynamic roles, a static one, no lease yet.
    pub fn well() -> Self {
        let hour = SignedDuration::from_hours(1);
        let dynamic = |default_ttl| {
            read(DynamicRole {
                connection: Some("atlas".into()),
                default_ttl,
                max_ttl: Some(hour),
                creates: true,
                ends: true,
                revokes: true,
            })
        };
        let connection = Connection {
            hosts: vec!["127.0.0.1".into()],
            tls: Some("disable".into()),
            ..Connection::default()
        };
        let watch = StaticRole {
            connection: Some("atlas".into()),
            username: Some("watcher".into()),
            period: Some(hour * 24),
            schedule: None,
            rotated: Some(at(-600)),
        };
        Self {
            vault: unsealed(),
            token: approle(),
            leases: Leases {
                listed: at(0),
                ..Leases::default()
            },
            dynamic: DynamicRoles(
                [
                    ("db-admin".into(), dynamic(Some(SignedDuration::from_secs(300)))),
                    ("runtime-user".into(), dynamic(Some(SignedDuration::from_secs(1800)))),
                ]
                .into(),
            ),
            statics: StaticRoles([("watch-atlas".into(), read(watch))].into()),
            connections: Connections([("atlas".into(), read(connection))].into()),
            roles: Roles {
                roles: vec![role("postgres", None), role("watcher", None)],
                ..Roles::default()
            },
            sessions: Vec::new(),
        }
    }

    /// A lease that was issued this many seconds ago, without its role. Returns the end of its id.
    pub fn lease(&mut self, role: &str, ago: i64, ttl: i64) -> String {
        let short = format!("{:024}", self.leases.leases.len());
        let terms = Terms {
            issued: at(-ago),
            expires: Some(at(ttl - ago)),
            renewed: None,
            renewable: true,
            at: at(0),
        };
        let lease = Lease {
            role: role.into(),
            terms: Some(terms),
            irrevocable: None,
        };
        let id = format!("database/creds/{role}/{short}");
        self.leases.leases.insert(id.into(), lease);
        short
    }

    /// The role of a lease that was issued this many seconds ago. Returns its name.
    pub fn role(&mut self, of: &str, ago: i64, ttl: i64) -> Text {
        let short: String = of.chars().take(8).collect();
        let name = format!("v-approle-{short}-{:020}-{}", self.roles.roles.len(), NOW - ago);
        self.roles.roles.push(role(&name, Some(at(ttl - ago) + LEEWAY)));
        name.into()
    }

    /// A lease and its role.
    pub fn issue(&mut self, of: &str, ago: i64, ttl: i64) -> (String, Text) {
        (self.lease(of, ago, ttl), self.role(of, ago, ttl))
    }

    /// A session on the primary.
    pub fn session(&mut self, user: Option<&Text>) {
        self.sessions.push(Session {
            pid: i32::try_from(self.sessions.len()).expect("few") + 100,
            kind: "client backend".into(),
            user: user.cloned(),
            user_oid: Some(16400),
            started: Some(at(-120)),
            ..Session::default()
        });
    }

    /// The snapshot at [`NOW`], derived facts included.
    pub fn world(&self) -> Snapshot {
        let mut world = Snapshot::of(Arc::new(fleet()));
        world.taken = at(0);
        let (vault, atlas) = (Target::vault(), Target::instance("atlas"));
        put(&mut world, &vault, &self.vault);
        put(&mut world, &vault, &self.token);
        put(&mut world, &vault, &self.leases);
        put(&mut world, &vault, &self.dynamic);
        put(&mut world, &vault, &self.statics);
        put(&mut world, &vault, &self.connections);
        put(&mut world, &atlas, &self.roles);
        let sessions = Sessions {
            shifted: SignedDuration::ZERO,
            now: at(0),
            backends: 1,
            ours: 1,
            us: Some("watcher".into()),
            sessions: self.sessions.clone(),
            prepared: Vec::new(),
        };
        put(&mut world, &Target::server("atlas", "atlas-a"), &sessions);
        super::join::derive(&mut world);
        world
    }
}

/// A role that can log in.
pub fn role(name: &str, until: Option<Timestamp>) -> Role {
    Role {
        name: name.into(),
        login: true,
        valid_until: until,
        ..Role::default()
    }
}

/// Something is no longer answered, for this long by now.
pub fn silence(world: &mut Snapshot, fact: &'static str, target: &Target, fault: &Fault, seconds: i64) {
    world.taken = at(seconds);
    world.take(fact, target, at(seconds), Err(fault.clone()));
    super::join::derive(world);
}

/// Hands a fact in.
pub fn put<T: Fact + Clone>(world: &mut Snapshot, target: &Target, fact: &T) {
    let now = world.taken;
    world.take(T::NAME, target, now, Ok(Sealed::of(fact.clone())));
}

fn fleet() -> Fleet {
    let server = Server {
        name: "atlas-a".into(),
        host: "127.0.0.1".into(),
        port: 5432,
        zone: None,
        tls: TlsMode::Disable,
        ca: None,
    };
    let atlas = Instance {
        name: "atlas".into(),
        servers: vec![server],
        database: "postgres".into(),
        vault_connection: Some("atlas".into()),
        operate_connection: None,
        tenancies: Vec::new(),
        backups: None,
    };
    Fleet {
        tracks: Vec::new(),
        name: "planted".into(),
        vault: Some("database".into()),
        instances: vec![atlas],
        ..Fleet::default()
    }
}

fn unsealed() -> VaultState {
    VaultState {
        address: "http://127.0.0.1:8200".into(),
        namespace: None,
        mount: "database".into(),
        version: "2.7.2".into(),
        dialect: Dialect::OpenBao,
        initialized: true,
        sealed: false,
        seal: None,
        standby: false,
        cluster: None,
        skew: 0,
    }
}

fn approle() -> Token {
    Token {
        name: "approle".into(),
        path: "auth/approle/login".into(),
        policies: vec!["default".into(), "watch".into()],
        issued: Some(at(-60)),
        ends: Some(at(840)),
        life: Some(SignedDuration::from_secs(900)),
        renewable: true,
        uses: None,
        orphan: true,
    }
}
