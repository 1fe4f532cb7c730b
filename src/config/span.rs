//! Spans of time, as files say them.

use jiff::{SignedDuration, Span, SpanRelativeTo};

/// A span with days of 24 hours; none that is no span, or no time at all.
pub(super) fn span(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    let span = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    span.is_positive().then_some(span)
}
