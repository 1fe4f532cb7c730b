//! How two schemas differ, in words.

use std::collections::{BTreeMap, BTreeSet};

use super::outlines::Object;

/// One object that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `column orders.note`
    pub what: String,
    /// How.
    pub how: How,
}

/// How an object differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// Only the other schema has it.
    Missing,
    /// Only this schema has it.
    More,
    /// Both have it: how it is made here, and there.
    Other(String, String),
}

/// What makes this schema another than the one that it should be like.
///
/// Where a relation is there only once, its columns, constraints, triggers and policies are not told beside it.
pub fn differences(here: &[Object], there: &[Object]) -> Vec<Difference> {
    let (here, there) = (by_name(here), by_name(there));
    let keys: BTreeSet<_> = here.keys().chain(there.keys()).copied().collect();
    let lone: Vec<String> = keys
        .iter()
        .filter(|key| here.contains_key(*key) != there.contains_key(*key))
        .map(|(_, name)| format!("{name}."))
        .collect();
    let mut all = Vec::new();
    for key in keys {
        let (kind, name) = key;
        let how = match (here.get(&key), there.get(&key)) {
            (Some(here), Some(there)) if here == there => continue,
            (Some(here), Some(there)) => How::Other((*here).to_owned(), (*there).to_owned()),
            (None, _) => How::Missing,
            (Some(_), None) => How::More,
        };
        if !lone.iter().any(|relation| name.starts_with(relation.as_str())) {
            let what = format!("{kind} {name}");
            all.push(Difference { what, how });
        }
    }
    all
}

fn by_name(objects: &[Object]) -> BTreeMap<(&str, &str), &str> {
    let each = objects.iter();
    each.map(|object| ((object.kind.raw(), object.name.raw()), object.definition.raw()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{How, differences};
    use crate::facts::migrations::outlines::Object;

    fn objects(all: &[(&str, &str, &str)]) -> Vec<Object> {
        let object = |(kind, name, definition): &(&str, &str, &str)| Object {
            kind: (*kind).into(),
            name: (*name).into(),
            definition: (*definition).into(),
        };
        all.iter().map(object).collect()
    }

    #[test]
    fn what_is_missing_what_is_more_and_what_is_other() {
        let there = objects(&[
            ("table", "orders", ""),
            ("column", "orders.note", "text at 5"),
            ("index", "x", "CREATE INDEX x ON orders (a)"),
            ("table", "invoice", ""),
            ("column", "invoice.id", "bigint at 1"),
        ]);
        let here = objects(&[
            ("table", "orders", ""),
            ("column", "orders.extra", "text at 5"),
            ("index", "x", "CREATE INDEX x ON orders (b)"),
        ]);
        let told: Vec<(String, How)> = differences(&here, &there)
            .into_iter()
            .map(|one| (one.what, one.how))
            .collect();
        let other = How::Other(
            "CREATE INDEX x ON orders (b)".into(),
            "CREATE INDEX x ON orders (a)".into(),
        );
        let wanted = [
            ("column orders.extra".to_owned(), How::More),
            ("column orders.note".to_owned(), How::Missing),
            ("index x".to_owned(), other),
            ("table invoice".to_owned(), How::Missing),
        ];
        assert_eq!(told, wanted);
    }
}
