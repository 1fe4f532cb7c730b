//! The text of one file with its name: read with care, and able to say where an offset stands.

use std::{
    fs,
    io::{self, Read},
    ops::Range,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Mistake, Mistakes};

/// A file's text.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// As it was named.
    pub(super) file: PathBuf,
    /// The whole of it.
    pub(super) text: String,
}

impl Source {
    pub(super) fn new(file: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            text: text.into(),
        }
    }

    /// Reads a file of the operator's; `None` where there is none.
    ///
    /// # Errors
    /// It cannot be read, is not UTF-8, or others than its owner could have written it.
    pub(super) fn read(file: &Path) -> Result<Option<Self>, Mistakes> {
        Self::read_if(file, |_| None)
    }

    /// As [`Source::read`], where the file also holds against something else: what is wrong with it, if anything.
    ///
    /// # Errors
    /// As [`Source::read`], or what is wrong.
    pub(super) fn read_if(
        file: &Path,
        judge: impl FnOnce(&fs::Metadata) -> Option<String>,
    ) -> Result<Option<Self>, Mistakes> {
        let wrong = |what: String| Mistakes::from(Mistake::of_file(file, what));
        let unread = |e: io::Error| wrong(format!("cannot be read: {e}"));
        let mut opened = match fs::File::open(file) {
            Ok(opened) => opened,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(unread(e)),
        };
        // Asked of what was opened, so that nothing is exchanged in between.
        let meta = opened.metadata().map_err(unread)?;
        let mode = meta.permissions().mode() & 0o777;
        if mode & 0o022 != 0 {
            return Err(wrong(format!(
                "others may write this file (mode {mode:04o}); run `chmod go-w` on it"
            )));
        }
        if let Some(what) = judge(&meta) {
            return Err(wrong(what));
        }
        let mut text = String::new();
        opened.read_to_string(&mut text).map_err(unread)?;
        Ok(Some(Self::new(file, text)))
    }

    /// A mistake in this file, at the beginning of the span.
    pub(super) fn mistake(&self, span: &Range<usize>, what: impl Into<String>) -> Mistake {
        Mistake {
            file: self.file.clone(),
            at: Some(self.place(span.start)),
            what: what.into(),
        }
    }

    /// Line and column of a byte, both from 1.
    pub(super) fn place(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        (before.matches('\n').count() + 1, line.chars().count() + 1)
    }

    /// The tree of its TOML.
    ///
    /// # Errors
    /// Each place where it is not TOML. Nothing else is looked at then, since what follows a broken line is guesswork.
    pub(super) fn tree(&self) -> Result<Spanned<DeValue<'_>>, Mistakes> {
        let (table, errors) = DeTable::parse_recoverable(&self.text);
        let mut found = Mistakes::default();
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            found.add(self.mistake(&span, error.message()));
        }
        let span = table.span();
        found.or(Spanned::new(span, DeValue::Table(table.into_inner())))
    }

    /// What it becomes. For a file that has been checked.
    ///
    /// # Errors
    /// The checks and serde disagree; then serde's word is passed on with its place.
    pub(super) fn typed<T: DeserializeOwned>(&self) -> Result<T, Mistakes> {
        toml::from_str(&self.text).map_err(|e| {
            let span = e.span().unwrap_or(0..0);
            self.mistake(&span, e.message()).into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = Source::new("x", "a\näö b\n");
        assert_eq!(source.place(0), (1, 1));
        assert_eq!(source.place(2), (2, 1));
        assert_eq!(source.place(7), (2, 4));
        assert_eq!(source.place(8), (2, 5));
        assert_eq!(source.place(99), (3, 1));
    }
}
