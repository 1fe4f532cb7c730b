//! What people tell a run while another process carries it out: a file beside its journal, an order a line.
//!
//! The file is only the way there. What was heard is written into the journal, and only that counts.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};

use super::{Refusal, Turn, journal, record::Record, watch};
use crate::model::{Command, Order, Text};

/// Between two looks at the file.
const LOOK: Duration = Duration::from_millis(200);

fn path(directory: &Path, id: &str) -> PathBuf {
    directory.join(format!("{id}.orders"))
}

/// Tells a run something that it can be told as it stands.
///
/// # Errors
/// Where nobody would hear it, it would change nothing, or it cannot be written down.
pub fn tell(directory: &Path, id: &str, order: &Order) -> Result<(), Refusal> {
    let failed = |error: io::Error| Refusal::new(format!("run {}: {error}", Text::from(id)));
    let record = Record::read(id.to_owned(), &journal::path(directory, id)).map_err(failed)?;
    if let Some(why) = Turn::from(order.what).why_not(&watch::brief(&record), &order.by) {
        return Err(Refusal::new(format!("run {} {why}", Text::from(id))).hint("tenantry runs lists runs"));
    }
    give(directory, id, order).map_err(failed)
}

fn give(directory: &Path, id: &str, order: &Order) -> io::Result<()> {
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    let mut options = OpenOptions::new();
    let mut file = options
        .append(true)
        .create(true)
        .mode(0o660)
        .open(path(directory, id))?;
    file.write_all(&line)
}

/// Hears what a run is told from now on. What was said before it was begun, or taken up, was not said to this process.
pub fn hear(directory: &Path, id: &str) -> mpsc::Receiver<Order> {
    let (orders, heard) = mpsc::channel(8);
    let path = path(directory, id);
    let mut known = lines(&path).len();
    tokio::spawn(async move {
        let mut beat = interval(LOOK);
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut told_to_end = signal(SignalKind::terminate()).ok();
        loop {
            tokio::select! {
                _ = beat.tick() => {}
                () = ended(&mut told_to_end) => {
                    // It pauses where it is safe, and goes when nothing is under way.
                    let _ = orders.send(end()).await;
                    return;
                }
            }
            let lines = lines(&path);
            for line in lines.iter().skip(known) {
                if let Ok(order) = serde_json::from_str(line)
                    && orders.send(order).await.is_err()
                {
                    return;
                }
            }
            known = lines.len().max(known);
            if orders.is_closed() {
                return;
            }
        }
    });
    heard
}

async fn ended(told: &mut Option<Signal>) {
    match told {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

fn end() -> Order {
    Order {
        what: Command::Pause,
        by: "the signal to end".into(),
        at: Timestamp::now(),
    }
}

/// Whole lines; one that is being written is read when it is whole.
fn lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(ToOwned::to_owned).collect()
}

/// Forgets what a run was told: it has ended.
pub fn forget(directory: &Path, id: &str) {
    // Where it cannot be removed it does no harm.
    let _ = fs::remove_file(path(directory, id));
}
