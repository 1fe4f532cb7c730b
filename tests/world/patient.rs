//! An instance in good health, and one thing at a time that is not.

use serde_json::{Value as Json, json};
use tenantry::{
    facts::{databases::Databases, pulse::Pulse, server::Setup, sessions::Sessions, upkeep::Upkeep},
    findings::{Finding, Report},
    model::Target,
    store::{Fact, Sealed},
};

use crate::scene::{Scene, at, primary, standby, well};

/// What each part would say.
pub struct Patient {
    pub pulse: Pulse,
    pub setup: Setup,
    pub sessions: Sessions,
    pub databases: Databases,
    pub upkeep: Upkeep,
    /// Second at which all this is heard.
    pub second: u64,
}

pub fn read<T: serde::de::DeserializeOwned>(json: Json) -> T {
    serde_json::from_value(json).expect("a fact")
}

impl Patient {
    pub fn healthy() -> Self {
        let database = json!({
            "name": "orders", "oid": 16384, "owner": "app_owner", "template": false, "connectable": true, "limit": -1,
            "granted": true, "xid_age": 1000, "multixact_age": 5,
            "collation": { "recorded": "2.36", "actual": "2.36" }, "counters": { "checksum_failures": 0 },
        });
        Self {
            pulse: well(0).0,
            setup: read(json!({
                "system": "77", "version": "15.18", "number": 150_018, "pending": [], "progress": [],
                "settings": {
                    "max_connections": 100, "superuser_reserved": 3, "reserved": null, "max_prepared": 0,
                    "max_locks": 64, "slot_keep_mb": -1, "apply_delay_ms": 0, "primary_slot": null,
                    "hot_standby": true, "hot_standby_feedback": false, "synchronous_standbys": "",
                    "synchronous_commit": "on", "wal_level": "replica", "archive_mode": "on", "data_checksums": true,
                    "freeze_max_age": 200_000_000, "multixact_freeze_max_age": 400_000_000,
                    "track_commit_timestamp": true, "restore_command": false,
                },
                "access": {
                    "role": "watcher", "superuser": false, "monitor": true, "read_all_stats": true,
                    "read_all_settings": true, "wal": true, "files": true,
                },
                "statements": { "loaded": true, "version": "1.10" },
                "wal": { "Ok": { "files": 2, "size": 33_554_432, "ready": 0 } },
                "files": { "Ok": [] },
            })),
            sessions: read(json!({ "now": at(0), "backends": 10, "ours": 2, "sessions": [], "prepared": [] })),
            databases: read(json!({
                "now": at(0), "limits": [{ "role": "app", "oid": 10, "limit": 3 }], "databases": [database],
                "shared_checksum_failures": 0,
            })),
            upkeep: read(json!({
                "relations": 400, "constraints": 0, "invalid_count": 0, "invalid": [],
                "acl": { "schema": "public", "relation": "orders", "bytes": 90 },
                "sequences": { "Ok": { "near": [], "hidden": 0, "read": 4, "resume": 0, "rounds": 1 } },
            })),
            second: 0,
        }
    }

    /// The same, changed.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The world after all have been heard.
    pub fn scene(&self) -> Scene {
        let mut scene = Scene::new();
        let moment = at(self.second.try_into().unwrap());
        scene.hear(self.second, &primary(), Ok(self.pulse.clone()));
        scene.hear(self.second, &standby(), Ok(well(0).1));
        let mut hear = |fact, target: &Target, said| scene.world.take(fact, target, moment, Ok(said));
        hear(Setup::NAME, &primary(), Sealed::of(self.setup.clone()));
        hear(Sessions::NAME, &primary(), Sealed::of(self.sessions.clone()));
        hear(
            Databases::NAME,
            &Target::instance("atlas"),
            Sealed::of(self.databases.clone()),
        );
        hear(
            Upkeep::NAME,
            &Target::database("atlas", "orders"),
            Sealed::of(self.upkeep.clone()),
        );
        scene.judge(self.second);
        scene
    }

    /// What is found, worst first.
    pub fn found(&self) -> Vec<String> {
        self.scene().found()
    }

    /// The only finding there is.
    pub fn finding(&self) -> Finding {
        let scene = self.scene();
        let report = scene.world.get::<Report>(&Target::fleet()).expect("judged").value;
        match report.findings.as_slice() {
            [finding] => finding.clone(),
            findings => panic!("not one finding: {findings:#?}"),
        }
    }
}
