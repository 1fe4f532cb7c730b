//! What keys mean, by the place where they are pressed.

mod action;
mod chord;
mod read;
mod vocabulary;

use std::collections::BTreeMap;

pub use self::{
    action::{ALL as ACTIONS, Action},
    chord::{Chord, Key},
    vocabulary::{ViewWords, Vocabulary},
};
use super::{
    Mistakes, Places,
    layers::{Layer, Shelf},
};

/// The keymaps that come with the console.
pub(super) const SHELF: Shelf = Shelf {
    kind: "keymap",
    directory: "keymaps",
    built_in: &[
        ("default", include_str!("../../../keymaps/default.toml")),
        ("vim", include_str!("../../../keymaps/vim.toml")),
        ("emacs", include_str!("../../../keymaps/emacs.toml")),
    ],
};

/// A sequence of keys and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Pressed one after the other.
    pub keys: Vec<Chord>,
    /// What they mean; `None` where this section takes away what a wider one means.
    pub action: Option<Action>,
    /// What help says of it.
    pub about: String,
}

/// Bindings by section: `global`, `table`, `detail`, `prompt`, `picker`, `view.NAME`.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    /// What the operator calls it.
    pub name: String,
    sections: BTreeMap<String, Vec<Binding>>,
}

/// What the keys pressed so far amount to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// They mean this.
    Action(&'a Action),
    /// They begin these: the next key, and what it would mean; `…` where another must follow.
    Prefix(Vec<(Chord, &'a str)>),
    /// Nothing.
    None,
}

impl Keymap {
    /// The keymap of this name, with the operator's own lines over it.
    ///
    /// # Errors
    /// Everything that is wrong in any of its files.
    pub fn load(name: &str, places: &Places, words: &Vocabulary) -> Result<Self, Mistakes> {
        let mut keymap = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        let mut found = Mistakes::default();
        for layer in SHELF.layers(name, places)? {
            match keymap.lay(&layer, words) {
                Ok(()) => {}
                Err(mistakes) => found.extend(mistakes),
            }
        }
        found.or(keymap)
    }

    /// Lays a file over what is there. What can no longer be typed beside a new line gives way to it.
    fn lay(&mut self, layer: &Layer, words: &Vocabulary) -> Result<(), Mistakes> {
        let lines = read::lines(layer, words)?;
        for line in &lines {
            let section = self.sections.entry(line.section.clone()).or_default();
            section.retain(|old| !old.keys.starts_with(&line.keys) && !line.keys.starts_with(&old.keys));
        }
        for line in lines {
            let (action, about) = line.means.unzip();
            self.sections.entry(line.section).or_default().push(Binding {
                keys: line.keys,
                action,
                about: about.unwrap_or_default(),
            });
        }
        Ok(())
    }

    /// What the keys mean in these sections, the nearest first, such as `["view.tenants", "table", "global"]`.
    ///
    /// The nearest section that binds the keys decides; sections farther off may still add to the keys that follow.
    pub fn lookup(&self, context: &[&str], pressed: &[Chord]) -> Found<'_> {
        // A key that a nearer section takes away is held without words, so that no wider section adds it.
        let mut next: Vec<(Chord, Option<&str>)> = Vec::new();
        for bindings in self.nearest(context) {
            // A section that gives a shorter sequence a meaning leaves nothing to those behind it.
            let meant = bindings.iter().find(|binding| pressed.starts_with(&binding.keys));
            if let Some(binding) = meant {
                let none_follow = next.iter().all(|(_, about)| about.is_none());
                match &binding.action {
                    Some(action) if none_follow && binding.keys == pressed => return Found::Action(action),
                    _ => break,
                }
            }
            for binding in bindings.iter().filter(|binding| binding.keys.starts_with(pressed)) {
                let key = binding.keys[pressed.len()];
                let last = binding.keys.len() == pressed.len() + 1;
                let about = match &binding.action {
                    Some(_) if last => Some(binding.about.as_str()),
                    Some(_) => Some("…"),
                    None if last => None,
                    None => continue,
                };
                if !next.iter().any(|(known, _)| *known == key) {
                    next.push((key, about));
                }
            }
        }
        let next: Vec<_> = next
            .into_iter()
            .filter_map(|(key, about)| Some((key, about?)))
            .collect();
        if next.is_empty() {
            Found::None
        } else {
            Found::Prefix(next)
        }
    }

    /// Every binding that can be reached in these sections, the nearest first, in the order of the files.
    pub fn bindings(&self, context: &[&str]) -> Vec<&Binding> {
        let reached = |binding: &&Binding| match self.lookup(context, &binding.keys) {
            Found::Action(action) => Some(action) == binding.action.as_ref(),
            _ => false,
        };
        let mut all: Vec<&Binding> = Vec::new();
        for binding in self.nearest(context).flatten().filter(reached) {
            if !all.iter().any(|known| known.keys == binding.keys) {
                all.push(binding);
            }
        }
        all
    }

    /// The keys to show for an action: those written first, and without Ctrl or Alt if there are such.
    pub fn keys_for(&self, context: &[&str], action: &Action) -> Option<&[Chord]> {
        let bindings = self.bindings(context);
        let mut of = bindings
            .iter()
            .filter(|binding| binding.action.as_ref() == Some(action));
        let first = of.clone().next();
        let plain = of.find(|binding| binding.keys.iter().all(|chord| chord.is_plain()));
        plain.or(first).map(|binding| binding.keys.as_slice())
    }

    /// Every section that binds something.
    pub fn sections(&self) -> impl Iterator<Item = (&str, &[Binding])> {
        self.sections
            .iter()
            .map(|(name, bindings)| (name.as_str(), bindings.as_slice()))
    }

    fn nearest(&self, context: &[&str]) -> impl Iterator<Item = &Vec<Binding>> {
        context.iter().filter_map(|section| self.sections.get(*section))
    }
}

/// Keys as people write them: `g t`.
pub fn written(keys: &[Chord]) -> String {
    read::written(keys)
}
