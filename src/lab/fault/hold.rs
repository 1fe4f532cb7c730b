//! Faults that are sessions: a small process of ours holds them until it is healed.

use std::{fs, path::PathBuf, time::Duration};

use nix::sys::signal::Signal;
use tokio::time::sleep;

use super::{block, flood_connections, idle_in_transaction};
use crate::{
    lab::{
        Lab, files,
        ground::{self, Ground},
        process,
        seed::{self, names},
    },
    model::{Fault, FaultKind, quote},
    provider::postgres::Session,
};

/// The role whose sessions these are.
const ROLE: &str = "orders_batch";
/// Longest until the sessions stand.
const READY: Duration = Duration::from_secs(20);

fn record_name(fault: &str, instance: &str) -> String {
    format!("hold-{fault}-{instance}")
}

/// Starts the process that holds the sessions of a fault, and waits until they stand.
pub async fn start(ground: &Ground, fault: &str, instance: &str) -> Result<(), Fault> {
    let name = record_name(fault, instance);
    let (record, log, ready) = (ground.record(&name), ground.log(&name), ready_file(ground, &name));
    record.start(ground.own(&["hold", fault, instance]), &log)?;
    let stands = process::wait(READY, || ready.exists() || record.running().is_none()).await;
    if stands && record.running().is_some() {
        return Ok(());
    }
    let said = process::last_lines(&files::read(&log).unwrap_or_default(), 3);
    let what = format!("{fault} {instance}: the sessions did not come about {said}");
    Err(Fault::new(FaultKind::Refused, what).hint(format!("tenantry lab heal {fault}")))
}

/// Ends the process, and its sessions with it.
pub async fn stop(ground: &Ground, fault: &str, instance: &str) -> Result<(), Fault> {
    let name = record_name(fault, instance);
    ground
        .record(&name)
        .stop(Signal::SIGTERM, Duration::from_secs(3))
        .await?;
    let ready = ready_file(ground, &name);
    if let Ok(text) = files::read(&ready) {
        end(ground, instance, &text).await;
    }
    // It is there only if the sessions stood.
    let _ = fs::remove_file(ready);
    Ok(())
}

/// A session that is busy or waits does not notice that nobody is there any more.
async fn end(ground: &Ground, instance: &str, pids: &str) {
    let role = quote::literal(ROLE);
    let sql =
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {role} AND pid IN ({pids})");
    if let Ok(cluster) = ground::cluster(instance)
        && let Ok(session) = ground.admin(&cluster.primary, "postgres").await
    {
        // Where the server cannot be asked there are no sessions either.
        let _ = session.batch(&sql).await;
    }
}

fn ready_file(ground: &Ground, name: &str) -> PathBuf {
    ground.path("run").join(format!("{name}.ready"))
}

impl Lab {
    /// The body of the hidden subcommand `lab hold`: holds the sessions of a fault until it is killed, or they are lost.
    pub async fn hold(&self, fault: &str, instance: &str) -> Result<(), Fault> {
        let ground = self.built()?;
        let sessions = match fault {
            block::NAME => block::sessions(&ground, instance).await?,
            idle_in_transaction::NAME => idle_in_transaction::sessions(&ground, instance).await?,
            flood_connections::NAME => flood_connections::sessions(&ground, instance).await?,
            _ => return Err(Fault::new(FaultKind::Refused, format!("{fault:?} holds no sessions"))),
        };
        let ready = ready_file(&ground, &record_name(fault, instance));
        let pids: Vec<String> = sessions.pids.iter().map(ToString::to_string).collect();
        files::private(&ready, &pids.join(","))?;
        let sessions = sessions.open;
        while sessions.iter().any(|session| !session.is_closed()) {
            sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    }
}

/// Sessions that are held, and the server's processes behind them.
#[derive(Default)]
pub struct Held {
    /// Those that this process can look at.
    pub open: Vec<Session>,
    /// All of them.
    pub pids: Vec<i32>,
}

impl Held {
    /// Adds a session, and leaves it to the caller to keep it open.
    pub async fn count(&mut self, session: &Session) -> Result<(), Fault> {
        let pids: Vec<i32> = session.column("SELECT pg_backend_pid()", &[]).await?;
        self.pids.extend(pids);
        Ok(())
    }

    /// Adds a session and keeps it open.
    pub async fn keep(&mut self, session: Session) -> Result<(), Fault> {
        self.count(&session).await?;
        self.open.push(session);
        Ok(())
    }
}

/// A session of the batch jobs, in the name of the instance's largest tenant.
pub async fn session(ground: &Ground, instance: &str) -> Result<Session, Fault> {
    let cluster = ground::cluster(instance)?;
    let count = usize::try_from(ground.memory.sizes.databases).unwrap_or_default();
    let database = match instance {
        "boreas" => names::databases(count).swap_remove(0),
        _ => cluster.database.to_owned(),
    };
    let session = ground.session(&cluster.primary, &database, ROLE).await?;
    let largest = names::shared(usize::try_from(ground.memory.sizes.shared).unwrap_or_default()).swap_remove(0);
    let id = seed::tenant_id(&largest);
    let context = match instance {
        "atlas" => format!(
            "SELECT set_config('application_name', 'orders-batch/' || {id}, false);
             SELECT set_config('app.current_tenant', ({id})::text, false)"
        ),
        _ => "SET application_name = 'orders-batch'".into(),
    };
    session.batch(&context).await?;
    Ok(session)
}
