//! One keymap file becomes bindings, in the order in which they are written.

use std::{collections::BTreeMap, ops::Range};

use super::{
    super::{Mistakes, layers::Layer, mistake::meant, node::Node},
    Vocabulary,
    action::{self, Action},
    chord::Chord,
};

/// Where bindings stand, beside `view.NAME`.
const SECTIONS: [&str; 5] = ["global", "table", "detail", "prompt", "picker"];

/// A line of a file: keys, and what they mean. `None` takes a meaning away.
pub(super) struct Line {
    pub(super) section: String,
    pub(super) keys: Vec<Chord>,
    pub(super) means: Option<(Action, String)>,
}

/// The lines of one file.
pub(super) fn lines(layer: &Layer, words: &Vocabulary) -> Result<Vec<Line>, Mistakes> {
    let tree = layer.source.tree()?;
    let mut read = Read {
        words,
        lenient: layer.built_in,
        lines: Vec::new(),
        found: Mistakes::default(),
    };
    read.file(Node::new(&layer.source, &tree));
    read.found.or(read.lines)
}

struct Read<'a> {
    words: &'a Vocabulary,
    /// A keymap that comes with the console may name views that this vocabulary leaves out; they are not bound.
    lenient: bool,
    lines: Vec<Line>,
    found: Mistakes,
}

impl Read<'_> {
    fn file(&mut self, root: Node<'_>) {
        for (name, span, node) in root.entries() {
            match name {
                "inherits" => {}
                "about" => self.about(node),
                "view" => self.views(node),
                name if SECTIONS.contains(&name) => self.section(name, node),
                name => {
                    let near = meant(name, SECTIONS.into_iter().chain(["view", "inherits", "about"]));
                    self.found
                        .add(node.wrong_at(&span, format!("there is no section [{name}]{near}")));
                }
            }
        }
    }

    fn about(&mut self, node: Node<'_>) {
        if node.text().is_none() {
            self.found
                .add(node.wrong(format!("\"about\" must be a string, not {}", node.kind())));
        }
    }

    fn views(&mut self, node: Node<'_>) {
        for (name, span, node) in node.entries() {
            if self.words.views.contains_key(name) {
                self.section(&format!("view.{name}"), node);
            } else if !self.lenient {
                let near = meant(name, self.words.views.keys().map(String::as_str));
                self.found
                    .add(node.wrong_at(&span, format!("there is no view {name:?}{near}")));
            }
        }
    }

    fn section(&mut self, section: &str, node: Node<'_>) {
        if node.value().as_table().is_none() {
            self.found
                .add(node.wrong(format!("[{section}] must be a table, not {}", node.kind())));
        }
        let mut entries: Vec<_> = node.entries().collect();
        entries.sort_by_key(|(_, span, _)| span.start);
        let mut seen: BTreeMap<Vec<Chord>, usize> = BTreeMap::new();
        for (written, span, value) in entries {
            let Some(keys) = self.keys(written, &span, value) else {
                continue;
            };
            self.clash(&seen, &keys, &span, value);
            seen.insert(keys.clone(), value.line());
            if let Some(means) = self.means(value) {
                self.lines.push(Line {
                    section: section.to_owned(),
                    keys,
                    means,
                });
            }
        }
    }

    fn keys(&mut self, written: &str, span: &Range<usize>, node: Node<'_>) -> Option<Vec<Chord>> {
        let mut keys = Vec::new();
        for word in written.split_whitespace() {
            match word.parse::<Chord>().map(|chord| (chord, chord.sent_as())) {
                Ok((chord, None)) => keys.push(chord),
                Ok((chord, Some(sent))) => {
                    let what = format!("a terminal sends {chord} as {sent}; write {sent:?}");
                    self.found.add(node.wrong_at(span, what));
                    return None;
                }
                Err(what) => {
                    self.found.add(node.wrong_at(span, what));
                    return None;
                }
            }
        }
        if keys.is_empty() {
            self.found.add(node.wrong_at(span, "a binding needs a key"));
            return None;
        }
        Some(keys)
    }

    /// Two bindings of one file and section that cannot both be reached.
    fn clash(&mut self, seen: &BTreeMap<Vec<Chord>, usize>, keys: &[Chord], span: &Range<usize>, node: Node<'_>) {
        for (others, line) in seen {
            let (mine, theirs) = (written(keys), written(others));
            let what = if others == keys {
                format!("{mine:?} is bound already, in line {line}")
            } else if others.starts_with(keys) {
                format!("{mine:?} is the beginning of {theirs:?} in line {line}, which could never be typed")
            } else if keys.starts_with(others) {
                format!("{mine:?} can never be typed, because {theirs:?} is bound in line {line}")
            } else {
                continue;
            };
            self.found.add(node.wrong_at(span, what));
        }
    }

    /// Outer `None`: nothing to bind, or a mistake. Inner `None`: the keys lose their meaning.
    #[expect(clippy::option_option, reason = "the two kinds of nothing differ, and only here")]
    fn means(&mut self, node: Node<'_>) -> Option<Option<(Action, String)>> {
        let (run, own) = match node.value().as_table() {
            Some(_) => (self.run(node)?, node.word("desc")),
            None => (node, None),
        };
        let Some(word) = run.text() else {
            self.found
                .add(run.wrong(format!("a key means an action, which is a string, not {}", run.kind())));
            return None;
        };
        if word == "none" {
            return Some(None);
        }
        let (action, about) = match word.strip_prefix(':').or(word.strip_prefix("view:")) {
            Some(line) => self.command(line.trim(), run)?,
            None => self.action(word, run)?,
        };
        Some(Some((action, own.map_or(about, str::to_owned))))
    }

    /// The `run` of a table that has nothing but `run` and `desc`.
    fn run<'n>(&mut self, table: Node<'n>) -> Option<Node<'n>> {
        for (key, span, value) in table.entries() {
            if !["run", "desc"].contains(&key) {
                let what = format!("unknown key {key:?}{}", meant(key, ["run", "desc"]));
                self.found.add(table.wrong_at(&span, what));
            } else if value.text().is_none() {
                self.found
                    .add(value.wrong(format!("{key:?} must be a string, not {}", value.kind())));
            }
        }
        let run = table.get("run");
        if run.is_none() {
            self.found.add(table.wrong("\"run\" is missing"));
        }
        run
    }

    fn command(&mut self, line: &str, node: Node<'_>) -> Option<(Action, String)> {
        let word = line.split_whitespace().next().unwrap_or_default();
        if let Some(about) = self.words.about(word) {
            return Some((Action::Run(line.to_owned()), about.to_owned()));
        }
        if !self.lenient {
            let near = meant(word, self.words.words());
            self.found
                .add(node.wrong(format!("there is no view or command {word:?}{near}")));
        }
        None
    }

    fn action(&mut self, word: &str, node: Node<'_>) -> Option<(Action, String)> {
        let action = Action::named(word);
        if action.is_none() {
            let near = meant(word, action::ALL.iter().map(|(_, word, _)| *word).chain(["none"]));
            self.found.add(node.wrong(format!("there is no action {word:?}{near}")));
        }
        action.map(|action| {
            let about = action.about().to_owned();
            (action, about)
        })
    }
}

/// Keys one after the other, as a file writes them.
pub(super) fn written(keys: &[Chord]) -> String {
    let words: Vec<String> = keys.iter().map(ToString::to_string).collect();
    words.join(" ")
}
