//! What is wrong with a command line, where, and which word was probably meant.

/// A mistake in a command line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at {at}: {what}")]
pub struct Wrong {
    /// The character it begins at, counted from 1.
    pub at: usize,
    /// What is wrong, without a full stop.
    pub what: String,
}

impl Wrong {
    pub(super) fn new(at: usize, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }

    /// `word` is no `kind`; the nearest of `known` is named, or all of them where none is near.
    pub(super) fn unknown<'a>(at: usize, kind: &str, word: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.collect();
        let distance = |other: &&&str| strsim::damerau_levenshtein(word, other);
        let near = known.iter().min_by_key(distance);
        let near = near.filter(|near| distance(near) <= near.len().div_ceil(2));
        let hint = match near {
            Some(near) => format!("did you mean {near}?"),
            None => format!("there are {}", known.join(", ")),
        };
        Self::new(at, format!("no {kind} {word:?}: {hint}"))
    }
}
