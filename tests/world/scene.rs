//! A small instance whose servers say what a test lets them say.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tenantry::{
    facts::{
        self,
        pulse::{Pulse, Receiver, Slot, Standby},
        replication::Replication,
    },
    findings::{self, Report},
    model::{Environment, Fault, FaultKind, Fleet, Instance, Lsn, Server, Target, TlsMode},
    store::{Fact, Sealed, Snapshot},
};

/// Where the primary is at second zero; it writes a kilobyte a second.
const START: u64 = 0x1000_0000;

pub fn at(second: i64) -> Timestamp {
    "2026-11-24T03:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

pub fn lsn(second: u64) -> Lsn {
    Lsn(START + second * 1024)
}

pub fn fleet() -> Fleet {
    let server = |name: &str| Server {
        name: name.into(),
        host: "127.0.0.1".into(),
        port: 5432,
        zone: Some("eu-1a".into()),
        tls: TlsMode::Disable,
        ca: None,
    };
    Fleet {
        tracks: Vec::new(),
        name: "test".into(),
        environment: Environment::Staging,
        instances: vec![Instance {
            name: "atlas".into(),
            servers: vec![server("atlas-a"), server("atlas-b")],
            database: "postgres".into(),
            vault_connection: None,
            operate_connection: None,
            tenancies: vec![],
            backups: None,
        }],
        vault: None,
        onboarding: None,
    }
}

pub fn primary() -> Target {
    Target::server("atlas", "atlas-a")
}

pub fn standby() -> Target {
    Target::server("atlas", "atlas-b")
}

/// The world after some seconds of what `say` lets the servers say at each of them.
pub struct Scene {
    pub world: Snapshot,
}

impl Scene {
    pub fn new() -> Self {
        let mut world = Snapshot::of(Arc::new(fleet()));
        for server in [primary(), standby()] {
            world.expect(Pulse::NAME, &server);
        }
        Self { world }
    }

    /// Every second from the first to the last, both servers say what they would if all were well, as changed by `say`.
    pub fn run(mut self, seconds: std::ops::RangeInclusive<u64>, say: impl Fn(u64, &mut Pulse, &mut Pulse)) -> Self {
        for second in seconds {
            let (mut leads, mut follows) = well(second);
            say(second, &mut leads, &mut follows);
            self.hear(second, &primary(), Ok(leads));
            self.hear(second, &standby(), Ok(follows));
            self.judge(second);
        }
        self
    }

    /// One server falls silent.
    pub fn silence(mut self, second: u64, server: &Target) -> Self {
        self.hear(
            second,
            server,
            Err(Fault::new(FaultKind::Unreachable, "connection refused")),
        );
        self.judge(second);
        self
    }

    pub fn hear(&mut self, second: u64, server: &Target, said: Result<Pulse, Fault>) {
        let moment = at(second.try_into().unwrap());
        self.world.take(Pulse::NAME, server, moment, said.map(Sealed::of));
    }

    pub fn judge(&mut self, second: u64) {
        self.world.taken = at(second.try_into().unwrap());
        facts::derive(&mut self.world);
        findings::judge(&mut self.world);
    }

    pub fn state(&self) -> tenantry::facts::replication::State {
        let replication = self
            .world
            .get::<Replication>(&Target::instance("atlas"))
            .expect("judged")
            .value;
        replication
            .standbys
            .iter()
            .find(|one| one.target == standby())
            .expect("configured")
            .state
            .clone()
    }

    /// The checks that found something, worst first.
    pub fn found(&self) -> Vec<String> {
        let report = self.world.get::<Report>(&Target::fleet()).expect("judged").value;
        report.findings.iter().map(tenantry::findings::Finding::id).collect()
    }
}

/// What both say when all is well.
pub fn well(second: u64) -> (Pulse, Pulse) {
    let now = at(second.try_into().unwrap());
    let sender = Standby {
        pid: 77,
        name: "atlas-b".into(),
        state: Some("streaming".into()),
        sync: Some("async".into()),
        sent: Some(lsn(second)),
        write: Some(lsn(second)),
        flush: Some(lsn(second)),
        replay: Some(lsn(second)),
        replied: Some(now),
        ..Standby::default()
    };
    let slot = Slot {
        name: "atlas_b".into(),
        kind: "physical".into(),
        active: true,
        active_pid: Some(77),
        restart: Some(lsn(second)),
        status: Some("reserved".into()),
        safe: Some(16 << 20),
        ..Slot::default()
    };
    let leads = Pulse {
        now,
        lsn: Some(lsn(second)),
        timeline: 1,
        standbys: vec![sender],
        slots: vec![slot],
        ..Pulse::default()
    };
    let follows = Pulse {
        now,
        recovery: true,
        timeline: 1,
        received: Some(lsn(second)),
        replayed: Some(lsn(second)),
        replay: Some("not paused".into()),
        reply_every: 1.0,
        receiver: Some(Receiver {
            status: "streaming".into(),
            slot: Some("atlas_b".into()),
            ..Receiver::default()
        }),
        ..Pulse::default()
    };
    (leads, follows)
}
