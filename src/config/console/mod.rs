//! The console file: how the console looks and behaves, whatever the fleet. It need not exist.

mod file;

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value as Json;

use self::file::ConsoleFile;
use super::{
    ColorChoice, Mistakes, Places, Shown, Vocabulary, keymap, layers::Shelf, mistake::meant, node::Node,
    origin::Picked, shape, source::Source, theme,
};

/// How the console looks and behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Console {
    /// The theme's name.
    pub theme: String,
    /// The keymap's name.
    pub keymap: String,
    /// How many colours.
    pub color: ColorChoice,
    /// Whether only ASCII is drawn, save in names from outside.
    pub ascii: bool,
    /// Whether the mouse is taken at the start.
    pub mouse: bool,
    /// How long an Esc waits for the rest of an arrow key.
    pub esc_timeout: Duration,
    /// The columns to show, by view, in order. A view that is not here shows its own.
    pub columns: BTreeMap<String, Vec<String>>,
}

/// Reads the console file, and lays the environment and the command line over it.
///
/// # Errors
/// Everything that is wrong in any of the three.
pub fn load(places: &Places, words: &Vocabulary) -> Result<Console, Mistakes> {
    both(places, words).map(|(console, _)| console)
}

/// Each value with its origin.
///
/// # Errors
/// As [`load`].
pub(super) fn show(places: &Places, words: &Vocabulary) -> Result<Vec<Shown>, Mistakes> {
    both(places, words).map(|(_, shown)| shown)
}

/// The JSON schema of the console file.
pub fn schema() -> Json {
    schemars::schema_for!(ConsoleFile).to_value()
}

fn both(places: &Places, words: &Vocabulary) -> Result<(Console, Vec<Shown>), Mistakes> {
    let file = places.console();
    let source = Source::read(&file)?.unwrap_or_else(|| Source::new(&file, ""));
    let tree = source.tree()?;
    let root = Node::new(&source, &tree);
    let mut picks = Picks {
        places,
        root,
        found: shape::check(&schema(), root),
        shown: Vec::new(),
    };
    let console = Console {
        theme: picks.name("theme", places.flags.theme.as_deref(), &theme::SHELF),
        keymap: picks.name("keymap", places.flags.keymap.as_deref(), &keymap::SHELF),
        color: picks.color(),
        ascii: picks.truth("ascii", places.flags.ascii),
        mouse: picks.truth("mouse", places.flags.mouse),
        esc_timeout: picks.esc_timeout(),
        columns: picks.columns(words),
    };
    picks.found.or((console, picks.shown))
}

struct Picks<'a> {
    places: &'a Places,
    root: Node<'a>,
    found: Mistakes,
    shown: Vec<Shown>,
}

/// Key of the file, flag, variable, and what holds where nobody says anything.
const KEYS: [(&str, &str, &str, &str); 6] = [
    ("theme", "--theme", "TENANTRY_THEME", "base16"),
    ("keymap", "--keymap", "TENANTRY_KEYMAP", "default"),
    ("color", "--color", "TENANTRY_COLOR", "auto"),
    ("ascii", "--ascii", "TENANTRY_ASCII", "false"),
    ("mouse", "--mouse", "TENANTRY_MOUSE", "false"),
    ("esc_timeout_ms", "", "TENANTRY_ESC_TIMEOUT_MS", "25"),
];

/// Over a network the bytes of an arrow key may arrive apart.
const ESC_TIMEOUT_SSH_MS: &str = "100";

impl Picks<'_> {
    fn pick<T>(
        &mut self,
        key: &'static str,
        flag: Option<&str>,
        parse: impl FnOnce(&str) -> Result<(T, Json), String>,
    ) -> Option<T> {
        let (_, flag_name, variable, default) = KEYS.into_iter().find(|(known, ..)| *known == key)?;
        let over_ssh = ["SSH_TTY", "SSH_CONNECTION"]
            .iter()
            .any(|name| self.places.variable(name).is_some());
        let default = if over_ssh && key == "esc_timeout_ms" {
            ESC_TIMEOUT_SSH_MS
        } else {
            default
        };
        let said = self.places.variable(variable);
        let picked = Picked::of((flag_name, flag), (variable, said), self.root.get(key), default);
        match parse(&picked.value) {
            Ok((value, json)) => {
                self.shown.push(Shown {
                    key: key.to_owned(),
                    value: json,
                    source: picked.origin,
                });
                Some(value)
            }
            Err(what) => {
                let mistake = picked.wrong(&what);
                if !self.found.told(&mistake) {
                    self.found.add(mistake);
                }
                None
            }
        }
    }

    fn name(&mut self, key: &'static str, flag: Option<&str>, shelf: &Shelf) -> String {
        let names = shelf.names(self.places);
        let parse = |value: &str| {
            if names.iter().any(|name| name == value) {
                return Ok((value.to_owned(), value.into()));
            }
            let near = meant(value, names.iter().map(String::as_str));
            Err(format!("there is no {} {value:?}{near}", shelf.kind))
        };
        self.pick(key, flag, parse).unwrap_or_default()
    }

    fn color(&mut self) -> ColorChoice {
        let flag = self.places.flags.color.clone();
        let parse = |value: &str| match value.parse() {
            Ok(choice) => Ok((choice, value.into())),
            Err(words) => Err(format!("a colour choice is {words}, not {value:?}")),
        };
        self.pick("color", flag.as_deref(), parse).unwrap_or_default()
    }

    fn truth(&mut self, key: &'static str, flag: bool) -> bool {
        let parse = |value: &str| match value {
            "true" | "1" => Ok((true, true.into())),
            "false" | "0" => Ok((false, false.into())),
            _ => Err(format!("this must be true or false, not {value:?}")),
        };
        self.pick(key, flag.then_some("true"), parse).unwrap_or_default()
    }

    fn esc_timeout(&mut self) -> Duration {
        let parse = |value: &str| match value.parse::<u64>() {
            Ok(ms) if ms <= file::ESC_TIMEOUT_MOST_MS => Ok((Duration::from_millis(ms), ms.into())),
            _ => Err(format!(
                "this must be a number of milliseconds up to {}, not {value:?}",
                file::ESC_TIMEOUT_MOST_MS
            )),
        };
        self.pick("esc_timeout_ms", None, parse).unwrap_or_default()
    }

    fn columns(&mut self, words: &Vocabulary) -> BTreeMap<String, Vec<String>> {
        let mut columns = BTreeMap::new();
        let views = self.root.get("views");
        for (view, span, node) in views.into_iter().flat_map(Node::entries) {
            let Some(known) = words.views.get(view) else {
                let near = meant(view, words.views.keys().map(String::as_str));
                self.found
                    .add(node.wrong_at(&span, format!("there is no view {view:?}{near}")));
                continue;
            };
            let mut names: Vec<String> = Vec::new();
            for column in node.list("columns") {
                let name = column.text().unwrap_or_default();
                if !known.columns.iter().any(|known| known == name) {
                    let near = meant(name, known.columns.iter().map(String::as_str));
                    self.found
                        .add(column.wrong(format!("{view} has no column {name:?}{near}")));
                } else if names.iter().any(|known| known == name) {
                    self.found.add(column.wrong(format!("{name:?} is named twice")));
                }
                names.push(name.to_owned());
            }
            if let Some(list) = node.get("columns") {
                self.shown.push(Shown {
                    key: format!("views.{view}.columns"),
                    value: names.clone().into(),
                    source: list.origin(),
                });
                columns.insert(view.to_owned(), names);
            }
        }
        columns
    }
}
