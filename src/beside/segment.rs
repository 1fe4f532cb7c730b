//! Files of the log by their names, as the server gives them (`XLogFileName`).

/// A file of the log: of which timeline, and which of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its timeline.
    pub timeline: u64,
    /// Which it is from the beginning of the log on, whatever its timeline.
    pub number: u64,
}

impl Segment {
    /// The one of this name, where files have so many bytes.
    pub fn named(name: &str, segment: u64) -> Option<Self> {
        let part = |from: usize| u64::from_str_radix(name.get(from..from + 8)?, 16).ok();
        let (timeline, high, low) = (part(0)?, part(8)?, part(16)?);
        (name.len() == 24).then(|| Self {
            timeline,
            number: high * ((1 << 32) / segment) + low,
        })
    }

    /// Its name.
    pub fn name(self, segment: u64) -> String {
        let each = (1 << 32) / segment;
        format!(
            "{:08X}{:08X}{:08X}",
            self.timeline,
            self.number / each,
            self.number % each
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Segment;

    const SEGMENT: u64 = 16 << 20;

    #[test]
    fn names_are_those_of_the_server() {
        let name = "0000000200000001000000FF";
        let of = Segment::named(name, SEGMENT).unwrap();
        assert_eq!((of.timeline, of.number, of.name(SEGMENT)), (2, 511, name.into()));
        assert_eq!(Segment::named("00000002.history", SEGMENT), None);
    }
}
