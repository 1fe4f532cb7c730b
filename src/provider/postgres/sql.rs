//! One SQL text for several major versions: lines that not every version understands carry a tag.

/// Keeps the lines that this major version understands.
///
/// A line that ends in `--@17` is for 17 and later, one that ends in `--@<17` for earlier ones. What a line asks
/// for is then absent from the answer, and the fact that reads it says so.
pub fn for_version(sql: &str, major: u32) -> String {
    let fits = |line: &&str| match line.rsplit_once("--@") {
        None => true,
        Some((_, tag)) => match tag.strip_prefix('<') {
            Some(below) => below.trim().parse().is_ok_and(|below: u32| major < below),
            None => tag.trim().parse().is_ok_and(|since: u32| major >= since),
        },
    };
    sql.lines().filter(fits).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::for_version;

    #[test]
    fn lines_are_kept_by_version() {
        let sql = "select a\n, b --@16\n, c --@<14\nfrom t";
        assert_eq!(for_version(sql, 13), "select a\n, c --@<14\nfrom t");
        assert_eq!(for_version(sql, 15), "select a\nfrom t");
        assert_eq!(for_version(sql, 17), "select a\n, b --@16\nfrom t");
    }
}
