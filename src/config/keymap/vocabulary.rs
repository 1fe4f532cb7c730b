//! The words that a file may use and that this room does not know by itself: views, their columns, and commands.

use std::collections::BTreeMap;

/// Words from other rooms.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// By name.
    pub views: BTreeMap<String, ViewWords>,
    /// What can be typed after `:` besides a view, with what it does.
    pub commands: BTreeMap<String, String>,
}

/// What there is to say about one view.
#[derive(Clone, Debug, Default)]
pub struct ViewWords {
    /// Shorter names.
    pub aliases: Vec<String>,
    /// One line for the help.
    pub about: String,
    /// The names of its columns, in order.
    pub columns: Vec<String>,
}

impl Vocabulary {
    /// What the first word of a command line does; `None` where there is no such view or command.
    pub(in crate::config) fn about(&self, word: &str) -> Option<&str> {
        let is = |(name, view): &(&String, &ViewWords)| *name == word || view.aliases.iter().any(|a| a == word);
        let view = self.views.iter().find(is).map(|(_, view)| view.about.as_str());
        view.or(self.commands.get(word).map(String::as_str))
    }

    /// Every word that a command line may begin with.
    pub(in crate::config) fn words(&self) -> impl Iterator<Item = &str> {
        let views = self.views.iter();
        let names = views.flat_map(|(name, view)| std::iter::once(name).chain(&view.aliases));
        names.chain(self.commands.keys()).map(String::as_str)
    }
}
