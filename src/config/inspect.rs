//! What `tenantry config`, `tenantry keys` and `tenantry themes` tell: data, for others to print.

use std::path::PathBuf;

use serde::Serialize;

use super::{
    Depth, Keymap, Mistakes, Places, Shown, Theme, Vocabulary, console, fleet, keymap, layers::Shelf, policy, theme,
};

/// Reads every file of the operator's, also those that nothing uses now, and the policy of the house. `operations` are
/// the names of all that can be done.
///
/// # Errors
/// Everything that is wrong in any of them.
pub fn check(places: &Places, words: &Vocabulary, operations: &[&str]) -> Result<(), Mistakes> {
    let mut found = Mistakes::default();
    let mut note = |result: Result<(), Mistakes>| {
        if let Err(mistakes) = result {
            found.extend(mistakes);
        }
    };
    note(fleet::load(places).map(drop));
    note(console::load(places, words).map(drop));
    note(policy::load(places, operations).map(drop));
    for name in theme::SHELF.own(places) {
        note(Theme::load(&name, places, Depth::True, false).map(drop));
    }
    for name in keymap::SHELF.own(places) {
        note(Keymap::load(&name, places, words).map(drop));
    }
    found.or(())
}

/// Every value of the console file, the fleet file and the policy file, with where it comes from. `operations` as in
/// [`check`].
///
/// # Errors
/// Everything that is wrong in any of them.
pub fn show(places: &Places, words: &Vocabulary, operations: &[&str]) -> Result<Vec<Shown>, Mistakes> {
    let mut found = Mistakes::default();
    let mut shown = Vec::new();
    let parts = [
        console::show(places, words),
        fleet::show(places),
        policy::show(places, operations),
    ];
    for part in parts {
        match part {
            Ok(part) => shown.extend(part),
            Err(mistakes) => found.extend(mistakes),
        }
    }
    found.or(shown)
}

/// A file or directory that is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spot {
    /// What would be there.
    pub what: &'static str,
    /// Where.
    pub path: PathBuf,
    /// Whether it is there.
    pub exists: bool,
    /// Why there: `default`, a flag or a variable; `fixed` where none of them moves it.
    pub by: &'static str,
}

/// Where the files are, or would be.
pub fn path(places: &Places) -> Vec<Spot> {
    let (fleet, by) = places.fleet();
    let spot = |what, path: PathBuf, by| Spot {
        what,
        exists: path.exists(),
        path,
        by,
    };
    vec![
        spot("fleet", fleet, by),
        spot("console", places.console(), "default"),
        spot("themes", places.directory.join(theme::SHELF.directory), "default"),
        spot("keymaps", places.directory.join(keymap::SHELF.directory), "default"),
        spot("policy", places.policy.clone(), "fixed"),
    ]
}

/// A theme or keymap that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Its name.
    pub name: String,
    /// What its file says of itself.
    pub about: String,
    /// Whether it comes with the console.
    pub built_in: bool,
    /// Whether the operator has a file of this name.
    pub own: bool,
}

/// The themes there are.
///
/// # Errors
/// Everything that is wrong in the operator's own.
pub fn themes(places: &Places) -> Result<Vec<Choice>, Mistakes> {
    choices(&theme::SHELF, places)
}

/// The keymaps there are.
///
/// # Errors
/// As [`themes`].
pub fn keymaps(places: &Places) -> Result<Vec<Choice>, Mistakes> {
    choices(&keymap::SHELF, places)
}

fn choices(shelf: &Shelf, places: &Places) -> Result<Vec<Choice>, Mistakes> {
    let own = shelf.own(places);
    let mut found = Mistakes::default();
    let mut choices = Vec::new();
    for name in shelf.names(places) {
        match shelf.about(&name, places) {
            Ok(about) => choices.push(Choice {
                about,
                built_in: shelf.has(&name),
                own: own.contains(&name),
                name,
            }),
            Err(mistakes) => found.extend(mistakes),
        }
    }
    found.or(choices)
}

/// One line of `tenantry keys`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyLine {
    /// Where it holds: `global`, `table`, `detail`, `prompt`, `picker`, `view.NAME`.
    pub section: String,
    /// The keys, one after the other.
    pub keys: String,
    /// The action or command line; `none` where a wider section's meaning is taken away.
    pub action: String,
    /// What it does.
    pub about: String,
}

/// Every binding of a keymap, by section and in the order of its files.
pub fn keys(keymap: &Keymap) -> Vec<KeyLine> {
    let line = |section: &str, binding: &keymap::Binding| KeyLine {
        section: section.to_owned(),
        keys: keymap::written(&binding.keys),
        action: binding
            .action
            .as_ref()
            .map_or_else(|| "none".to_owned(), keymap::Action::word),
        about: binding.about.clone(),
    };
    let of = |(section, bindings): (&str, &[keymap::Binding])| -> Vec<KeyLine> {
        bindings.iter().map(|binding| line(section, binding)).collect()
    };
    keymap.sections().flat_map(of).collect()
}
