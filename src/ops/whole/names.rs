//! What is kept is called after what it was, so that nobody takes it for a tenant: patterns of tenants begin at the front.

/// Bytes of a name that the server keeps (PostgreSQL documentation 4.1.1).
const LONGEST: usize = 63;

/// The names for what is there now and for what comes, the first that are both free. They follow from what is there, so that
/// the same plan has the same names however often it is looked at.
pub(super) fn free(name: &str, words: [&str; 2], taken: &[String]) -> [String; 2] {
    let numbers = std::iter::once(String::new()).chain((2_u32..).map(|number| format!("{number}_")));
    let all = numbers.map(|number| words.map(|word| cut(format!("{word}_{number}{name}"))));
    let mut free = all.filter(|names| names.iter().all(|name| !taken.contains(name)));
    free.next().unwrap_or_default()
}

fn cut(mut name: String) -> String {
    while name.len() > LONGEST {
        name.pop();
    }
    name
}

#[cfg(test)]
mod tests {
    use super::free;

    // B18
    #[test]
    fn a_name_is_free_and_no_longer_than_the_server_keeps() {
        let words = ["before_restore", "undone_restore"];
        let names = |name: &str, taken: &[&str]| {
            let taken: Vec<String> = taken.iter().map(|name| (*name).to_owned()).collect();
            free(name, words, &taken)
        };
        assert_eq!(names("t_a", &[]), ["before_restore_t_a", "undone_restore_t_a"]);
        let second = ["before_restore_2_t_a", "undone_restore_2_t_a"];
        assert_eq!(names("t_a", &["undone_restore_t_a"]), second);
        let long = "ü".repeat(31);
        let [first, _] = names(&long, &[]);
        assert!(
            first.len() <= 63 && long.contains(first.trim_start_matches("before_restore_")),
            "{first}"
        );
        let [next, _] = names(&long, &[&first]);
        assert!(next != first && next.len() <= 63, "{next}");
    }
}
