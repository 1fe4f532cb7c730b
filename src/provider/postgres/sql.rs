//! One SQL text for several major versions: lines that not every version understands carry a tag.

/// Keeps the lines that this major version understands.
///
/// A line that ends in `--@17` is for 17 and later, one that ends in `--@<17` for earlier ones, one that ends in
/// `--@15<17` for 15 and 16. What a line asks for is then absent from the answer, and the fact that reads it says so.
pub fn for_version(sql: &str, major: u32) -> String {
    let fits = |line: &&str| match line.rsplit_once("--@") {
        None => true,
        Some((_, tag)) => {
            let (since, below) = tag.split_once('<').unwrap_or((tag, ""));
            number(since).is_none_or(|since| major >= since) && number(below).is_none_or(|below| major < below)
        }
    };
    sql.lines().filter(fits).collect::<Vec<_>>().join("\n")
}

fn number(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::for_version;

    #[test]
    fn lines_are_kept_by_version() {
        let sql = "select a\n, b --@16\n, c --@<14\n, d --@15<17\nfrom t";
        assert_eq!(for_version(sql, 13), "select a\n, c --@<14\nfrom t");
        assert_eq!(for_version(sql, 14), "select a\nfrom t");
        assert_eq!(for_version(sql, 16), "select a\n, b --@16\n, d --@15<17\nfrom t");
        assert_eq!(for_version(sql, 17), "select a\n, b --@16\nfrom t");
    }
}
