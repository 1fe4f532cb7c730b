//! Where in SQL the end of a line stands: between words, or in the middle of a text, a name or a comment.

/// What a line ends in the middle of (PostgreSQL documentation 4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Within {
    /// Nothing.
    #[default]
    Nothing,
    /// A string constant, with or without escapes.
    Text { escapes: bool },
    /// A quoted name.
    Name,
    /// A string constant between two of these.
    Dollar(Vec<u8>),
    /// So many comments.
    Comment(usize),
}

/// Where the next line begins, this one having begun there.
pub(super) fn after(line: &[u8], within: Within) -> Within {
    let mut within = within;
    let mut at = 0;
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let skip;
        (within, skip) = match within {
            Within::Nothing if rest.starts_with(b"--") => return Within::Nothing,
            Within::Nothing => opened(line, at),
            Within::Text { escapes: true } if rest[0] == b'\\' => (within, 2),
            Within::Text { .. } if rest.starts_with(b"''") => (within, 2),
            Within::Text { .. } if rest[0] == b'\'' => (Within::Nothing, 1),
            Within::Name if rest[0] == b'"' => (Within::Nothing, 1),
            Within::Dollar(tag) if rest.starts_with(&tag) => {
                let length = tag.len();
                (Within::Nothing, length)
            }
            Within::Comment(depth) if rest.starts_with(b"/*") => (Within::Comment(depth + 1), 2),
            Within::Comment(1) if rest.starts_with(b"*/") => (Within::Nothing, 2),
            Within::Comment(depth) if rest.starts_with(b"*/") => (Within::Comment(depth - 1), 2),
            other => (other, 1),
        };
        at += skip;
    }
    within
}

/// What begins at this byte of a line, and how many bytes that takes.
fn opened(line: &[u8], at: usize) -> (Within, usize) {
    let rest = &line[at..];
    let before = |back: usize| at.checked_sub(back).map(|place| line[place]);
    let in_word =
        |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_$".contains(&byte) || byte > 127);
    match rest[0] {
        b'\'' => {
            let escapes = matches!(before(1), Some(b'e' | b'E')) && !in_word(before(2));
            (Within::Text { escapes }, 1)
        }
        b'"' => (Within::Name, 1),
        b'/' if rest.starts_with(b"/*") => (Within::Comment(1), 2),
        b'$' if !in_word(before(1)) => match tag(rest) {
            Some(tag) => {
                let length = tag.len();
                (Within::Dollar(tag), length)
            }
            None => (Within::Nothing, 1),
        },
        _ => (Within::Nothing, 1),
    }
}

/// `$tag$`, where that stands here.
fn tag(rest: &[u8]) -> Option<Vec<u8>> {
    let length = rest.iter().skip(1).position(|byte| *byte == b'$')?;
    let word = &rest[1..=length];
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte > 127;
    let begins = word.first().is_none_or(|byte| !byte.is_ascii_digit());
    (begins && word.iter().all(fits)).then(|| rest[..length + 2].to_vec())
}
