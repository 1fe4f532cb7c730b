//! Holds a file's tree against the JSON schema derived from the types that it will become.

use std::{collections::BTreeSet, ops::Range};

use serde_json::Value as Json;
use toml::de::DeValue;

use super::{Mistakes, mistake::meant, node::Node};

/// Every unknown key, missing key, wrong type and wrong word in the tree.
pub(super) fn check(schema: &Json, root: Node<'_>) -> Mistakes {
    let mut walk = Walk {
        schema,
        found: Mistakes::default(),
    };
    walk.value(schema, root, &Path::default());
    walk.found
}

/// Follows references and leaves `null` aside, which TOML does not have.
pub(super) fn resolve<'s>(root: &'s Json, mut schema: &'s Json) -> &'s Json {
    loop {
        let pointer = schema["$ref"]
            .as_str()
            .and_then(|to| root.pointer(to.trim_start_matches('#')));
        let some = schema["anyOf"]
            .as_array()
            .and_then(|of| of.iter().find(|s| s["type"] != "null"));
        match pointer.or(some) {
            Some(next) => schema = next,
            None => return schema,
        }
    }
}

/// The names of the tables that lead to a value.
#[derive(Clone, Default)]
struct Path {
    names: Vec<String>,
    element: bool,
}

impl Path {
    fn to(&self, key: &str) -> Self {
        let mut names = self.names.clone();
        names.push(key.to_owned());
        Self { names, element: false }
    }

    fn item(&self) -> Self {
        Self {
            names: self.names.clone(),
            element: true,
        }
    }

    /// The table as its header would be written.
    fn within(&self) -> String {
        match (self.names.join("."), self.element) {
            (name, _) if name.is_empty() => "at the top level".to_owned(),
            (name, true) => format!("in [[{name}]]"),
            (name, false) => format!("in [{name}]"),
        }
    }

    fn key(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }
}

struct Walk<'s> {
    schema: &'s Json,
    found: Mistakes,
}

impl<'s> Walk<'s> {
    fn value(&mut self, schema: &'s Json, node: Node<'_>, path: &Path) {
        let schema = resolve(self.schema, schema);
        if let Some(words) = words(schema) {
            return self.word(&words, node, path);
        }
        if let Some(variants) = schema["oneOf"].as_array() {
            return self.tagged(variants, node, path);
        }
        let fits = match (kind(schema), node.value()) {
            ("object", DeValue::Table(_)) => return self.table(schema, &[], node, path),
            ("array", DeValue::Array(_)) => return self.array(schema, node, path),
            ("integer", DeValue::Integer(_)) => return self.range(schema, node, path),
            ("string", DeValue::String(_)) | ("boolean", DeValue::Boolean(_)) => true,
            (kind, _) => kind.is_empty(),
        };
        if !fits {
            self.unfit(schema, node, path);
        }
    }

    fn unfit(&mut self, schema: &Json, node: Node<'_>, path: &Path) {
        let wanted = match kind(schema) {
            "object" => "a table",
            "array" => "an array",
            "integer" => "a whole number",
            "boolean" => "true or false",
            _ => "a string",
        };
        let what = format!("{:?} must be {wanted}, not {}", path.key(), node.kind());
        self.found.add(node.wrong(what));
    }

    fn word(&mut self, words: &[&str], node: Node<'_>, path: &Path) {
        match node.text() {
            Some(word) if words.contains(&word) => {}
            Some(word) => {
                let near = meant(word, words.iter().copied());
                self.found
                    .add(node.wrong(format!("{:?} cannot be {word:?}{near}", path.key())));
            }
            None => {
                let words = words.join(", ");
                let what = format!("{:?} must be one of {words}, not {}", path.key(), node.kind());
                self.found.add(node.wrong(what));
            }
        }
    }

    fn range(&mut self, schema: &Json, node: Node<'_>, path: &Path) {
        let least = schema["minimum"].as_i64().unwrap_or(i64::MIN);
        let most = schema["maximum"].as_i64().unwrap_or(i64::MAX);
        if node.number().is_none_or(|n| n < least || n > most) {
            let what = format!("{:?} must be between {least} and {most}", path.key());
            self.found.add(node.wrong(what));
        }
    }

    fn array(&mut self, schema: &'s Json, node: Node<'_>, path: &Path) {
        for item in node.items() {
            self.value(&schema["items"], item, &path.item());
        }
    }

    /// A table whose shape follows from one of its words.
    fn tagged(&mut self, variants: &'s [Json], node: Node<'_>, path: &Path) {
        let Some(tag) = variants.first().and_then(tag) else {
            return;
        };
        if node.value().as_table().is_none() {
            return self.unfit(&variants[0], node, path);
        }
        let of = |variant: &'s Json| variant["properties"][tag]["const"].as_str();
        let Some(word) = node.get(tag) else {
            self.missing(tag, node, path);
            return self.strangers(variants, node, path);
        };
        if let Some(variant) = variants.iter().find(|variant| of(variant) == word.text()) {
            return self.table(variant, &[tag], node, path);
        }
        let words: Vec<&str> = variants.iter().filter_map(of).collect();
        self.word(&words, word, &path.to(tag));
    }

    /// Keys that no variant has: one of them may be the word that is missing.
    fn strangers(&mut self, variants: &[Json], node: Node<'_>, path: &Path) {
        let known: BTreeSet<&str> = variants
            .iter()
            .filter_map(|variant| variant["properties"].as_object())
            .flat_map(|properties| properties.keys().map(String::as_str))
            .collect();
        for (key, span, _) in node.entries().filter(|(key, ..)| !known.contains(key)) {
            self.unknown(key, &span, known.iter().copied(), node, path);
        }
    }

    fn unknown<'k>(
        &mut self,
        key: &str,
        span: &Range<usize>,
        known: impl Iterator<Item = &'k str>,
        node: Node<'_>,
        path: &Path,
    ) {
        let what = format!("unknown key {key:?} {}{}", path.within(), meant(key, known));
        self.found.add(node.wrong_at(span, what));
    }

    fn table(&mut self, schema: &'s Json, known: &[&str], node: Node<'_>, path: &Path) {
        let rest = schema.get("additionalProperties").filter(|rest| rest.is_object());
        let keys = || schema["properties"].as_object().into_iter().flatten();
        for (key, span, value) in node.entries() {
            match schema["properties"].get(key).or(rest) {
                _ if known.contains(&key) => {}
                Some(schema) => self.value(schema, value, &path.to(key)),
                None => self.unknown(key, &span, keys().map(|(key, _)| key.as_str()), node, path),
            }
        }
        for key in schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
        {
            if node.get(key).is_none() {
                self.missing(key, node, path);
            }
        }
    }

    fn missing(&mut self, key: &str, node: Node<'_>, path: &Path) {
        let what = format!("{key:?} is missing {}", path.within());
        self.found.add(node.wrong(what));
    }
}

/// What the schema asks for; `null` beside it is no type of TOML's.
fn kind(schema: &Json) -> &str {
    let kinds = schema["type"].as_array();
    let first = kinds.and_then(|kinds| kinds.iter().filter_map(Json::as_str).find(|kind| *kind != "null"));
    first.or(schema["type"].as_str()).unwrap_or_default()
}

/// The words to choose from, where the schema is such a choice.
pub(super) fn words(schema: &Json) -> Option<Vec<&str>> {
    match (schema["enum"].as_array(), schema["oneOf"].as_array()) {
        (Some(words), _) => words.iter().map(Json::as_str).collect(),
        (_, Some(variants)) => variants.iter().map(|variant| variant["const"].as_str()).collect(),
        _ => None,
    }
}

/// The key whose word tells the variants of a table apart.
fn tag(variant: &Json) -> Option<&str> {
    let properties = variant["properties"].as_object()?;
    let (key, _) = properties.iter().find(|(_, schema)| schema["const"].is_string())?;
    Some(key)
}
