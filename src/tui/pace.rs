//! When to draw and when to wake: at once for keys, seldom for data, never for nothing.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::app::App;

/// Between a key that begins a sequence and the list of keys that go on with it.
const LINGER: Duration = Duration::from_millis(300);

/// After a layout of the fleet the next one waits this many times longer than it took, so that many rows cost little.
const REST: u32 = 300;

/// Longest wait; a change is on the screen after this time at the latest.
const LONGEST: Duration = Duration::from_secs(2);

/// Shortest wait once everybody has answered: nobody reads faster.
const SHORTEST: Duration = Duration::from_millis(900);

/// Shortest wait before that.
const AT_FIRST: Duration = Duration::from_millis(20);

/// Counts the time between frames, ticks and keys.
pub(super) struct Pace {
    rest: Option<Instant>,
    gap: Duration,
    last_frame: Option<Instant>,
    last_tick: Instant,
    typed: Option<Instant>,
}

impl Pace {
    /// At most ten frames a second over a line; locally sixty.
    pub(super) fn new(remote: bool) -> Self {
        Self {
            gap: Duration::from_millis(if remote { 100 } else { 16 }),
            rest: None,
            last_frame: None,
            last_tick: Instant::now(),
            typed: None,
        }
    }

    /// When something has to be done although nothing happens.
    pub(super) fn wake(&self, app: &App, escape: Option<Instant>) -> Instant {
        let tick = if app.ticks() {
            1
        } else {
            60 - app.now.as_second().rem_euclid(60).unsigned_abs().min(59)
        };
        let frame = self.last_frame.filter(|_| app.dirty).map(|last| last + self.gap);
        let linger = self.typed.filter(|_| !app.hinting).map(|typed| typed + LINGER);
        let draft = app.drafts_at().map(|at| {
            let left = Duration::try_from(at.duration_since(Timestamp::now()));
            Instant::now() + left.unwrap_or_default()
        });
        let soonest = [escape, self.rest, frame, linger, draft].into_iter().flatten().min();
        let tick = self.last_tick + Duration::from_secs(tick);
        soonest.map_or(tick, |soonest| soonest.min(tick))
    }

    /// Whether the fleet as it was seen last may be laid out.
    pub(super) fn rested(&mut self) -> bool {
        self.rest = self.rest.filter(|until| Instant::now() < *until);
        self.rest.is_none()
    }

    /// The fleet was laid out, which took this long.
    pub(super) fn laid_out(&mut self, took: Duration, app: &App) {
        let complete = app.listing().is_none_or(|listing| listing.table.complete);
        let least = if complete { SHORTEST } else { AT_FIRST };
        self.rest = Some(Instant::now() + (took * REST).clamp(least, LONGEST));
    }

    /// Whether a second has passed since this was last true.
    pub(super) fn ticked(&mut self) -> bool {
        let over = self.last_tick.elapsed() >= Duration::from_secs(1);
        if over {
            self.last_tick = Instant::now();
        }
        over
    }

    /// Whether something changed and a frame is not too soon.
    pub(super) fn may_draw(&self, app: &App) -> bool {
        app.dirty && self.last_frame.is_none_or(|last| last.elapsed() >= self.gap)
    }

    /// A frame was drawn.
    pub(super) fn drawn(&mut self) {
        self.last_frame = Some(Instant::now());
    }

    /// Notes since when a sequence of keys has been waiting for its next.
    pub(super) fn typed(&mut self, app: &App) {
        self.typed = if app.pending.is_empty() {
            None
        } else {
            self.typed.or_else(|| Some(Instant::now()))
        };
    }

    /// Whether the operator hesitates in the middle of a sequence.
    pub(super) fn lingers(&self, app: &App) -> bool {
        !app.hinting && self.typed.is_some_and(|typed| typed.elapsed() >= LINGER)
    }
}
