//! A fleet of one instance, and what its repository and its primary say.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use tenantry::{
    facts::{
        backups::{Catalogue, Standing, standing, verified},
        pulse::Pulse,
        runs::Runs,
        server::Setup,
        tenants::Tenants,
    },
    findings::{self, Report},
    model::{Environment, Fault, Fleet, Instance, Kind, Row, Server, Severity, Stanza, Target, TlsMode, Value},
    store::{Fact, Sealed, Snapshot},
    views,
};

use crate::settings;

/// The cluster of which the recorded answers tell.
pub const SYSTEM: &str = "7712505840900333366";

/// A moment on the day of the recorded answers.
pub fn at(time: &str) -> Timestamp {
    format!("2026-11-26T{time}Z").parse().unwrap()
}

pub struct Scene {
    pub world: Snapshot,
    pub catalogue: Catalogue,
    pub pulse: Pulse,
    pub system: &'static str,
    pub archive_mode: &'static str,
    pub fault: Option<Fault>,
    pub runs: Json,
}

impl Scene {
    /// Ten minutes after the recorded answers; all is well with the log, and every restore was tried.
    pub fn of(stanza: Stanza) -> Self {
        let last = stanza.archives.iter().filter_map(|archive| archive.last.clone()).max();
        let mut pulse = Pulse::default();
        pulse.archiver.archived_at = Some(at("15:50:00"));
        let all = [tenant("t_acme"), tenant("t_blue")];
        let tried = run("verify-restore", "done", "ended", &all, SignedDuration::from_hours(1));
        let mut world = Snapshot::of(Arc::new(fleet()));
        world.taken = at("15:52:00");
        Self {
            world,
            catalogue: Catalogue { stanza, archived: last },
            pulse,
            system: SYSTEM,
            archive_mode: "on",
            fault: None,
            runs: json!({ "runs": [tried], "older": 0 }),
        }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The world after all have said what they would.
    pub fn world(&self) -> Snapshot {
        let mut world = self.world.clone();
        let (atlas, server, fleet) = (
            Target::instance("atlas"),
            Target::server("atlas", "atlas-a"),
            Target::fleet(),
        );
        let asked = at("15:51:00");
        world.take(Pulse::NAME, &server, asked, Ok(Sealed::of(self.pulse.clone())));
        world.take(Setup::NAME, &server, asked, Ok(Sealed::of(self.setup())));
        world.take(Catalogue::NAME, &atlas, asked, Ok(Sealed::of(self.catalogue.clone())));
        if let Some(fault) = &self.fault {
            world.take(Catalogue::NAME, &atlas, asked, Err(fault.clone()));
        }
        world.take(Tenants::NAME, &fleet, asked, Ok(Sealed::of(tenants())));
        let runs: Runs = serde_json::from_value(self.runs.clone()).unwrap();
        world.take(Runs::NAME, &fleet, asked, Ok(Sealed::of(runs)));
        findings::judge(&mut world);
        world
    }

    fn setup(&self) -> Setup {
        let setup = json!({
            "system": self.system, "version": "15.18", "number": 150_018, "pending": [], "progress": [],
            "settings": {
                "max_connections": 100, "superuser_reserved": 3, "reserved": null, "max_prepared": 0, "max_locks": 64,
                "slot_keep_mb": -1, "apply_delay_ms": 0, "primary_slot": null, "hot_standby": true,
                "hot_standby_feedback": false, "synchronous_standbys": "", "synchronous_commit": "on",
                "wal_level": "replica", "archive_mode": self.archive_mode, "data_checksums": true,
                "freeze_max_age": 200_000_000, "multixact_freeze_max_age": 400_000_000,
                "track_commit_timestamp": true, "restore_command": false,
            },
            "access": {
                "role": "watcher", "superuser": false, "monitor": true, "read_all_stats": true,
                "read_all_settings": true, "wal": true, "files": true,
            },
            "statements": { "loaded": true, "version": "1.10" },
        });
        serde_json::from_value(setup).unwrap()
    }

    /// What is found of backups: the check, how bad, what.
    pub fn found(&self) -> Vec<(String, Severity, String)> {
        let world = self.world();
        let report = world.get::<Report>(&Target::fleet()).unwrap().value;
        let ours = report
            .findings
            .iter()
            .filter(|finding| finding.view.starts_with("backups "));
        ours.map(|finding| (finding.check.clone(), finding.severity, finding.what.clone()))
            .collect()
    }

    /// The names of the checks that find something, but for restores that were never tried.
    pub fn checks(&self) -> Vec<(String, Severity)> {
        let found = self
            .found()
            .into_iter()
            .filter(|(check, ..)| check != "restore-untested");
        found.map(|(check, severity, _)| (check, severity)).collect()
    }

    /// A cell of the instance's own row, in words, with how bad it is.
    pub fn cell(&self, column: &str) -> (String, Severity) {
        cell(&self.world(), &Target::instance("atlas"), column)
    }

    pub fn standing<T>(&self, ask: impl FnOnce(&Standing<'_>) -> T) -> T {
        let world = self.world();
        ask(&standing::of(&world, "atlas").expect("it was seen"))
    }
}

/// A cell of the view, in words, with how bad it is.
pub fn cell(world: &Snapshot, target: &Target, column: &str) -> (String, Severity) {
    let view = views::find("backups").unwrap();
    let table = view.table(world);
    let at = view.columns().iter().position(|known| known.name == column).unwrap();
    let row: &Row = table.rows.iter().find(|row| row.target == *target).unwrap();
    let cell = &row.cells[at];
    let words = match &cell.value {
        Value::Unseen(why) => format!("? {why}"),
        value => value.words(world.taken),
    };
    (words, cell.severity)
}

pub fn tenant(id: &str) -> Target {
    Target::new(Kind::Tenant, ["atlas", "suite", id])
}

fn tenants() -> Tenants {
    let of = |id: &str| {
        json!({
            "target": tenant(id), "name": id, "model": "schema", "size": { "exact": 7 }, "relations": 3, "rows": 9,
            "at": at("15:51:00"), "fault": null,
        })
    };
    let all = json!({ "tenants": [of("t_acme"), of("t_blue")], "unseen": [], "complete": true, "from": [] });
    serde_json::from_value(all).unwrap()
}

/// A run of an operation on tenants, which ended like this so long ago.
pub fn run(operation: &str, state: &str, stand: &str, targets: &[Target], ago: SignedDuration) -> Json {
    let last = at("15:52:00") - ago;
    json!({
        "id": "r", "state": state, "severity": "ok", "why": null, "lives": false, "open": false, "stand": stand,
        "aborts": false, "persons": [], "back": { "count": 0, "first": [] }, "stays": { "count": 0, "first": [] },
        "operation": operation, "title": "", "targets": targets, "digest": "", "said": [], "carrier": "", "began": last,
        "last": last, "done": 1, "total": 1, "steps": [], "notes": [],
    })
}

/// A run that has verified an instance so long ago; where it failed, why.
pub fn verification(instance: &str, why: Option<&str>, ago: SignedDuration) -> Json {
    let state = if why.is_some() { "failed" } else { "done" };
    let mut run = run(verified::OPERATION, state, "ended", &[Target::instance(instance)], ago);
    run["steps"] =
        json!([{ "number": 1, "name": verified::step(instance), "state": state, "severity": "ok", "why": why }]);
    run
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
    let instance = |name: &str, backups| Instance {
        name: name.into(),
        servers: vec![server.clone()],
        database: "postgres".into(),
        vault_connection: None,
        operate_connection: None,
        tenancies: Vec::new(),
        backups,
    };
    Fleet {
        name: "test".into(),
        environment: Environment::Staging,
        instances: vec![instance("atlas", Some(settings(&[]))), instance("boreas", None)],
        vault: None,
        onboarding: None,
        tracks: Vec::new(),
    }
}
