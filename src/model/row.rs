//! What a view yields: a typed table. The terminal paints it, `--json` prints it.

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::{Fault, Kind, Severity, Target, Text, Value};

/// A column of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The key in JSON and in filters: lower case, `_` between words.
    pub name: &'static str,
    /// The heading on screen.
    pub title: &'static str,
    /// One line for the column picker and the help.
    pub about: &'static str,
    /// Numbers to the right, words to the left.
    pub align: Align,
    /// 0 is always shown; where room is short the highest goes first.
    pub rank: u8,
    /// Widest it may become, in cells of the terminal.
    pub width: u16,
    /// Narrowest that words may become while a column of higher rank could go instead.
    pub least: u16,
}

/// What words are worth that nobody asked more room for.
const LEAST: u16 = 24;

impl Column {
    /// A column of words.
    pub const fn words(name: &'static str, title: &'static str, rank: u8, width: u16, about: &'static str) -> Self {
        Self {
            name,
            title,
            about,
            align: Align::Left,
            rank,
            width,
            least: LEAST,
        }
    }

    /// The same, worth this many cells before any other column is shown.
    pub const fn least(mut self, cells: u16) -> Self {
        self.least = cells;
        self
    }

    /// A column of numbers.
    pub const fn number(name: &'static str, title: &'static str, rank: u8, width: u16, about: &'static str) -> Self {
        Self {
            name,
            title,
            about,
            align: Align::Right,
            rank,
            width,
            least: width,
        }
    }
}

/// Which side of its column a cell keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// One value with its own severity.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// What it holds.
    pub value: Value,
    /// How bad that is; [`Severity::Ok`] is shown as plain text.
    pub severity: Severity,
}

impl Cell {
    /// A harmless value.
    pub fn new(value: impl Into<Value>) -> Self {
        Self {
            value: value.into(),
            severity: Severity::Ok,
        }
    }

    /// Nothing to say here.
    pub fn blank() -> Self {
        Self::new(Value::Blank)
    }

    /// Should be known, is not.
    pub fn unseen(why: impl Into<Text>) -> Self {
        Self {
            value: Value::Unseen(why.into()),
            severity: Severity::Unseen,
        }
    }

    /// The same value, this bad.
    pub fn at(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

impl<T: Into<Value>> From<T> for Cell {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// One thing, with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Identity, not position: the cursor holds on to this while rows move.
    pub target: Target,
    /// One for each column of the view.
    pub cells: Vec<Cell>,
    /// The worst that is known of it.
    pub severity: Severity,
    /// When the oldest value in it was true; `None` where nothing ever was.
    pub seen: Option<Timestamp>,
    /// Why it grows old, where it does.
    pub fault: Option<Fault>,
}

/// What a view makes of a snapshot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The columns of the view, in order.
    pub columns: &'static [Column],
    /// In the view's own order: worst first.
    pub rows: Vec<Row>,
    /// Totals, as words with a severity, for the line above the table.
    pub headline: Vec<Cell>,
    /// What could not be seen, and why. Never empty where the table may be incomplete.
    pub unseen: Vec<(Target, Fault)>,
    /// Whether every source has answered or failed at least once. Before that "none" must not be said.
    pub complete: bool,
}

impl Table {
    /// The stable form: `{"rows": [...], "unseen": [...], "complete": bool}`.
    pub fn json(&self) -> Json {
        let row = |row: &Row| {
            let cells = self.columns.iter().zip(&row.cells);
            let mut object: Map<String, Json> = cells
                .map(|(column, cell)| (column.name.into(), cell.value.json()))
                .collect();
            object.insert("target".into(), json!(row.target));
            object.insert("severity".into(), json!(row.severity));
            object.insert("seen_at".into(), json!(row.seen));
            object.insert("fault".into(), json!(row.fault));
            Json::Object(object)
        };
        let unseen = |(target, fault): &(Target, Fault)| json!({ "target": target, "fault": fault });
        json!({
            "rows": self.rows.iter().map(row).collect::<Vec<_>>(),
            "unseen": self.unseen.iter().map(unseen).collect::<Vec<_>>(),
            "complete": self.complete,
        })
    }
}

/// Everything known of one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    /// The thing.
    pub target: Target,
    /// In reading order: what is wrong first.
    pub sections: Vec<Section>,
}

/// A part of a detail.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Heading, lower case.
    pub title: &'static str,
    /// In reading order.
    pub lines: Vec<Line>,
}

/// A label, its value, and where it leads.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What the value is, a word or two.
    pub label: Text,
    /// The value.
    pub cell: Cell,
    /// What `enter` on this line opens.
    pub link: Option<Target>,
}

impl Section {
    /// An empty section.
    pub fn new(title: &'static str) -> Self {
        Self {
            title,
            lines: Vec::new(),
        }
    }

    /// Adds a line.
    pub fn line(mut self, label: impl Into<Text>, cell: impl Into<Cell>) -> Self {
        self.lines.push(Line {
            label: label.into(),
            cell: cell.into(),
            link: None,
        });
        self
    }

    /// Adds a line that leads somewhere.
    pub fn link(mut self, label: impl Into<Text>, cell: impl Into<Cell>, to: Target) -> Self {
        self.lines.push(Line {
            label: label.into(),
            cell: cell.into(),
            link: Some(to),
        });
        self
    }
}

impl Detail {
    /// The stable form: `{"kind", "path", "sections": {title: [{label, value, severity, link}]}}`.
    pub fn json(&self) -> Json {
        let line = |line: &Line| json!({ "label": line.label, "value": line.cell.value.json(), "severity": line.cell.severity, "link": line.link });
        let section = |section: &Section| {
            (
                section.title.to_owned(),
                Json::Array(section.lines.iter().map(line).collect()),
            )
        };
        let sections: Map<String, Json> = self.sections.iter().map(section).collect();
        json!({ "kind": self.target.kind(), "path": self.target.path(), "sections": sections })
    }

    /// The kind of the thing.
    pub fn kind(&self) -> Kind {
        self.target.kind()
    }
}
