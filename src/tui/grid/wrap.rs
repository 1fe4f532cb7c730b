//! Words broken to lines at the edge.

use super::width;

/// Breaks words to lines of `room` cells at most: between words where there is one to break at, or, where every cell
/// counts, wherever the edge is.
pub fn wrap(words: &str, room: u16, exact: bool) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = words;
    while width(rest) > room {
        let edge = edge(rest, room.max(1));
        let blank = rest[..edge].rfind(' ').filter(|at| !exact && *at > 0);
        let (line, after) = rest.split_at(blank.unwrap_or(edge));
        lines.push(line);
        rest = if blank.is_some() {
            after.trim_start_matches(' ')
        } else {
            after
        };
    }
    lines.push(rest);
    lines
}

/// Where the first `room` cells end; after one character at least.
fn edge(words: &str, room: u16) -> usize {
    let mut filled = 0;
    let over = words.char_indices().skip(1).find(|(at, c)| {
        filled = width(&words[..*at]);
        filled + width(c.encode_utf8(&mut [0; 4])) > room
    });
    over.map_or(words.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn words_are_broken_between_words_and_exact_text_at_the_edge() {
        assert_eq!(wrap("drop slot acme", 9, false), ["drop slot", "acme"]);
        assert_eq!(wrap("drop slot acme", 9, true), ["drop slot", " acme"]);
        assert_eq!(wrap("日本語", 5, true), ["日本", "語"]);
        assert_eq!(wrap("日本語", 1, false), ["日", "本", "語"]);
        assert_eq!(wrap("", 5, true), [""]);
    }
}
