//! The house keeps its shape: rooms use only rooms above them, drivers stay behind their doors, files stay short.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::{
    ImplItemFn, ItemFn, ItemUse, TraitItemFn, UseTree,
    visit::{self, Visit},
};

/// In the order of `src/lib.rs`. A room may use itself and the rooms before it.
const ROOMS: [&str; 12] = [
    "model", "config", "beside", "provider", "store", "facts", "findings", "ops", "views", "tui", "headless", "lab",
];

/// What a room may not use although it stands before it.
const APART: [(&str, &[&str]); 6] = [
    // It works on another host, where no fleet file is.
    ("beside", &["config"]),
    // What judges and what shows knows no door.
    ("findings", &["provider"]),
    ("views", &["provider", "ops"]),
    ("tui", &["provider"]),
    ("headless", &["tui"]),
    // The lab is another program in the same binary.
    (
        "lab",
        &["store", "facts", "findings", "ops", "views", "tui", "headless"],
    ),
];

/// Crates and the only rooms that may name them; `bin` is what joins the rooms.
const FENCED: [(&str, &[&str]); 14] = [
    // A theme gives tokens their colours.
    ("ratatui", &["tui", "config"]),
    ("crossterm", &["tui"]),
    ("tui_input", &["tui"]),
    ("squawk_linter", &["provider"]),
    ("squawk_syntax", &["provider"]),
    ("tokio_postgres", &["provider"]),
    ("tokio_postgres_rustls", &["provider"]),
    ("rustls", &["provider"]),
    ("rustls_native_certs", &["provider"]),
    ("vaultrs", &["provider"]),
    ("rustify", &["provider"]),
    ("reqwest", &["provider"]),
    ("clap", &["bin"]),
    ("color_eyre", &["bin"]),
];

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 60;

const TOP: [&str; 8] = [
    "Cargo.toml",
    "Cargo.lock",
    "src",
    "themes",
    "keymaps",
    "screenshots",
    "tests",
    "README.md",
];

/// A source file, read and parsed.
struct Source {
    path: PathBuf,
    text: String,
    file: syn::File,
}

impl Source {
    /// Its room; what stands beside the rooms is `bin`, and `lib.rs` is the map.
    fn room(&self) -> String {
        let first = self.path.components().nth(1).unwrap().as_os_str().to_string_lossy();
        let first = first.trim_end_matches(".rs");
        match first {
            "lib" => "lib".into(),
            room if ROOMS.contains(&room) => room.into(),
            _ => "bin".into(),
        }
    }
}

fn sources(dir: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut dirs = vec![PathBuf::from(dir)];
    while let Some(dir) = dirs.pop() {
        for path in fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                found.push(Source { path, text, file });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// What a file names, and how long its functions are.
#[derive(Default)]
struct Reading {
    /// First names after `crate::`.
    rooms: BTreeSet<String>,
    /// First names of all other paths.
    crates: BTreeSet<String>,
    /// Functions with their lines.
    functions: Vec<(String, usize)>,
}

impl Reading {
    fn of(source: &Source) -> Self {
        let mut reading = Self::default();
        reading.visit_file(&source.file);
        reading
    }

    fn tree(&mut self, tree: &UseTree, below_crate: bool) {
        match tree {
            UseTree::Path(path) if path.ident == "crate" => self.tree(&path.tree, true),
            UseTree::Path(path) => self.name(&path.ident.to_string(), below_crate),
            UseTree::Name(name) => self.name(&name.ident.to_string(), below_crate),
            UseTree::Rename(name) => self.name(&name.ident.to_string(), below_crate),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(tree, below_crate)),
            UseTree::Glob(_) => {}
        }
    }

    fn name(&mut self, name: &str, below_crate: bool) {
        let names = if below_crate { &mut self.rooms } else { &mut self.crates };
        names.insert(name.to_owned());
    }

    fn function(&mut self, name: &syn::Ident, block: &syn::Block) {
        let braces = block.brace_token.span;
        let (from, to) = (braces.open().start().line, braces.close().end().line);
        self.functions.push((name.to_string(), to - from + 1));
    }
}

impl<'ast> Visit<'ast> for Reading {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.tree(&item.tree, false);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut names = path.segments.iter().map(|segment| segment.ident.to_string());
        match names.next().as_deref() {
            Some("crate") => self.rooms.extend(names.next()),
            Some(first) => {
                self.crates.insert(first.to_owned());
            }
            None => {}
        }
        visit::visit_path(self, path);
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.function(&item.sig.ident, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.function(&item.sig.ident, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig.ident, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

#[test]
fn rooms_use_only_rooms_above_them() {
    let mut wrong = Vec::new();
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources("src") {
        let room = source.room();
        let Some(rank) = ROOMS.iter().position(|name| *name == room) else {
            continue;
        };
        let apart = APART
            .iter()
            .find(|(name, _)| *name == room)
            .map_or(&[][..], |(_, apart)| apart);
        for used in Reading::of(&source).rooms {
            let Some(other) = ROOMS.iter().position(|name| *name == used) else {
                continue;
            };
            if other > rank || apart.contains(&used.as_str()) {
                wrong.push(format!("{}: {room} uses {used}", source.path.display()));
            }
            if other != rank {
                uses.entry(room.clone()).or_default().insert(used);
            }
        }
    }
    for room in ROOMS {
        let uses: Vec<&str> = uses.get(room).into_iter().flatten().map(String::as_str).collect();
        println!(
            "{room:<10} uses {}",
            if uses.is_empty() {
                "nothing".into()
            } else {
                uses.join(", ")
            }
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn drivers_and_widgets_are_named_only_where_they_belong() {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for source in sources("src") {
        let room = source.room();
        let named = Reading::of(&source).crates;
        for (name, rooms) in FENCED.iter().filter(|(name, _)| named.contains(*name)) {
            seen.insert(*name);
            if !rooms.contains(&room.as_str()) {
                wrong.push(format!("{}: {room} names {name}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unknown: Vec<&str> = FENCED
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !seen.contains(name))
        .collect();
    assert!(unknown.is_empty(), "fenced and named nowhere: {unknown:?}");
}

#[test]
fn the_map_lists_the_rooms_in_order() {
    let map = fs::read_to_string("src/lib.rs").unwrap();
    let rows = map
        .lines()
        .filter_map(|line| line.strip_prefix("//! | [`")?.split('`').next());
    assert_eq!(rows.collect::<Vec<_>>(), ROOMS);
}

#[test]
fn files_and_functions_are_short() {
    let mut wrong = Vec::new();
    let (mut lengths, mut functions) = (Vec::new(), Vec::new());
    for source in sources("src") {
        let lines = source.text.lines().count();
        lengths.push((lines, source.path.display().to_string()));
        for (name, lines) in Reading::of(&source).functions {
            functions.push((lines, format!("{}: {name}", source.path.display())));
        }
    }
    for (all, most, what) in [
        (&mut lengths, LONGEST_FILE, "file"),
        (&mut functions, LONGEST_FUNCTION, "function"),
    ] {
        all.sort();
        let (longest, where_) = all.last().unwrap();
        println!(
            "{} {what}s, median {} lines, longest {longest}: {where_}",
            all.len(),
            all[all.len() / 2].0
        );
        wrong.extend(
            all.iter()
                .filter(|(lines, _)| *lines > most)
                .map(|(lines, name)| format!("{name} has {lines} lines")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_say_first_what_lives_there() {
    let says = |source: &Source| source.text.starts_with("//! ");
    let all = [sources("src"), sources("tests")].into_iter().flatten();
    let silent: Vec<_> = all.filter(|source| !says(source)).map(|source| source.path).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn nothing_else_stands_at_the_top() {
    let listed = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let names = listed.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let known = |name: &String| {
        name.starts_with('.') || ["LICENSE", "target"].contains(&name.as_str()) || TOP.contains(&name.as_str())
    };
    let other: Vec<String> = names.filter(|name| !known(name)).collect();
    assert!(other.is_empty(), "{other:?}");
}
