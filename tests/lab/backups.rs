//! What the lab keeps of itself, and the deploy that only a restore heals.

use std::{
    fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value as Json;
use tenantry::{
    config::{self, Flags, Places},
    model::{Fleet, Instance},
    provider::postgres::{Login, Manner, Session},
};
use tokio::runtime::Runtime;

use super::{
    status,
    support::{SharedLab, shared, told},
};

const PATIENCE: Duration = Duration::from_secs(30);

fn fleet(lab: &SharedLab) -> Fleet {
    let flags = Flags {
        fleet: Some(lab.fleet()),
        ..Flags::default()
    };
    let settings = config::load(&Places::of_process(flags)).expect("the lab's fleet file is right");
    settings.fleet
}

/// The lab's superuser.
struct Superuser<'a> {
    lab: &'a SharedLab,
    fleet: Fleet,
    runtime: Runtime,
}

impl<'a> Superuser<'a> {
    fn of(lab: &'a SharedLab) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Self {
            lab,
            fleet: fleet(lab),
            runtime: runtime.unwrap(),
        }
    }

    /// Runs statements on the primary of an instance, then asks for one number.
    fn number(&self, instance: &str, database: &str, first: &str, ask: &str) -> i64 {
        let primary = format!("{instance}-a");
        let mut servers = self.fleet.instances.iter().flat_map(|instance| &instance.servers);
        let server = servers.find(|server| server.name == primary).unwrap();
        let password = fs::read_to_string(self.lab.dir().join("secrets/postgres")).unwrap();
        let login = Login {
            user: "postgres".into(),
            password: password.trim().into(),
        };
        self.runtime.block_on(async {
            let session = Session::open(server, database, &login, Manner::Plain).await.unwrap();
            session.batch(first).await.unwrap();
            session.column::<i64>(ask, &[]).await.unwrap()[0]
        })
    }
}

fn info(instance: &Instance) -> Json {
    let words = instance.backups.as_ref().unwrap().command(&["--output=json", "info"]);
    let output = Command::new(&words[0]).args(&words[1..]).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_log_is_archived_and_every_instance_has_a_full_and_an_incremental_backup() {
    let lab = shared();
    let _turn = lab.turn();
    let superuser = Superuser::of(lab);
    let archived = "SELECT archived_count FROM pg_stat_archiver";
    let switch = "SELECT pg_logical_emit_message(true, 'test', 'marker'); SELECT pg_switch_wal()";
    for instance in &superuser.fleet.instances {
        let name = instance.name.as_str();
        let before = superuser.number(name, "postgres", "", archived);
        superuser.number(name, "postgres", switch, archived);
        let start = Instant::now();
        while superuser.number(name, "postgres", "", archived) <= before {
            assert!(start.elapsed() < PATIENCE, "{name} archives nothing");
            thread::sleep(Duration::from_millis(50));
        }
        let info = info(instance);
        assert_eq!(info[0]["status"]["code"], 0, "{info:#}");
        let backups = info[0]["backup"].as_array().unwrap();
        let kinds: Vec<&str> = backups.iter().filter_map(|backup| backup["type"].as_str()).collect();
        assert!(kinds.starts_with(&["full", "incr"]), "{name}: {kinds:?}");
    }
}

/// A tenant of each model: how it is named, its instance, its database, its schema, what tells its rows.
const TENANTS: [(&str, &str, &str, &str, &str); 4] = [
    (
        "Trey Research",
        "atlas",
        "orders",
        "public",
        "tenant_id = md5('tenant/Trey Research')::uuid",
    ),
    ("trey_research", "atlas", "suite", "t_trey_research", "true"),
    (
        "boreas/tenant_cafe_dore/cafe_dore",
        "boreas",
        "tenant_cafe_dore",
        "public",
        "true",
    ),
    ("acme", "acme", "shop", "public", "true"),
];

#[test]
fn a_bad_deploy_harms_one_tenant_after_the_moment_that_is_told() {
    let lab = shared();
    let _turn = lab.turn();
    let superuser = Superuser::of(lab);
    for (tenant, instance, database, schema, mine) in TENANTS {
        let count = |what: &str| {
            let path = format!("SET search_path = {schema}");
            superuser.number(instance, database, &path, &format!("SELECT count(*) FROM {what}"))
        };
        let others = || count(&format!("customer WHERE NOT ({mine}) AND name <> 'Later'"));
        let (had, around) = (count(&format!("customer WHERE {mine}")), others());
        let made = lab.run(&["fault", "botch", tenant]);
        assert!(made.status.success(), "{}", told(&made));
        let fault = status(lab)["faults"][0].clone();
        let before = fault["kept"]["before"].as_str().unwrap();
        assert!(told(&made).contains(before), "{}", told(&made));

        assert!(
            count(&format!("customer WHERE {mine}")) < had,
            "{tenant}: nothing is gone"
        );
        assert_eq!(others(), around, "{tenant}: others have lost something");
        let botched = format!("customer WHERE {mine} AND name LIKE 'customer %'");
        assert!(count(&botched) > 0, "{tenant}: nothing is changed");
        // Not one of them was committed by the moment that is told.
        let early = format!("{botched} AND pg_xact_commit_timestamp(xmin) <= '{before}'");
        assert_eq!(count(&early), 0, "{tenant}");
        let orphans =
            format!("orders o WHERE {mine} AND NOT EXISTS (SELECT FROM customer c WHERE c.id = o.customer_id)");
        assert_eq!(count(&orphans), 0, "{tenant}");
        assert_eq!(
            count(&format!("customer WHERE {mine} AND name = 'Later'")),
            1,
            "{tenant}"
        );
        if mine != "true" {
            assert!(count(&format!("customer WHERE NOT ({mine}) AND name = 'Later'")) >= 2);
        }
        let healed = lab.run(&["heal", "botch"]);
        assert!(told(&healed).contains("restoring the tenant is what heals it"));
    }
}

#[test]
fn a_name_that_several_tenants_have_is_refused_with_their_places() {
    let lab = shared();
    let refused = lab.run(&["fault", "botch", "prod"]);
    assert!(!refused.status.success());
    let wanted = "one of atlas/orders/prod, boreas/tenant_prod/prod";
    assert!(told(&refused).contains(wanted), "{}", told(&refused));
}
