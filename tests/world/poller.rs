//! The beats of the poller, on a clock that the test turns.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tenantry::{
    config::Settings,
    model::{Fault, FaultKind, Fleet, Target},
    provider::Doors,
    store::{self, Fact, Known, Pace, Probe, Questions, Sealed, Snapshot},
};
use tokio::{sync::Mutex, time};

/// The tests share the probes, which must be static: one at a time.
static TURN: LazyLock<Mutex<()>> = LazyLock::new(Mutex::default);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Clock(usize);

impl Fact for Clock {
    const NAME: &'static str = "clock";
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Hand(usize);

impl Fact for Hand {
    const NAME: &'static str = "hand";
}

static ASKED: AtomicUsize = AtomicUsize::new(0);
static BROKEN: AtomicBool = AtomicBool::new(false);
static HANGS: AtomicBool = AtomicBool::new(false);
static HANDS: AtomicUsize = AtomicUsize::new(1);

/// Counts how often it is asked.
struct AskClock;

#[async_trait]
impl Probe for AskClock {
    fn name(&self) -> &'static str {
        Clock::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(2, 60)
    }

    fn targets(&self, _: &Snapshot) -> Vec<Target> {
        vec![Target::fleet()]
    }

    async fn ask(&self, _: &Doors, _: &Target, _: &Snapshot) -> Result<Sealed, Fault> {
        let n = ASKED.fetch_add(1, Ordering::SeqCst);
        if HANGS.load(Ordering::SeqCst) {
            time::sleep(Duration::from_secs(1000)).await;
        }
        if BROKEN.load(Ordering::SeqCst) {
            return Err(Fault::new(FaultKind::Unreachable, "broken"));
        }
        Ok(Sealed::of(Clock(n)))
    }
}

/// The clock far away: it may take its time, and where it fails it is left alone for a while.
struct AskFar;

#[async_trait]
impl Probe for AskFar {
    fn name(&self) -> &'static str {
        Clock::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(60, 60)
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(30)
    }

    fn retry(&self) -> Duration {
        Duration::from_secs(20)
    }

    fn targets(&self, _: &Snapshot) -> Vec<Target> {
        vec![Target::fleet()]
    }

    async fn ask(&self, doors: &Doors, target: &Target, world: &Snapshot) -> Result<Sealed, Fault> {
        AskClock.ask(doors, target, world).await
    }
}

/// As many as the clock has hands; waits for the clock.
struct AskHand;

#[async_trait]
impl Probe for AskHand {
    fn name(&self) -> &'static str {
        Hand::NAME
    }

    fn pace(&self) -> Pace {
        Pace::secs(2, 60)
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Clock::NAME]
    }

    fn targets(&self, _: &Snapshot) -> Vec<Target> {
        (0..HANDS.load(Ordering::SeqCst))
            .map(|n| Target::instance(&n.to_string()))
            .collect()
    }

    fn ready(&self, _: &Target, world: &Snapshot) -> bool {
        !matches!(world.known::<Clock>(&Target::fleet()), Known::Waiting)
    }

    async fn ask(&self, _: &Doors, _: &Target, world: &Snapshot) -> Result<Sealed, Fault> {
        let clock = world.get::<Clock>(&Target::fleet());
        Ok(Sealed::of(Hand(clock.map_or(0, |seen| seen.value.0))))
    }
}

const QUESTIONS: Questions = Questions {
    probes: &[&AskClock, &AskHand],
    derived: &[],
};

fn doors() -> Doors {
    ASKED.store(0, Ordering::SeqCst);
    BROKEN.store(false, Ordering::SeqCst);
    HANGS.store(false, Ordering::SeqCst);
    HANDS.store(1, Ordering::SeqCst);
    Doors::new(&Settings::default()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_is_watched_is_asked_often_and_the_rest_rarely() {
    let _turn = TURN.lock().await;
    let (_world, interest, task) = store::serve(QUESTIONS, Arc::new(Fleet::default()), doors(), &[]);
    time::sleep(Duration::from_secs(50)).await;
    let idle = ASKED.load(Ordering::SeqCst);
    assert!((1..=2).contains(&idle), "asked {idle} times in 50 s of nobody looking");
    interest.set(&["hand"]);
    time::sleep(Duration::from_secs(20)).await;
    let watched = ASKED.load(Ordering::SeqCst) - idle;
    assert!(
        (9..=11).contains(&watched),
        "asked {watched} times in 20 s, though the hand needs the clock"
    );
    task.abort();
}

#[tokio::test(start_paused = true)]
async fn a_fault_ages_a_value_and_never_erases_it() {
    let _turn = TURN.lock().await;
    let (world, _interest, task) = store::serve(QUESTIONS, Arc::new(Fleet::default()), doors(), &["clock"]);
    time::sleep(Duration::from_secs(3)).await;
    BROKEN.store(true, Ordering::SeqCst);
    time::sleep(Duration::from_secs(4)).await;
    let now = world.borrow().clone();
    let seen = now.get::<Clock>(&Target::fleet()).expect("the last good value");
    assert_eq!(
        seen.fault.map(|fault| fault.what.to_string()).as_deref(),
        Some("broken")
    );
    BROKEN.store(false, Ordering::SeqCst);
    time::sleep(Duration::from_secs(4)).await;
    let now = world.borrow().clone();
    assert!(now.get::<Clock>(&Target::fleet()).unwrap().fault.is_none());
    task.abort();
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_asked_again_soon_however_rarely_it_is_asked() {
    let _turn = TURN.lock().await;
    let doors = doors();
    BROKEN.store(true, Ordering::SeqCst);
    let (_world, _interest, task) = store::serve(QUESTIONS, Arc::new(Fleet::default()), doors, &[]);
    time::sleep(Duration::from_secs(10)).await;
    assert!(
        ASKED.load(Ordering::SeqCst) >= 3,
        "asked {} times",
        ASKED.load(Ordering::SeqCst)
    );
    task.abort();
}

#[tokio::test(start_paused = true)]
async fn a_probe_may_wait_longer_and_ask_again_later() {
    let _turn = TURN.lock().await;
    let far = Questions {
        probes: &[&AskFar],
        derived: &[],
    };
    let doors = doors();
    HANGS.store(true, Ordering::SeqCst);
    let (world, _interest, task) = store::serve(far, Arc::new(Fleet::default()), doors, &[]);
    let fault = || matches!(world.borrow().known::<Clock>(&Target::fleet()), Known::Silent(_));
    time::sleep(Duration::from_secs(29)).await;
    assert!(!fault(), "given up too early");
    time::sleep(Duration::from_secs(2)).await;
    assert!(fault());
    time::sleep(Duration::from_secs(18)).await;
    assert_eq!(ASKED.load(Ordering::SeqCst), 1, "asked again too early");
    time::sleep(Duration::from_secs(3)).await;
    assert_eq!(ASKED.load(Ordering::SeqCst), 2);
    task.abort();
}

#[tokio::test(start_paused = true)]
async fn a_question_that_hangs_is_given_up_and_a_beat_meanwhile_is_dropped() {
    let _turn = TURN.lock().await;
    let doors = doors();
    HANGS.store(true, Ordering::SeqCst);
    let (world, _interest, task) = store::serve(QUESTIONS, Arc::new(Fleet::default()), doors, &["clock"]);
    time::sleep(Duration::from_secs(5)).await;
    assert_eq!(ASKED.load(Ordering::SeqCst), 1, "one at a time");
    time::sleep(Duration::from_secs(3)).await;
    let now = world.borrow().clone();
    assert!(matches!(now.known::<Clock>(&Target::fleet()), Known::Silent(fault) if fault.kind == FaultKind::Timeout));
    task.abort();
}

#[tokio::test(start_paused = true)]
async fn what_is_no_longer_there_is_forgotten() {
    let _turn = TURN.lock().await;
    let doors = doors();
    HANDS.store(3, Ordering::SeqCst);
    let (world, _interest, task) = store::serve(QUESTIONS, Arc::new(Fleet::default()), doors, &["hand"]);
    time::sleep(Duration::from_secs(3)).await;
    assert_eq!(world.borrow().all::<Hand>().count(), 3);
    HANDS.store(1, Ordering::SeqCst);
    time::sleep(Duration::from_secs(5)).await;
    assert_eq!(world.borrow().all::<Hand>().count(), 1);
    task.abort();
}

#[tokio::test(start_paused = true)]
async fn asking_once_asks_what_is_needed_first_and_is_complete() {
    let _turn = TURN.lock().await;
    let fleet = Arc::new(Fleet::default());
    let world = store::poll_once(QUESTIONS, &["hand"], fleet, doors(), Duration::from_secs(5)).await;
    assert!(world.complete(&["clock", "hand"]));
    assert_eq!(ASKED.load(Ordering::SeqCst), 1);
    assert_eq!(world.all::<Hand>().count(), 1);
}

#[tokio::test(start_paused = true)]
async fn asking_once_ends_at_its_deadline_and_is_then_not_complete() {
    let _turn = TURN.lock().await;
    let doors = doors();
    HANGS.store(true, Ordering::SeqCst);
    let world = store::poll_once(
        QUESTIONS,
        &["hand"],
        Arc::new(Fleet::default()),
        doors,
        Duration::from_secs(1),
    )
    .await;
    assert!(!world.complete(&["hand"]));
    assert!(!world.complete(&["clock"]));
}
