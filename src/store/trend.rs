//! Short memories of single numbers, for rates, sparklines and the time at which a log position was passed.

use jiff::Timestamp;

/// How many samples are kept: five minutes at one every two seconds.
const KEPT: usize = 150;

/// One number at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When the answer arrived.
    pub at: Timestamp,
    /// In the unit of its series.
    pub value: f64,
}

/// Samples of one series, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Trend(Vec<Sample>);

impl Trend {
    pub fn push(&mut self, sample: Sample) {
        // Drops a stretch at a time, so that most pushes move nothing.
        if self.0.len() >= KEPT * 2 {
            self.0.drain(..KEPT);
        }
        self.0.push(sample);
    }

    pub fn samples(&self) -> &[Sample] {
        &self.0[self.0.len().saturating_sub(KEPT)..]
    }
}
