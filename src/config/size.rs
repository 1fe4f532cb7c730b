//! Sizes, as files say them: the way PostgreSQL writes those of its settings.

use crate::model::Bytes;

/// Every unit by its power of 1024. As to PostgreSQL, `mb` is none (its documentation, 20.1.1).
const UNITS: [(&str, u32); 4] = [("kB", 1), ("MB", 2), ("GB", 3), ("TB", 4)];

/// A whole number and its unit; none that is no size, or nothing at all.
pub(super) fn size(text: &str) -> Option<Bytes> {
    let read = |(unit, power): (&str, u32)| {
        let digits = text.strip_suffix(unit)?.trim_end_matches(' ');
        let number: u64 = digits.parse().ok()?;
        // A number may not begin with the sign that Rust lets it have.
        let plain = number > 0 && digits.bytes().all(|digit| digit.is_ascii_digit());
        plain.then(|| number.checked_mul(1024_u64.pow(power)))?.map(Bytes)
    };
    UNITS.into_iter().find_map(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_postgresql_reads_them() {
        for (text, bytes) in [
            ("64kB", 64 << 10),
            ("8MB", 8 << 20),
            ("1 GB", 1 << 30),
            ("2TB", 2 << 40),
            ("16777215TB", 16_777_215 << 40),
        ] {
            assert_eq!(size(text), Some(Bytes(bytes)), "{text}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_no_size() {
        for text in [
            "",
            "8",
            "MB",
            "8mb",
            "8KB",
            "8Mb",
            "8M",
            "8MiB",
            "8B",
            "0MB",
            "-1kB",
            "+8MB",
            "1.5GB",
            "8 M B",
            " 8MB",
            "8MB ",
            "8\tMB",
            "16777216TB",
            "99999999999999999999kB",
            "٨MB",
        ] {
            assert_eq!(size(text), None, "{text}");
        }
    }
}
