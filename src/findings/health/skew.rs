//! Clocks that disagree.

use crate::{
    facts::pulse::Pulse,
    findings::{Check, Finding},
    model::{Severity, Target},
    store::{Fact, Snapshot},
};

/// Seconds: ages and lags by the server's clock are wrong by as much.
const WARNING: f64 = 5.0;
/// Seconds: credentials end at the wrong time, and a point in time for a restore is not what was meant.
const CRITICAL: f64 = 60.0;

/// A server's clock against ours.
pub struct ClockSkew;

impl Check for ClockSkew {
    fn id(&self) -> &'static str {
        "clock-skew"
    }

    fn about(&self) -> &'static str {
        "servers whose clock is five seconds or more off from ours"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME]
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let servers = world.all::<Pulse>();
        servers
            .filter_map(|(server, seen)| self.finding(server, seen.value.skew))
            .collect()
    }
}

impl ClockSkew {
    fn finding(&self, server: &Target, skew: f64) -> Option<Finding> {
        let severity = Severity::of(&skew.abs(), &WARNING, &CRITICAL);
        if severity == Severity::Ok {
            return None;
        }
        let direction = if skew > 0.0 { "ahead of" } else { "behind" };
        let what = format!("the clock of {} is {:.0} s {direction} ours", server.name(), skew.abs());
        let remedy = "see which of the two follows a time server, and mend the other";
        Some(Finding::new(self, server, severity, what).remedy(remedy, super::place(server)))
    }
}
