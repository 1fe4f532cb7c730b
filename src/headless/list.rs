//! What an operation is to be done to, from a file: a line of a table, or an entry of a list, for each.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

use crate::{
    model::{Kind, Target, Text},
    ops::{self, Operation, Refusal},
};

/// Targets, and what is said of each alone.
#[derive(Debug, Default)]
pub struct Listed {
    /// In the order of the file.
    pub targets: Vec<Target>,
    /// By the last name of each target: what is said of it, by the name of what is asked.
    pub each: BTreeMap<String, BTreeMap<String, String>>,
}

impl From<Vec<Target>> for Listed {
    fn from(targets: Vec<Target>) -> Self {
        Self {
            targets,
            each: BTreeMap::new(),
        }
    }
}

/// A line of the file: its number, and what stands in each column.
type Line = (u64, BTreeMap<String, String>);

/// The targets that a file lists: a table with commas and a heading (RFC 4180), or TOML with a `[[KIND]]` for each. The column
/// that is called after the kind has the target's path, the others are what the operation asks.
///
/// # Errors
/// Where the file cannot be read, or a line of it says something that the operation does not ask.
pub fn read(operation: &str, path: &Path) -> Result<Listed, Refusal> {
    let text = fs::read_to_string(path).map_err(|error| Refusal::new(format!("{}: {error}", path.display())))?;
    parse(ops::find(operation)?, path, &text)
}

fn parse(operation: &dyn Operation, path: &Path, text: &str) -> Result<Listed, Refusal> {
    let kind = operation.takes();
    let place = |at: u64| format!("{}, line {at}", path.display());
    let lines = if path.extension().is_some_and(|end| end == "toml") {
        toml(text, kind)
    } else {
        table(text)
    };
    let lines = lines.map_err(|(at, why)| Refusal::new(format!("{}: {why}", place(at))))?;
    let names: Vec<&str> = operation.asks().iter().map(|ask| ask.name).collect();
    let columns = format!("the columns are {}, {}", kind.word(), names.join(", "));
    let mut listed = Listed::default();
    for (at, mut said) in lines {
        let target = said.remove(kind.word()).filter(|path| !path.trim().is_empty());
        let none = || Refusal::new(format!("{}: there is no {}", place(at), kind.word())).hint(columns.clone());
        let target = Target::new(kind, target.ok_or_else(none)?.trim().split('/'));
        if let Some(other) = said.keys().find(|name| !names.contains(&name.as_str())) {
            let what = format!(
                "{}: {} does not ask for {}",
                place(at),
                operation.name(),
                Text::from(other.as_str())
            );
            return Err(Refusal::new(what).hint(columns));
        }
        said.retain(|_, word| !word.trim().is_empty());
        let name = target.name().raw().to_owned();
        if listed.each.contains_key(&name) {
            return Err(Refusal::new(format!(
                "{}: {} is listed twice",
                place(at),
                target.name()
            )));
        }
        listed.each.insert(name, said);
        listed.targets.push(target);
    }
    Ok(listed)
}

fn table(text: &str) -> Result<Vec<Line>, (u64, String)> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let wrong = |error: csv::Error| {
        let at = error.position().map_or(1, csv::Position::line);
        (at, error.to_string())
    };
    let mut lines = Vec::new();
    let heading = reader.headers().map_err(wrong)?.clone();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let at = record.position().map_or(1, csv::Position::line);
        let said = heading.iter().zip(record.iter());
        lines.push((
            at,
            said.map(|(name, word)| (name.to_owned(), word.to_owned())).collect(),
        ));
    }
    Ok(lines)
}

fn toml(text: &str, kind: Kind) -> Result<Vec<Line>, (u64, String)> {
    type Entry = toml::Spanned<BTreeMap<String, String>>;
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct File(BTreeMap<String, Vec<Entry>>);
    let line = |at: usize| 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count() as u64;
    let wrong = |error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start);
        (line(at), error.message().to_owned())
    };
    let File(mut file) = toml::from_str(text).map_err(wrong)?;
    let all = file.remove(kind.word()).unwrap_or_default();
    if let Some(other) = file.keys().next() {
        return Err((
            1,
            format!("[[{}]] is no [[{}]]", Text::from(other.as_str()), kind.word()),
        ));
    }
    Ok(all
        .into_iter()
        .map(|entry| (line(entry.span().start), entry.into_inner()))
        .collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Listed, parse};
    use crate::ops;

    fn listed(end: &str, text: &str) -> Result<Listed, String> {
        let path = format!("tenants{end}");
        parse(ops::find("onboard").unwrap(), Path::new(&path), text).map_err(|refusal| refusal.what)
    }

    #[test]
    fn a_table_and_a_list_say_the_same() {
        let table = listed(
            ".csv",
            "new-tenant,name,tier\nnordlicht,\"Nordlicht, GmbH\",large\nzweite,,\n",
        )
        .unwrap();
        let list = "[[new-tenant]]\nnew-tenant = \"nordlicht\"\nname = \"Nordlicht, GmbH\"\ntier = \"large\"\n\
                    [[new-tenant]]\nnew-tenant = \"zweite\"\n";
        let list = listed(".toml", list).unwrap();
        assert_eq!((&table.targets, &table.each), (&list.targets, &list.each));
        assert_eq!(table.each["nordlicht"]["name"], "Nordlicht, GmbH");
        assert!(table.each["zweite"].is_empty());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (end, text, why) in [
            (
                ".csv",
                "new-tenant,colour\na,red\n",
                "line 2: onboard does not ask for colour",
            ),
            (".csv", "new-tenant,name\n,Nobody\n", "line 2: there is no new-tenant"),
            (".csv", "new-tenant\na\nb\na\n", "line 4: a is listed twice"),
            (".csv", "new-tenant,name\na,b,c\n", "line 2"),
            (".toml", "[[tenant]]\nname = \"a\"\n", "[[tenant]] is no [[new-tenant]]"),
            (".toml", "[[new-tenant]]\nnew-tenant = 3\n", "line 2"),
        ] {
            let told = listed(end, text).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
    }
}
