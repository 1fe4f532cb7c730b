//! What is sent: a text, or a file of the plan, which must still be the one that the plan was made from.

use std::{collections::HashMap, sync::Arc};

use super::Acting;
use crate::{
    model::{Artefact, Fault, FaultKind, Part, Rows, Words},
    ops::scribe::Scribe,
    provider::migrations,
};

/// The texts of a plan's files, by the digest of the file.
pub type Texts = HashMap<String, Arc<str>>;

/// Reads these files.
///
/// # Errors
/// Where one cannot be read, or is not what it was.
pub fn texts(artefacts: &[Artefact]) -> Result<Texts, Fault> {
    let text = |artefact: &Artefact| {
        let text = migrations::load(&artefact.directory, artefact.file.raw(), &artefact.sha256)?;
        Ok((artefact.sha256.clone(), text.into()))
    };
    artefacts.iter().map(text).collect()
}

/// The text of a file, or of a part of it.
///
/// # Errors
/// Where it is not among these texts.
pub fn part<'a>(texts: Option<&'a Texts>, part: &Part) -> Result<&'a str, Fault> {
    let refused = |what: &str| Fault::new(FaultKind::Refused, format!("{}: {what}", part.file));
    let text = texts.and_then(|texts| texts.get(&part.sha256));
    let text = text.ok_or_else(|| refused("the plan has no such file"))?;
    let Some((from, to)) = part.range else {
        return Ok(text);
    };
    let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
    let found = range.and_then(|(from, to)| text.get(from..to));
    found.ok_or_else(|| refused("it has no such part"))
}

/// Rows, where they are still kept.
///
/// # Errors
/// Where they are not.
pub fn kept(rows: &Rows) -> Result<&str, Fault> {
    let gone = || Fault::new(FaultKind::Refused, "the rows of this plan are not kept any more");
    rows.text().ok_or_else(gone)
}

/// What the server said, with the file that it said it of.
pub fn told(words: &Words, fault: Fault) -> Fault {
    match words {
        Words::Text(_) | Words::Rows(_) => fault,
        Words::File(part) => Fault {
            what: format!("{}: {}", part.file.raw(), fault.what.raw()).into(),
            ..fault
        },
    }
}

impl Acting {
    /// The text of what is sent.
    pub(super) fn text(&self, words: &Words, scribe: &Scribe) -> Result<String, Fault> {
        match words {
            Words::Text(text) => scribe.fill(text),
            Words::File(file) => part(self.texts.get(), file).map(ToOwned::to_owned),
            Words::Rows(rows) => kept(rows).map(ToOwned::to_owned),
        }
    }
}
