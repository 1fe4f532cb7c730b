//! What is wrong in an operator's file, where it stands, and what was probably meant.

use std::{collections::BTreeSet, fmt, path::PathBuf};

use crate::model::Text;

/// One thing that is wrong. Prints as `file:line:column: what`, the form that editors jump to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The file as it was named, or `environment`.
    pub file: PathBuf,
    /// Line and column, both from 1, columns in characters; `None` where the whole file is meant.
    pub at: Option<(usize, usize)>,
    /// What is wrong and what to do, without a full stop.
    pub what: String,
}

/// Everything that is wrong, in the order of the files. Never empty when it is returned as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistakes(BTreeSet<Mistake>);

impl Mistake {
    /// A mistake that has no line of its own.
    pub fn of_file(file: impl Into<PathBuf>, what: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            at: None,
            what: what.into(),
        }
    }
}

impl Mistakes {
    /// Adds one.
    pub fn add(&mut self, mistake: Mistake) {
        self.0.insert(mistake);
    }

    /// Adds all of the others.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something is wrong at the same place.
    pub(super) fn told(&self, mistake: &Mistake) -> bool {
        let same = |known: &Mistake| (&known.file, known.at) == (&mistake.file, mistake.at);
        mistake.at.is_some() && self.0.iter().any(same)
    }

    /// In the order of the files.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }

    /// The value, if nothing is wrong.
    pub(super) fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self(BTreeSet::from([mistake]))
    }
}

impl std::error::Error for Mistakes {}

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A path is outside text: a directory may be called anything.
        write!(out, "{}:", Text::from(self.file.display().to_string()))?;
        if let Some((line, column)) = self.at {
            write!(out, "{line}:{column}:")?;
        }
        write!(out, " {}", self.what)
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, mistake) in self.0.iter().enumerate() {
            let newline = if n == 0 { "" } else { "\n" };
            write!(out, "{newline}{mistake}")?;
        }
        Ok(())
    }
}

/// `; did you mean "word"?`, or what there is where no known word is near.
pub(super) fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(word, &known) {
        Some(near) => format!("; did you mean {near:?}?"),
        None if known.is_empty() || known.len() > 12 => String::new(),
        None => format!("; there are: {}", known.join(", ")),
    }
}

/// The known word that differs least, if it is near enough to have been meant.
///
/// A third of the letters may differ; a shared beginning, as in `max_conn`, counts as near.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let distance = |candidate: &str| strsim::osa_distance(&lower, &candidate.to_lowercase());
    let allowed = (word.chars().count() / 3).max(1);
    let close = known.iter().filter(|candidate| distance(candidate) <= allowed);
    let begins = |candidate: &&&str| lower.len() >= 3 && candidate.starts_with(&lower);
    close
        .min_by_key(|candidate| distance(candidate))
        .or_else(|| known.iter().find(begins))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn a_slip_is_put_right_and_a_guess_is_not_made() {
        let keys = ["tenant_column", "registry", "max_connections"];
        assert_eq!(meant("tennant_column", keys), "; did you mean \"tenant_column\"?");
        assert_eq!(meant("Registry", keys), "; did you mean \"registry\"?");
        assert_eq!(meant("max_conn", keys), "; did you mean \"max_connections\"?");
        assert_eq!(
            meant("colour", keys),
            "; there are: tenant_column, registry, max_connections"
        );
        assert_eq!(meant("x", []), "");
    }
}
