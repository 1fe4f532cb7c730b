//! Tables that have another form now than then: what can be left to its default, and what cannot be restored.

use std::collections::{BTreeMap, BTreeSet};

use super::form::{Column, Table};
use crate::{model::Text, ops::Refusal};

/// What the operator said about columns that only one side has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drift {
    /// Such a table is refused.
    Refuse,
    /// What only the live server has is left to its default; what only the copy has is left out.
    Default,
}

/// Tables, and what is said of each.
type Told = Vec<(String, String)>;

/// The tables of both sides with the columns that both have, those that are asked for; and what is left to its default or
/// left out, in words.
pub(super) fn alike(
    live: Vec<Table>,
    copy: &[Table],
    wanted: &BTreeSet<&str>,
    drift: Drift,
) -> Result<(Vec<Table>, Told), Refusal> {
    let there: BTreeMap<String, &Table> = copy.iter().map(|table| (table.path(), table)).collect();
    for name in wanted {
        if live.iter().all(|table| table.path() != *name) {
            return Err(Refusal::new(format!("the tenant has no table {name}")));
        }
    }
    let (mut alike, mut told, mut other) = (Vec::new(), Vec::new(), Vec::new());
    let mut offered = false;
    let here: BTreeSet<String> = live.iter().map(Table::path).collect();
    let is_wanted = |path: &str| wanted.is_empty() || wanted.contains(path);
    for table in live.into_iter().filter(|table| is_wanted(&table.path())) {
        let Some(copy) = there.get(&table.path()) else {
            other.push(format!("{} is only live", table.path()));
            continue;
        };
        let found = Apart::of(&table, copy);
        if let Some(why) = found.in_the_way() {
            other.push(format!("{} {why}", table.path()));
        } else if !found.is_none() && drift == Drift::Refuse {
            offered = true;
            other.push(format!("{} {}", table.path(), found.told()));
        } else {
            told.extend((!found.is_none()).then(|| (table.path(), found.told())));
            alike.push(found.without(table));
        }
    }
    let gone = there.keys().filter(|path| !here.contains(*path) && is_wanted(path));
    other.extend(gone.map(|path| format!("{path} is only in the copy")));
    if other.is_empty() {
        return Ok((alike, told));
    }
    let what = format!("tables have another form now than then: {}", other.join("; "));
    let others = "restore the others: tables=schema.name,schema.name";
    Err(Refusal::new(what).hint(if offered {
        format!("{others}; or drift=default, where the defaults are right for rows of then")
    } else {
        others.to_owned()
    }))
}

/// In what two forms of a table differ.
struct Apart {
    live: Vec<Column>,
    copy: Vec<Column>,
    /// Columns that are others than those that were called so then.
    renamed: Vec<Column>,
    /// Columns of the same name that are something else.
    other: Vec<String>,
}

impl Apart {
    fn of(live: &Table, copy: &Table) -> Self {
        let only = |a: &Table, b: &Table| {
            let all = a.columns.iter();
            let only = all.filter(|column| b.columns.iter().all(|other| other.name != column.name));
            only.cloned().collect()
        };
        let both = live.columns.iter().filter_map(|now| {
            let then = copy.columns.iter().find(|then| then.name == now.name)?;
            other(now, then)
        });
        let mut other: Vec<String> = both.collect();
        if live.key != copy.key {
            other.push("has another primary key".into());
        }
        Self {
            live: only(live, copy),
            copy: only(copy, live),
            renamed: renamed(live, copy),
            other,
        }
    }

    fn is_none(&self) -> bool {
        self.live.is_empty() && self.copy.is_empty() && self.renamed.is_empty() && self.other.is_empty()
    }

    /// What nothing can be done about.
    fn in_the_way(&self) -> Option<String> {
        let needed = self.live.iter().filter(|column| column.required);
        let needed = needed.map(|column| format!("needs {} of every row, which the copy does not have", shown(column)));
        let all: Vec<String> = self.other.iter().cloned().chain(needed).collect();
        (!all.is_empty()).then(|| all.join(" and "))
    }

    fn told(&self) -> String {
        let names = |all: &[Column]| all.iter().map(shown).collect::<Vec<_>>().join(", ");
        let only = [
            (
                &self.live,
                "only live, and rows that are written again get their defaults",
            ),
            (&self.copy, "only in the copy, and what was in them is not restored"),
            (
                &self.renamed,
                "as other columns than those that were called so then, and rows are written by these names",
            ),
        ];
        let only = only.into_iter().filter(|(all, _)| !all.is_empty());
        let only: Vec<String> = only.map(|(all, what)| format!("[{}] {what}", names(all))).collect();
        format!("has {}", only.join("; "))
    }

    /// The columns of both sides first; those that only the live server has behind them.
    fn without(self, table: Table) -> Table {
        let (more, columns) = table.columns.into_iter().partition(|column| self.live.contains(column));
        Table { columns, more, ..table }
    }
}

/// Columns whose name was another one's then, or was given to a new one. In a table that was made anew their numbers tell
/// nothing, but their order does.
fn renamed(live: &Table, copy: &Table) -> Vec<Column> {
    let same_table = live.oid == copy.oid;
    let places = |of: &Table, other: &Table| -> BTreeMap<String, i64> {
        let both = of
            .columns
            .iter()
            .filter(|a| other.columns.iter().any(|b| b.name == a.name));
        let place = |(at, column): (i64, &Column)| {
            let place = if same_table { column.number.into() } else { at };
            (column.name.clone(), place)
        };
        (0..).zip(both).map(place).collect()
    };
    let (now, then) = (places(live, copy), places(copy, live));
    let columns = live.columns.iter();
    columns
        .filter(|column| now.get(&column.name) != then.get(&column.name))
        .cloned()
        .collect()
}

fn other(now: &Column, then: &Column) -> Option<String> {
    let name = Text::from(now.name.as_str());
    if now.kind != then.kind {
        return Some(format!("has {name} as {} now and as {} then", now.kind, then.kind));
    }
    (now.generated != then.generated).then(|| {
        let when = if now.generated { "now" } else { "then" };
        format!("has {name} computed by the server only {when}")
    })
}

fn shown(column: &Column) -> String {
    format!("{} {}", Text::from(column.name.as_str()), column.kind)
}
