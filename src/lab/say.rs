//! What the lab tells people while it works, on standard error.

use std::io::{self, Write};

/// One line about one component.
pub fn line(who: &str, what: &str) {
    // Nobody listens any more: that is no reason to stop.
    let _ = writeln!(io::stderr().lock(), "{who:<10} {what}");
}
