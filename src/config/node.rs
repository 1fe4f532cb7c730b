//! A value in a file's tree together with the file, so that whatever is found there can be told with its place.

use std::{fmt::Display, ops::Range};

use serde_json::Value as Json;
use toml::{Spanned, de::DeValue};

use super::{Mistake, Origin, source::Source};

/// One value of a file.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    source: &'a Source,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Node<'a> {
    /// The root of a file's tree.
    pub(super) fn new(source: &'a Source, value: &'a Spanned<DeValue<'a>>) -> Self {
        Self { source, value }
    }

    /// The value itself.
    pub(super) fn value(self) -> &'a DeValue<'a> {
        self.value.get_ref()
    }

    /// The file it stands in.
    pub(super) fn source(self) -> &'a Source {
        self.source
    }

    fn with(self, value: &'a Spanned<DeValue<'a>>) -> Self {
        Self { value, ..self }
    }

    /// Every key of a table with the key's own span, in the order of the alphabet.
    pub(super) fn entries(self) -> impl Iterator<Item = (&'a str, Range<usize>, Self)> {
        let table = self.value().as_table();
        table
            .into_iter()
            .flatten()
            .map(move |(key, value)| (key.get_ref().as_ref(), key.span(), self.with(value)))
    }

    /// The value of a key, where this is a table that has it.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        Some(self.with(self.value().as_table()?.get(key)?))
    }

    /// The elements, where this is an array.
    pub(super) fn items(self) -> impl Iterator<Item = Self> {
        let array = self.value().as_array();
        array
            .into_iter()
            .flat_map(|a| a.iter())
            .map(move |value| self.with(value))
    }

    /// The elements under a key; none where there is no such array.
    pub(super) fn list(self, key: &str) -> impl Iterator<Item = Self> + use<'a> {
        self.get(key).into_iter().flat_map(Node::items)
    }

    /// The string, where this is one.
    pub(super) fn text(self) -> Option<&'a str> {
        self.value().as_str()
    }

    /// The string under a key.
    pub(super) fn word(self, key: &str) -> Option<&'a str> {
        self.get(key)?.text()
    }

    /// The whole number, where this is one that fits.
    pub(super) fn number(self) -> Option<i64> {
        let digits = self.value().as_integer()?;
        i64::from_str_radix(digits.as_str(), digits.radix()).ok()
    }

    /// A mistake at the value.
    pub(super) fn wrong(self, what: impl Into<String>) -> Mistake {
        self.source.mistake(&self.value.span(), what)
    }

    /// A mistake at a place of the same file.
    pub(super) fn wrong_at(self, span: &Range<usize>, what: impl Into<String>) -> Mistake {
        self.source.mistake(span, what)
    }

    /// The value as one word, without quotes.
    pub(super) fn plain(self) -> String {
        match self.json() {
            Json::String(text) => text,
            other => other.to_string(),
        }
    }

    /// The value, for `config show`.
    pub(super) fn json(self) -> Json {
        match self.value() {
            DeValue::String(text) => text.as_ref().into(),
            DeValue::Integer(_) => self.number().into(),
            DeValue::Float(float) => float.as_str().into(),
            DeValue::Boolean(truth) => (*truth).into(),
            DeValue::Datetime(date) => date.to_string().into(),
            DeValue::Array(_) => self.items().map(Self::json).collect(),
            DeValue::Table(_) => self
                .entries()
                .map(|(key, _, value)| (key.to_owned(), value.json()))
                .collect(),
        }
    }

    /// Where it comes from.
    pub(super) fn origin(self) -> Origin {
        Origin::File(self.source.file.clone(), self.line())
    }

    /// The line where the value stands, from 1.
    pub(super) fn line(self) -> usize {
        self.source.place(self.value.span().start).0
    }

    /// What the value is, for a sentence such as `must be a string, not an array`.
    pub(super) fn kind(self) -> impl Display + use<> {
        match self.value() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        }
    }
}
