//! Applications at work: a few statements a second as many tenants, through leases that come and go.

use std::{
    future::pending,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures_util::future::join_all;
use nix::sys::signal::Signal;
use secrecy::SecretString;
use serde_json::{Value as Json, json};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{sleep, timeout},
};

use super::{
    Lab,
    component::{Component, Part, Stage},
    ground::{self, Ground},
    openbao, say,
    work::Work,
};
use crate::{
    model::{Fault, FaultKind},
    provider::{
        postgres::{Login, Manner, Session},
        vault::{Method, Vault},
    },
};

const NAME: &str = "traffic";
/// Between two deeds of one application.
const BEAT: Duration = Duration::from_millis(700);
/// After a failure, and between looks at whether the lab still wants us.
const PAUSE: Duration = Duration::from_secs(1);
/// A lease is given back after at most this long; half of that at least.
const TENURE: Duration = Duration::from_mins(3);
/// Longest that a deed may take before its session is given up.
const PATIENCE: Duration = Duration::from_secs(8);

/// The process that plays them.
pub struct Traffic;

#[async_trait]
impl Component for Traffic {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn make(&self, ground: &Ground, stage: Stage) -> Result<(), Fault> {
        match stage {
            Stage::Use => self.start(ground).await,
            Stage::Servers | Stage::Contents | Stage::Copies => Ok(()),
        }
    }

    async fn start(&self, ground: &Ground) -> Result<(), Fault> {
        let record = ground.record(NAME);
        if record.running().is_some() {
            return Ok(());
        }
        record.start(ground.own(&[NAME]), &ground.log(NAME)).map(drop)
    }

    async fn stop(&self, ground: &Ground) -> Result<(), Fault> {
        if ground
            .record(NAME)
            .stop(Signal::SIGTERM, Duration::from_secs(4))
            .await?
        {
            say::line(NAME, "stopped");
        }
        Ok(())
    }

    async fn status(&self, ground: &Ground) -> Vec<Part> {
        let pid = ground.record(NAME).running().map(|running| running.pid);
        let state = if pid.is_some() { "up" } else { "down" };
        vec![Part::process(NAME, pid, None, state)]
    }
}

impl Lab {
    /// The body of the hidden subcommand `lab traffic`: plays until it is told to stop or its lab is gone.
    pub async fn traffic(&self) -> Result<(), Fault> {
        let ground = self.built()?;
        let vault = openbao::door(&ground, openbao::APPLICATION)?;
        let plays = Work::all(&ground).into_iter().map(|work| play(&ground, &vault, work));
        tokio::select! {
            _ = join_all(plays) => {}
            () = migrate(&vault) => {}
            () = dismissed(&ground) => {}
        }
        // Ends every lease that this token got. Where the server is gone or sealed they end by themselves.
        let leave = vault.call(Method::Post, "auth/token/revoke-self", None);
        let _ = timeout(Duration::from_secs(2), leave).await;
        Ok(())
    }
}

/// Returns on SIGTERM, or when the lab no longer counts on this process.
async fn dismissed(ground: &Ground) {
    let told = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => pending().await,
        }
    };
    let forgotten = async {
        let own = i32::try_from(std::process::id()).ok();
        sleep(PAUSE).await;
        while ground.record(NAME).running().map(|running| running.pid) == own {
            sleep(PAUSE).await;
        }
    };
    tokio::select! { () = told => {} () = forgotten => {} }
}

/// One application, for ever. Whatever fails is tried again.
async fn play(ground: &Ground, vault: &Vault, work: Work) {
    let mut held: Option<Lease> = None;
    loop {
        let fresh = held.as_ref().is_some_and(|lease| Instant::now() < lease.until);
        if !fresh
            && let Ok(lease) = Lease::take(vault, work.instance).await
            && let Some(old) = held.replace(lease)
        {
            old.give_back(vault).await;
        }
        // While the secrets server cannot be asked, the old lease is good as long as the database takes it.
        let failed = match &held {
            Some(lease) => shift(ground, &work, lease).await.is_err(),
            None => true,
        };
        if failed {
            sleep(PAUSE.mul_f64(1.0 + fastrand::f64())).await;
        }
    }
}

/// Works on one session for as long as the lease, or until the work wants another database.
async fn shift(ground: &Ground, work: &Work, lease: &Lease) -> Result<(), Fault> {
    let database = work.database();
    let server = ground::cluster(work.instance)?.primary.server(ground.memory.port_base);
    let session = Session::open(&server, &database, &lease.login, Manner::Plain).await?;
    session
        .batch("SET statement_timeout = '5s'; SET lock_timeout = '2s'")
        .await?;
    let end = lease.until.min(Instant::now() + work.stay());
    while Instant::now() < end {
        let late = |_| Fault::new(FaultKind::Timeout, "no answer");
        let deed = work.deed();
        timeout(PATIENCE, session.batch(&deed)).await.map_err(late)??;
        sleep(BEAT.mul_f64(0.5 + fastrand::f64())).await;
    }
    Ok(())
}

/// Every few minutes somebody takes a lease to change a schema with, and lets it run out.
async fn migrate(vault: &Vault) {
    loop {
        let _ = vault.read("database/creds/atlas-db-admin").await;
        sleep(Duration::from_secs(200)).await;
    }
}

/// A login that ends.
struct Lease {
    id: String,
    login: Login,
    until: Instant,
}

impl Lease {
    async fn take(vault: &Vault, instance: &str) -> Result<Self, Fault> {
        let role = openbao::role(instance, "runtime-user");
        let mut answer = vault.read(&format!("database/creds/{role}")).await?;
        let mut text = |pointer: &str| match answer.pointer_mut(pointer).map(Json::take) {
            Some(Json::String(text)) => Ok(text),
            _ => Err(Fault::new(
                FaultKind::Malformed,
                format!("{role}: the answer has no {pointer}"),
            )),
        };
        Ok(Self {
            id: text("/lease_id")?,
            login: Login {
                user: text("/data/username")?,
                password: SecretString::from(text("/data/password")?),
            },
            until: Instant::now() + TENURE.mul_f64(0.5 + fastrand::f64() / 2.0),
        })
    }

    async fn give_back(self, vault: &Vault) {
        let body = json!({ "lease_id": self.id });
        // If it cannot be given back now it runs out.
        let _ = vault.call(Method::Put, "sys/leases/revoke", Some(&body)).await;
    }
}
