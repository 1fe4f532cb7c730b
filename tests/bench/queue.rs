//! How long others wait behind a migration that waits for a lock.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use super::lab::{Lab, Schemas};

/// Sessions that read the table all the time.
const VICTIMS: usize = 4;
/// What is longer than this was held up; an undisturbed answer takes less than a millisecond.
const HELD_UP: Duration = Duration::from_millis(20);

/// A long transaction has read the table; a migration wants to change it, and cannot; others want to read it.
pub fn behind_a_waiting_migration(lab: &Lab) {
    for (lock, hold) in [(200, 5), (500, 10), (500, 30)] {
        measure(lab, lock, hold);
    }
}

fn measure(lab: &Lab, lock: u64, hold: u64) {
    let schemas = Schemas::make(lab, "queue", 1);
    schemas.file("V1__one.sql", "create table item (id int primary key);");
    assert!(schemas.tenantry("run", &[]).status.success());
    schemas.file("V2__two.sql", "alter table item add column note text;");
    let (lock, hold) = (lock.to_string(), hold.to_string());
    let over = AtomicBool::new(false);
    let (waits, output) = std::thread::scope(|scope| {
        let victims: Vec<_> = (0..VICTIMS).map(|_| scope.spawn(|| victim(&schemas, &over))).collect();
        let output = schemas.block_on(async {
            let reader = lab.superuser().await;
            reader.execute("begin").await.unwrap();
            reader.execute("select from queue_0000.item").await.unwrap();
            let (lock, hold) = (format!("lock={lock}"), format!("hold={hold}"));
            tokio::task::block_in_place(|| schemas.tenantry("run", &["--set", &lock, "--set", &hold]))
        });
        over.store(true, Ordering::Relaxed);
        let waits: Vec<Vec<Duration>> = victims.into_iter().map(|victim| victim.join().unwrap()).collect();
        (waits, output)
    });
    assert_eq!(output.status.code(), Some(1), "the reader never lets go");
    tell(&lock, &hold, &waits);
}

/// Reads until it is over; how long each answer took.
fn victim(schemas: &Schemas<'_>, over: &AtomicBool) -> Vec<Duration> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let session = schemas.lab.superuser().await;
        let mut all = Vec::new();
        while !over.load(Ordering::Relaxed) {
            let began = Instant::now();
            session.execute("select from queue_0000.item").await.unwrap();
            all.push(began.elapsed());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        all
    })
}

fn tell(lock: &str, hold: &str, waits: &[Vec<Duration>]) {
    let mut held: Vec<Duration> = waits.iter().flatten().copied().filter(|wait| *wait > HELD_UP).collect();
    held.sort();
    let asked: usize = waits.iter().map(Vec::len).sum();
    let at = |percent: usize| held.get((held.len() * percent / 100).min(held.len().saturating_sub(1)));
    let in_sum = waits
        .iter()
        .map(|waits| waits.iter().filter(|wait| **wait > HELD_UP).sum::<Duration>());
    println!(
        "lock={lock} ms, hold={hold} s: {asked} reads of {VICTIMS} sessions, {} of them held up: median {:.0?}, p99 {:.0?}, longest {:.0?}; \
         the session that waited most waited {:.1?} in sum",
        held.len(),
        at(50).unwrap_or(&Duration::ZERO),
        at(99).unwrap_or(&Duration::ZERO),
        held.last().unwrap_or(&Duration::ZERO),
        in_sum.max().unwrap_or_default(),
    );
}
