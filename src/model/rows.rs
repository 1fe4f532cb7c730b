//! Texts of a plan that have rows of tenants in them. What is written down of a plan has their digests alone: the texts are
//! kept apart, for as long as the policy says.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Act, Plan, Tree, Undo, Words, hex};

/// Texts, each by its SHA-256 in hexadecimal.
pub type Texts = BTreeMap<String, Arc<str>>;

/// A text with rows in it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Rows {
    /// SHA-256 over the text, in hexadecimal.
    pub rows: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The text, where it is at hand.
    #[serde(skip)]
    text: Option<Arc<str>>,
}

// By hand: no text gets into a message that somebody writes about something else.
impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rows({} bytes, {})", self.bytes, self.rows)
    }
}

// The text is what the digest says, at hand or not.
impl PartialEq for Rows {
    fn eq(&self, other: &Self) -> bool {
        (&self.rows, self.bytes) == (&other.rows, other.bytes)
    }
}

impl Eq for Rows {}

impl Rows {
    /// This text.
    pub fn of(text: String) -> Self {
        Self {
            rows: hex(&Sha256::digest(&text)),
            bytes: text.len() as u64,
            text: Some(text.into()),
        }
    }

    /// The text, where it is at hand.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    fn fill(&mut self, texts: &Texts) {
        let is_it = |text: &&Arc<str>| hex(&Sha256::digest(text.as_bytes())) == self.rows;
        if self.text.is_none() {
            self.text = texts.get(&self.rows).filter(is_it).cloned();
        }
    }
}

impl Plan {
    /// The texts with rows that are at hand.
    pub fn rows(&self) -> Texts {
        let text = |rows: &Rows| Some((rows.rows.clone(), rows.text.clone()?));
        self.with_rows().into_iter().filter_map(text).collect()
    }

    /// Whether the text of some is not at hand.
    pub fn lacks_rows(&self) -> bool {
        self.with_rows().iter().any(|rows| rows.text.is_none())
    }

    /// Takes the texts that it lacks from among these. One that is not what its digest says is not taken.
    pub fn fill(&mut self, texts: &Texts) {
        if let Some(rows) = &mut self.difference {
            rows.fill(texts);
        }
        fill(&mut self.steps, texts);
    }

    fn with_rows(&self) -> Vec<&Rows> {
        let steps = self.steps.steps().into_iter();
        let deeds = steps.flat_map(|step| [Some(&step.act), step.undo.act()]);
        let words = deeds.flatten().flat_map(words);
        let rows = words.filter_map(|words| match words {
            Words::Rows(rows) => Some(rows),
            Words::Text(_) | Words::File(_) => None,
        });
        self.difference.iter().chain(rows).collect()
    }
}

/// What is sent.
fn words(act: &Act) -> &[Words] {
    match act {
        Act::Transact(transact) => &transact.statements,
        Act::Pour(pour) => &pour.into.statements,
        Act::Series(series) => &series.statements,
        Act::Look | Act::Sql(_) | Act::Vault(_) | Act::Process(_) => &[],
    }
}

fn words_mut(act: &mut Act) -> &mut [Words] {
    match act {
        Act::Transact(transact) => &mut transact.statements,
        Act::Pour(pour) => &mut pour.into.statements,
        Act::Series(series) => &mut series.statements,
        Act::Look | Act::Sql(_) | Act::Vault(_) | Act::Process(_) => &mut [],
    }
}

fn fill(tree: &mut Tree, texts: &Texts) {
    let step = match tree {
        Tree::Step(step) => step,
        Tree::Seq(all) | Tree::Each { over: all, .. } => return all.iter_mut().for_each(|tree| fill(tree, texts)),
    };
    let back = match &mut step.undo {
        Undo::Act(act) | Undo::Meanwhile(act) => words_mut(act),
        Undo::Nothing | Undo::Never(_) => &mut [],
    };
    for words in words_mut(&mut step.act).iter_mut().chain(back) {
        if let Words::Rows(rows) = words {
            rows.fill(texts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Rows, Texts};

    #[test]
    fn what_is_written_down_has_the_digest_and_not_the_text() {
        let rows = Rows::of("insert into t values ('ada')".into());
        let written = serde_json::to_string(&rows).unwrap();
        assert!(
            !written.contains("ada") && !format!("{rows:?}").contains("ada"),
            "{written}"
        );
        let mut read: Rows = serde_json::from_str(&written).unwrap();
        assert_eq!(read.text(), None);
        let other = Texts::from([(rows.rows.clone(), "insert into t values ('bob')".into())]);
        read.fill(&other);
        assert_eq!(read.text(), None);
        read.fill(&Texts::from([(
            rows.rows.clone(),
            "insert into t values ('ada')".into(),
        )]));
        assert_eq!(read.text(), rows.text());
    }
}
