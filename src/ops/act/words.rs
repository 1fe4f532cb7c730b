//! What is sent: a text, or a file of the plan, which must still be the one that the plan was made from.

use std::{collections::HashMap, sync::Arc};

use super::Acting;
use crate::{
    model::{Artefact, Fault, FaultKind, Part, Plan, Words},
    ops::scribe::Scribe,
    provider::migrations,
};

/// The texts of a plan's files, by the digest of the file.
pub type Texts = HashMap<String, Arc<str>>;

/// Reads every file of a plan.
///
/// # Errors
/// Where one cannot be read, or is not what it was.
pub fn read(plan: &Plan) -> Result<Texts, Fault> {
    texts(&plan.artefacts)
}

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

impl Acting {
    /// The text of what is sent.
    pub(super) fn text(&self, words: &Words, scribe: &Scribe) -> Result<String, Fault> {
        match words {
            Words::Text(text) => scribe.fill(text),
            Words::File(part) => self.part(part),
        }
    }

    fn part(&self, part: &Part) -> Result<String, Fault> {
        let texts = self.texts.get().and_then(|texts| texts.get(&part.sha256));
        let refused = |what: &str| Fault::new(FaultKind::Refused, format!("{}: {what}", part.file));
        let text = texts.ok_or_else(|| refused("the plan has no such file"))?;
        let Some((from, to)) = part.range else {
            return Ok(text.to_string());
        };
        let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
        let found = range.and_then(|(from, to)| text.get(from..to));
        found
            .map(ToOwned::to_owned)
            .ok_or_else(|| refused("it has no such part"))
    }
}
