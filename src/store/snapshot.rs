//! The fleet as last seen. Cheap to clone, never changes once shared.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use super::{Fact, Sample, Sealed, trend::Trend};
use crate::model::{Fault, Fleet, Target};

/// The last answer to every question, with its age, and what went wrong since.
#[derive(Clone, Default)]
pub struct Snapshot {
    /// Everything that is configured.
    pub fleet: Arc<Fleet>,
    /// When this snapshot was published. Ages are counted from here, so that a dead fleet does not look young.
    pub taken: Timestamp,
    shelves: HashMap<&'static str, Shelf>,
}

#[derive(Clone, Default)]
struct Shelf {
    /// Each shared by itself: an answer about one thing copies the memory of no other.
    slots: Arc<BTreeMap<Target, Arc<Slot>>>,
    generation: u64,
}

#[derive(Clone, Default)]
struct Slot {
    value: Option<(Sealed, Timestamp)>,
    fault: Option<(Fault, Timestamp)>,
    trends: BTreeMap<&'static str, Trend>,
}

/// A fact that was seen at least once.
#[derive(Debug)]
pub struct Seen<'a, T> {
    /// The last good value.
    pub value: &'a T,
    /// When it was true.
    pub at: Timestamp,
    /// How long ago that is.
    pub age: SignedDuration,
    /// What has gone wrong since, where something has.
    pub fault: Option<&'a Fault>,
}

/// What is known of a fact.
#[derive(Debug)]
pub enum Known<'a, T> {
    /// Nobody has answered yet.
    Waiting,
    /// It was asked for and never seen.
    Silent(&'a Fault),
    /// It was seen.
    Seen(Seen<'a, T>),
}

// By hand: what is borrowed need not be `Copy` itself.
impl<T> Clone for Seen<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Seen<'_, T> {}

impl<T> Clone for Known<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Known<'_, T> {}

impl Snapshot {
    /// Nothing is known yet.
    pub fn of(fleet: Arc<Fleet>) -> Self {
        Self {
            fleet,
            taken: Timestamp::now(),
            shelves: HashMap::new(),
        }
    }

    /// What is known of this fact about this target.
    pub fn known<T: Fact>(&self, target: &Target) -> Known<'_, T> {
        match self.slot(T::NAME, target) {
            None => Known::Waiting,
            Some(slot) => match (self.seen(slot), &slot.fault) {
                (Some(seen), _) => Known::Seen(seen),
                (None, Some((fault, _))) => Known::Silent(fault),
                (None, None) => Known::Waiting,
            },
        }
    }

    /// The last good value, where there is one.
    pub fn get<T: Fact>(&self, target: &Target) -> Option<Seen<'_, T>> {
        self.seen(self.slot(T::NAME, target)?)
    }

    /// Every target of which this fact was seen.
    pub fn all<T: Fact>(&self) -> impl Iterator<Item = (&Target, Seen<'_, T>)> {
        let slots = self
            .shelves
            .get(T::NAME)
            .into_iter()
            .flat_map(|shelf| shelf.slots.iter());
        slots.filter_map(|(target, slot)| Some((target, self.seen(slot)?)))
    }

    /// Every target that was asked for this fact in vain, with the last reason: never seen, or seen and grown old.
    pub fn faults<'a>(&'a self, fact: &str) -> impl Iterator<Item = (&'a Target, &'a Fault)> + use<'a> {
        let slots = self.shelves.get(fact).into_iter().flat_map(|shelf| shelf.slots.iter());
        slots.filter_map(|(target, slot)| Some((target, &slot.fault.as_ref()?.0)))
    }

    /// Whether every target that is known to this fact has answered or failed at least once.
    pub fn complete(&self, facts: &[&str]) -> bool {
        let answered = |slot: &Arc<Slot>| slot.value.is_some() || slot.fault.is_some();
        facts.iter().all(|fact| {
            self.shelves
                .get(fact)
                .is_some_and(|shelf| shelf.slots.values().all(answered))
        })
    }

    /// Grows whenever anything about this fact changed.
    pub fn generation(&self, fact: &str) -> u64 {
        self.shelves.get(fact).map_or(0, |shelf| shelf.generation)
    }

    /// The last minutes of a series of this fact, oldest first.
    pub fn trend<T: Fact>(&self, target: &Target, series: &str) -> &[Sample] {
        let slot = self.slot(T::NAME, target);
        slot.and_then(|slot| slot.trends.get(series))
            .map_or(&[], Trend::samples)
    }

    /// Says that this question will be asked.
    pub fn expect(&mut self, fact: &'static str, target: &Target) {
        let shelf = self.shelves.entry(fact).or_default();
        if !shelf.slots.contains_key(target) {
            Arc::make_mut(&mut shelf.slots).insert(target.clone(), Arc::default());
            shelf.generation += 1;
        }
    }

    /// Forgets what is asked about no longer, such as a database that was dropped.
    pub fn retain(&mut self, fact: &'static str, targets: &HashSet<Target>) {
        let shelf = self.shelves.entry(fact).or_default();
        if shelf.slots.keys().any(|target| !targets.contains(target)) {
            Arc::make_mut(&mut shelf.slots).retain(|target, _| targets.contains(target));
            shelf.generation += 1;
        }
    }

    /// Keeps an answer. A fault never erases a value: it only explains why the value grows old.
    pub fn take(&mut self, fact: &'static str, target: &Target, at: Timestamp, outcome: Result<Sealed, Fault>) {
        let shelf = self.shelves.entry(fact).or_default();
        shelf.generation += 1;
        let slot = Arc::make_mut(&mut shelf.slots).entry(target.clone()).or_default();
        let slot = Arc::make_mut(slot);
        match outcome {
            Ok(sealed) => {
                for &(series, value) in &sealed.samples {
                    slot.trends.entry(series).or_default().push(Sample { at, value });
                }
                slot.value = Some((sealed, at));
                slot.fault = None;
            }
            Err(fault) => slot.fault = Some((fault, slot.fault.as_ref().map_or(at, |(_, since)| *since))),
        }
    }

    fn slot(&self, fact: &str, target: &Target) -> Option<&Slot> {
        self.shelves.get(fact)?.slots.get(target).map(AsRef::as_ref)
    }

    fn seen<'a, T: Fact>(&self, slot: &'a Slot) -> Option<Seen<'a, T>> {
        let (sealed, at) = slot.value.as_ref()?;
        let value = sealed.value.downcast_ref()?;
        Some(Seen {
            value,
            at: *at,
            age: self.taken.duration_since(*at),
            fault: slot.fault.as_ref().map(|(f, _)| f),
        })
    }
}

impl<'a, T> Known<'a, T> {
    /// The last good value, where there is one.
    pub fn seen(self) -> Option<Seen<'a, T>> {
        match self {
            Self::Seen(seen) => Some(seen),
            Self::Waiting | Self::Silent(_) => None,
        }
    }

    /// What has gone wrong, where something has: it was never seen, or has grown old.
    pub fn fault(self) -> Option<&'a Fault> {
        match self {
            Self::Waiting => None,
            Self::Silent(fault) => Some(fault),
            Self::Seen(seen) => seen.fault,
        }
    }
}
