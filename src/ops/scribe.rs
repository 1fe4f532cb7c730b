//! What a deed has to tell while it is carried out: kept in the journal before the deed goes on.

use std::{collections::BTreeMap, sync::LazyLock};

use regex_lite::{Captures, Regex};
use serde_json::Value as Json;
use tokio::sync::{mpsc, oneshot};

use crate::model::{Entry, Fault, FaultKind, quote};

/// A line for the journal, and who waits until it is kept.
pub struct Line {
    /// What it says.
    pub entry: Entry,
    waiting: oneshot::Sender<()>,
}

impl Line {
    /// It is.
    pub fn is_kept(self) {
        // Who waited may have been cut off meanwhile.
        let _ = self.waiting.send(());
    }
}

/// Writes into the journal for one deed, and knows what steps before it kept.
pub struct Scribe {
    about: String,
    kept: BTreeMap<String, String>,
    lines: mpsc::UnboundedSender<Line>,
}

impl Scribe {
    /// For a deed that begins now, and what it is about, in words.
    pub fn new(about: String, kept: BTreeMap<String, String>, lines: mpsc::UnboundedSender<Line>) -> Self {
        Self { about, kept, lines }
    }

    /// What the deed is about, in words.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// What was kept under this name.
    pub fn kept(&self, name: &str) -> Option<&str> {
        self.kept.get(name).map(String::as_str)
    }

    /// Tells something worth telling.
    ///
    /// # Errors
    /// Where it may not have been kept.
    pub async fn note(&self, words: impl Into<String>) -> Result<(), Fault> {
        self.write(Entry::Note(words.into())).await
    }

    /// Keeps a value for the steps that follow. It is in the journal: it is no secret.
    ///
    /// # Errors
    /// Where it may not have been kept.
    pub async fn keep(&self, name: &str, value: impl Into<String>) -> Result<(), Fault> {
        self.write(Entry::Kept(name.into(), value.into())).await
    }

    async fn write(&self, entry: Entry) -> Result<(), Fault> {
        let lost = || Fault::new(FaultKind::Refused, "the journal takes no more lines");
        let (waiting, kept) = oneshot::channel();
        self.lines.send(Line { entry, waiting }).map_err(|_| lost())?;
        kept.await.map_err(|_| lost())
    }

    /// Puts what was kept where `:'name'` stands, as a string constant.
    ///
    /// # Errors
    /// Where nothing was kept under a name.
    pub fn fill(&self, text: &str) -> Result<String, Fault> {
        self.replaced(text, quote::literal)
    }

    /// Puts what was kept where `:'name'` stands in a text of a body, as it is.
    ///
    /// # Errors
    /// Where nothing was kept under a name.
    pub fn fill_body(&self, body: &Json) -> Result<Json, Fault> {
        Ok(match body {
            Json::String(text) => Json::String(self.replaced(text, ToOwned::to_owned)?),
            Json::Array(all) => all.iter().map(|one| self.fill_body(one)).collect::<Result<_, _>>()?,
            Json::Object(all) => {
                let filled = all.iter().map(|(key, one)| Ok((key.clone(), self.fill_body(one)?)));
                Json::Object(filled.collect::<Result<_, Fault>>()?)
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => body.clone(),
        })
    }

    fn replaced(&self, text: &str, form: fn(&str) -> String) -> Result<String, Fault> {
        let (filled, missing) = replaced(text, &self.kept, form);
        match missing {
            None => Ok(filled),
            Some(name) => {
                let fault = format!("no step has kept anything under the name {name}");
                Err(Fault::new(FaultKind::Refused, fault))
            }
        }
    }
}

/// A text of a run that has ended with what its steps kept, as string constants. What nobody kept stays as it is.
pub fn filled(text: &str, kept: &BTreeMap<String, String>) -> String {
    replaced(text, kept, quote::literal).0
}

/// The text with what was kept, and the first name under which nothing was.
fn replaced(text: &str, kept: &BTreeMap<String, String>, form: fn(&str) -> String) -> (String, Option<String>) {
    static NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(":'([A-Za-z][A-Za-z0-9_.-]*)'").ok());
    let Some(names) = NAMES.as_ref().filter(|_| text.contains(":'")) else {
        return (text.to_owned(), None);
    };
    let mut missing = None;
    let filled = names.replace_all(text, |found: &Captures<'_>| {
        let Some(value) = kept.get(&found[1]) else {
            missing.get_or_insert_with(|| found[1].to_owned());
            return found[0].to_owned();
        };
        form(value)
    });
    (filled.into_owned(), missing)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tokio::sync::mpsc;

    use super::Scribe;

    #[test]
    fn what_was_kept_is_put_in_as_a_constant_and_what_was_not_is_refused() {
        let kept = BTreeMap::from([("rotated".to_owned(), "it's".to_owned())]);
        let scribe = Scribe::new("do it".into(), kept, mpsc::unbounded_channel().0);
        assert_eq!(scribe.fill("select 1").unwrap(), "select 1");
        assert_eq!(scribe.fill("x < :'rotated'::text").unwrap(), "x < 'it''s'::text");
        let fault = scribe.fill("x < :'other'").unwrap_err();
        assert!(fault.what.raw().ends_with("name other"), "{fault}");
        let body = serde_json::json!({ "lease_id": ":'rotated'", "sync": true });
        let filled = scribe.fill_body(&body).unwrap();
        assert_eq!(filled, serde_json::json!({ "lease_id": "it's", "sync": true }));
        assert!(scribe.fill_body(&serde_json::json!([":'other'"])).is_err());
    }
}
