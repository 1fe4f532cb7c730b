//! The beats: every probe asks about every target of its own, watched things often, the rest rarely.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    select,
    sync::{Semaphore, mpsc, watch},
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use super::{Derived, Probe, Sealed, Snapshot};
use crate::{
    model::{Fault, FaultKind, Fleet, Target},
    provider::Doors,
};

/// Answers that arrive within this time are published together.
const BREATH: Duration = Duration::from_millis(20);
/// Questions under way at the same time, in the whole fleet.
const AT_ONCE: usize = 64;

/// All that can be asked and all that follows from it.
#[derive(Clone, Copy)]
pub struct Questions {
    /// What is asked.
    pub probes: &'static [&'static dyn Probe],
    /// What follows, each after what it is made from.
    pub derived: &'static [Derived],
}

type Key = (&'static str, Target);

struct Reading {
    key: Key,
    at: Timestamp,
    outcome: Result<Sealed, Fault>,
}

struct Beat {
    probe: &'static dyn Probe,
    due: Instant,
    asked: Instant,
    running: bool,
}

/// Says which facts somebody is looking at.
#[derive(Clone)]
pub struct Interest(watch::Sender<Vec<&'static str>>);

impl Interest {
    /// These facts are wanted often, all others rarely.
    pub fn set(&self, facts: &[&'static str]) {
        self.0.send_if_modified(|now| {
            let changed = now != facts;
            if changed {
                *now = facts.to_vec();
            }
            changed
        });
    }
}

struct Poller {
    questions: Questions,
    scope: HashSet<&'static str>,
    doors: Doors,
    world: Snapshot,
    beats: HashMap<Key, Beat>,
    watched: HashSet<&'static str>,
    readings: mpsc::Sender<Reading>,
    permits: Arc<Semaphore>,
    phase: Instant,
}

/// Polls for ever; hands out the snapshots, the handle that says what is being looked at, and the task.
pub fn serve(
    questions: Questions,
    fleet: Arc<Fleet>,
    doors: Doors,
    looking_at: &[&'static str],
) -> (watch::Receiver<Arc<Snapshot>>, Interest, JoinHandle<()>) {
    let (interest, mut wanted) = watch::channel(looking_at.to_vec());
    let (readings, mut inbox) = mpsc::channel(1024);
    let scope = questions.probes.iter().map(|probe| probe.name()).collect();
    let mut poller = Poller::new(questions, scope, fleet, doors, readings);
    let (board, latest) = watch::channel(Arc::new(poller.world.clone()));
    let task = tokio::spawn(async move {
        poller.look_at(&wanted.borrow_and_update().clone());
        let mut publish: Option<Instant> = None;
        loop {
            let wake = poller.fire().min(publish.unwrap_or_else(far));
            select! {
                biased;
                Some(reading) = inbox.recv() => {
                    poller.take(reading);
                    publish.get_or_insert_with(|| Instant::now() + BREATH);
                }
                changed = wanted.changed() => match changed {
                    Ok(()) => poller.look_at(&wanted.borrow_and_update().clone()),
                    Err(_) => return,
                },
                () = sleep_until(wake) => {}
            }
            if publish.is_some_and(|at| at <= Instant::now()) {
                publish = None;
                if board.send(Arc::new(poller.publish())).is_err() {
                    return;
                }
            }
        }
    });
    (latest, Interest(interest), task)
}

/// Asks once for these facts and all that they need, and gives up on what has not answered by the deadline.
pub async fn poll_once(
    questions: Questions,
    facts: &[&str],
    fleet: Arc<Fleet>,
    doors: Doors,
    deadline: Duration,
) -> Snapshot {
    let wanted = questions.closure(facts);
    let (readings, mut inbox) = mpsc::channel(1024);
    let mut poller = Poller::new(questions, wanted, fleet, doors, readings);
    let end = Instant::now() + deadline;
    let mut asked = HashSet::new();
    loop {
        poller.seat();
        for key in poller.ready(|key, _| !asked.contains(key)) {
            poller.ask(&key);
            asked.insert(key);
        }
        if poller.beats.values().all(|beat| !beat.running) {
            break;
        }
        select! {
            Some(reading) = inbox.recv() => poller.take(reading),
            () = sleep_until(end) => break,
        }
    }
    poller.publish()
}

impl Questions {
    /// Whether all that these facts are made from was answered at least once, or failed.
    pub fn answered(self, world: &Snapshot, facts: &[&str]) -> bool {
        let beneath: Vec<&str> = self.closure(facts).into_iter().collect();
        world.complete(facts) && world.complete(&beneath)
    }

    /// These facts and, again and again, what they are made from and what their probes need.
    fn closure(self, facts: &[&str]) -> HashSet<&'static str> {
        let names = self.probes.iter().map(|probe| probe.name());
        let names = names.chain(self.derived.iter().map(|derived| derived.name));
        let mut wanted: HashSet<&'static str> = names.filter(|name| facts.contains(name)).collect();
        loop {
            let before = wanted.len();
            for probe in self
                .probes
                .iter()
                .filter(|probe| wanted.contains(probe.name()))
                .collect::<Vec<_>>()
            {
                wanted.extend(probe.needs());
            }
            for derived in self
                .derived
                .iter()
                .filter(|derived| wanted.contains(derived.name))
                .collect::<Vec<_>>()
            {
                wanted.extend(derived.from);
            }
            if wanted.len() == before {
                return wanted;
            }
        }
    }
}

impl Poller {
    fn new(
        questions: Questions,
        scope: HashSet<&'static str>,
        fleet: Arc<Fleet>,
        doors: Doors,
        readings: mpsc::Sender<Reading>,
    ) -> Self {
        let mut poller = Self {
            questions,
            scope,
            doors,
            world: Snapshot::of(fleet),
            beats: HashMap::new(),
            watched: HashSet::new(),
            readings,
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            // Consoles that start together do not ask together.
            phase: Instant::now() + Duration::from_secs(1).mul_f64(fastrand::f64()),
        };
        poller.seat();
        poller
    }

    /// A beat for every target there is; what is new is due at once.
    fn seat(&mut self) {
        let now = Instant::now();
        for &probe in self
            .questions
            .probes
            .iter()
            .filter(|probe| self.scope.contains(probe.name()))
        {
            let fact = probe.name();
            let targets: HashSet<Target> = probe.targets(&self.world).into_iter().collect();
            self.beats
                .retain(|(name, target), _| *name != fact || targets.contains(target));
            self.world.retain(fact, &targets);
            for target in targets {
                self.world.expect(fact, &target);
                let beat = Beat {
                    probe,
                    due: now,
                    asked: now,
                    running: false,
                };
                self.beats.entry((fact, target)).or_insert(beat);
            }
        }
    }

    fn look_at(&mut self, facts: &[&'static str]) {
        self.watched = self.questions.closure(facts);
        let now = Instant::now();
        for ((fact, _), beat) in &mut self.beats {
            if self.watched.contains(fact) {
                beat.due = beat.due.min((beat.asked + beat.probe.pace().watched).max(now));
            }
        }
    }

    /// Asks everything that is due, idle and ready, watched things first; says when the next beat comes.
    fn fire(&mut self) -> Instant {
        let now = Instant::now();
        let mut due = self.ready(|_, beat| beat.due <= now);
        due.sort_by_key(|(fact, target)| (!self.watched.contains(fact), *fact, target.clone()));
        for key in due {
            self.ask(&key);
        }
        let waiting = self.beats.values().filter(|beat| !beat.running && beat.due > now);
        waiting.map(|beat| beat.due).min().unwrap_or_else(far)
    }

    fn ready(&self, wanted: impl Fn(&Key, &Beat) -> bool) -> Vec<Key> {
        let fits =
            |(key, beat): &(&Key, &Beat)| !beat.running && wanted(key, beat) && beat.probe.ready(&key.1, &self.world);
        self.beats.iter().filter(fits).map(|(key, _)| key.clone()).collect()
    }

    fn ask(&mut self, key: &Key) {
        let Some(beat) = self.beats.get_mut(key) else { return };
        let pace = beat.probe.pace();
        let pace = if self.watched.contains(key.0) {
            pace.watched
        } else {
            pace.idle
        };
        beat.running = true;
        beat.asked = Instant::now();
        beat.due = on_grid(self.phase, beat.asked, pace);
        let (probe, world, doors) = (beat.probe, self.world.clone(), self.doors.clone());
        let (readings, permits, key) = (self.readings.clone(), self.permits.clone(), key.clone());
        tokio::spawn(async move {
            let _permit = permits.acquire_owned().await;
            let patience = probe.patience();
            let asking = tokio::time::timeout(patience, probe.ask(&doors, &key.1, &world));
            let outcome = asking.await.unwrap_or_else(|_| {
                Err(Fault::new(
                    FaultKind::Timeout,
                    format!("{}: no answer in {patience:?}", key.0),
                ))
            });
            // Nobody listens any more only when the program ends.
            let _ = readings
                .send(Reading {
                    key,
                    at: Timestamp::now(),
                    outcome,
                })
                .await;
        });
    }

    fn take(&mut self, reading: Reading) {
        let Some(beat) = self.beats.get_mut(&reading.key) else {
            return;
        };
        beat.running = false;
        if reading.outcome.is_err() {
            beat.due = beat.due.min(Instant::now() + beat.probe.retry());
        }
        let (fact, target) = reading.key;
        self.world.take(fact, &target, reading.at, reading.outcome);
    }

    /// What was learned may show new targets: they are seated before the snapshot goes out.
    fn publish(&mut self) -> Snapshot {
        self.seat();
        self.world.taken = Timestamp::now();
        for derived in self.questions.derived {
            (derived.make)(&mut self.world);
        }
        self.world.clone()
    }
}

/// The next moment on the grid of this pace, so that beats of one pace fall together and are published together.
fn on_grid(phase: Instant, now: Instant, pace: Duration) -> Instant {
    let since = now.saturating_duration_since(phase).as_nanos();
    let pace = pace.as_nanos().max(1);
    let next = (since / pace + 1) * pace;
    phase + Duration::from_nanos(u64::try_from(next).unwrap_or(u64::MAX))
}

fn far() -> Instant {
    Instant::now() + Duration::from_hours(1)
}
