//! Words broken to lines at the edge.

use super::width;

/// Breaks words to lines of `room` cells at most: between words where that is not far from the edge, or, where every cell
/// counts, at the edge.
pub fn wrap(words: &str, room: u16, exact: bool) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = words;
    while width(rest) > room {
        let edge = edge(rest, room.max(1));
        // A blank that is the first beyond the edge needs no room.
        let near = rest[edge..]
            .starts_with(' ')
            .then_some(edge)
            .or_else(|| rest[..edge].rfind(' '));
        let blank = near.filter(|at| !exact && *at > edge / 2);
        let (line, after) = rest.split_at(blank.unwrap_or(edge));
        lines.push(line);
        rest = if blank.is_some() {
            after.trim_start_matches(' ')
        } else {
            after
        };
    }
    if lines.is_empty() || !rest.is_empty() {
        lines.push(rest);
    }
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
