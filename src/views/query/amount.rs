//! Numbers with units, as operators write them: `5s`, `1h30m`, `10MB`, `80%`, `12`.

use jiff::{SpanTotal, Unit};

use crate::model::Value;

/// A number in the base unit of its kind: seconds, bytes, per cent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Amount {
    pub number: f64,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Plain,
    Time,
    Size,
    Share,
}

impl Amount {
    /// Reads `text`; `None` where it is no amount. `m` is minutes, `M` and `MB` are 1,048,576 bytes.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim_start_matches('~');
        let of = |number, kind| Self { number, kind };
        if let Ok(number) = text.parse::<f64>() {
            return number.is_finite().then_some(of(number, Kind::Plain));
        }
        if let Some(number) = text.strip_suffix('%') {
            return number.trim_end().parse().ok().map(|number| of(number, Kind::Share));
        }
        size(text)
            .map(|number| of(number, Kind::Size))
            .or_else(|| seconds(text).map(|number| of(number, Kind::Time)))
    }

    /// Whether it is a length of time.
    pub(super) fn is_time(self) -> bool {
        self.kind == Kind::Time
    }

    /// Whether a value may be compared with this amount: seconds with seconds, bytes with bytes.
    pub(super) fn fits(self, value: &Value) -> bool {
        match self.kind {
            Kind::Plain => true,
            Kind::Time => matches!(value, Value::Span(_) | Value::Began(_) | Value::Ends(_)),
            Kind::Size => matches!(value, Value::Bytes(_) | Value::About(_) | Value::BytesRate(_)),
            Kind::Share => matches!(value, Value::Share(_) | Value::Of(..)),
        }
    }
}

/// Sizes, with binary steps as PostgreSQL counts them.
fn size(text: &str) -> Option<f64> {
    const UNITS: [(&str, i32); 10] = [
        ("kB", 1),
        ("KB", 1),
        ("MB", 2),
        ("GB", 3),
        ("TB", 4),
        ("k", 1),
        ("M", 2),
        ("G", 3),
        ("T", 4),
        ("B", 0),
    ];
    UNITS.iter().find_map(|(unit, power)| {
        let number: f64 = text.strip_suffix(unit)?.trim_end().parse().ok()?;
        Some(number * 1024_f64.powi(*power))
    })
}

/// Spans in the units of jiff's friendly format; a day is 24 hours.
fn seconds(text: &str) -> Option<f64> {
    let span: jiff::Span = text.parse().ok()?;
    span.total(SpanTotal::from(Unit::Second).days_are_24_hours()).ok()
}

#[cfg(test)]
mod tests {
    use super::Amount;

    #[test]
    fn operators_units_are_read() {
        for (text, number) in [
            ("12", 12.0),
            ("-3", -3.0),
            ("5s", 5.0),
            ("10m", 600.0),
            ("1h30m", 5400.0),
            ("2d", 172_800.0),
            ("250ms", 0.25),
            ("1GB", 1_073_741_824.0),
            ("64kB", 65_536.0),
            ("512B", 512.0),
            ("2M", 2_097_152.0),
            ("80%", 80.0),
        ] {
            assert_eq!(Amount::read(text).map(|amount| amount.number), Some(number), "{text}");
        }
        for text in ["", "soon", "5 apples", "inf", "NaN", "%"] {
            assert_eq!(Amount::read(text), None, "{text}");
        }
    }
}
