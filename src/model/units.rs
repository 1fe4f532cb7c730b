//! Units that order, print and serialise: log positions, sizes, severities.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A position in the write-ahead log, in bytes (`pg_lsn`, PostgreSQL documentation 8.20).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

impl Lsn {
    /// Bytes from `earlier` to here; zero where `earlier` is ahead.
    pub fn since(self, earlier: Self) -> Bytes {
        Bytes(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:X}/{:X}", self.0 >> 32, self.0 & 0xffff_ffff)
    }
}

impl FromStr for Lsn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no log position");
        let (high, low) = text.split_once('/').ok_or_else(wrong)?;
        let part = |part| u32::from_str_radix(part, 16).map_err(|_| wrong());
        Ok(Self(u64::from(part(high)?) << 32 | u64::from(part(low)?)))
    }
}

impl Serialize for Lsn {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Lsn {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

/// A size in bytes. Prints with binary steps and the names PostgreSQL uses: `kB`, `MB`, `GB`, `TB`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
        let mut value = self.0 as f64;
        let mut unit = "B";
        for next in UNITS {
            if value < 1023.5 {
                break;
            }
            value /= 1024.0;
            unit = next;
        }
        match unit {
            "B" => write!(out, "{} B", self.0),
            _ if value < 9.95 => write!(out, "{value:.1} {unit}"),
            _ => write!(out, "{value:.0} {unit}"),
        }
    }
}

/// How bad something is, from harmless to worst. What was not seen is never better than a notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing to say.
    #[default]
    Ok,
    /// Worth knowing.
    Notice,
    /// Could not be seen: neither well nor ill.
    Unseen,
    /// Will hurt if left alone.
    Warning,
    /// Hurts now, or soon and beyond repair.
    Critical,
}

impl Severity {
    /// `warning` and `critical` are the first values that count as such.
    pub fn of<T: PartialOrd>(value: &T, warning: &T, critical: &T) -> Self {
        if value >= critical {
            Self::Critical
        } else if value >= warning {
            Self::Warning
        } else {
            Self::Ok
        }
    }

    /// So many of them: `1 warning`, `2 warnings`, `2 critical`.
    pub fn counted(self, n: usize) -> String {
        match self {
            Self::Notice | Self::Warning => plural(n, self.word()),
            Self::Ok | Self::Unseen | Self::Critical => format!("{n} {}", self.word()),
        }
    }

    /// The word that stands beside the colour.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Notice => "notice",
            Self::Unseen => "unseen",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// A number and its noun: `1 server`, `2 servers`.
pub fn plural(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Lsn};

    #[test]
    fn log_positions_read_and_print_as_the_server_does() {
        let lsn: Lsn = "16/B374D848".parse().expect("a position");
        assert_eq!(lsn.0, 0x16_B374_D848);
        assert_eq!(lsn.to_string(), "16/B374D848");
        assert!("16".parse::<Lsn>().is_err());
    }

    #[test]
    fn sizes_print_short() {
        for (n, words) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 kB"),
            (10 << 20, "10 MB"),
            (1023 << 20, "1023 MB"),
            (5 << 40, "5.0 TB"),
        ] {
            assert_eq!(Bytes(n).to_string(), words);
        }
    }
}
