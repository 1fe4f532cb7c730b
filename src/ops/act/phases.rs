//! How long each part of a deed took, for its journal.

use std::{fmt, time::Duration};

use tokio::time::Instant;

/// Its parts so far: what each was for, and how long it took.
pub(super) struct Phases {
    began: Instant,
    parts: Vec<(&'static str, Duration)>,
}

impl Phases {
    /// From now on.
    pub(super) fn start() -> Self {
        Self {
            began: Instant::now(),
            parts: Vec::new(),
        }
    }

    /// The part that ends now.
    pub(super) fn end(&mut self, what: &'static str) {
        self.parts.push((what, self.began.elapsed()));
        self.began = Instant::now();
    }
}

/// `3 ms to look, 120 ms to write`.
impl fmt::Display for Phases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (what, took)) in self.parts.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{} ms to {what}", took.as_millis())?;
        }
        Ok(())
    }
}
