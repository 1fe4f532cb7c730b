//! Files by name, laid over each other: what is compiled in, what it inherits, and what the operator has written.

use std::{collections::BTreeSet, fs, path::PathBuf};

use super::{Mistake, Mistakes, Places, mistake::meant, node::Node, source::Source};

/// A kind of file that comes with the console and that an operator may write too.
pub(super) struct Shelf {
    /// What one of them is called.
    pub(super) kind: &'static str,
    /// Their directory.
    pub(super) directory: &'static str,
    /// Name and text of what is compiled in.
    pub(super) built_in: &'static [(&'static str, &'static str)],
}

/// One file of those that make up a name.
pub(super) struct Layer {
    pub(super) source: Source,
    /// Whether it came with the console.
    pub(super) built_in: bool,
}

impl Shelf {
    /// The files that make up what this name means, lowest first.
    ///
    /// An operator's file lies over what it `inherits`; if it inherits nothing or itself, over the built-in of its
    /// own name. What is built in inherits only what is built in, so that an overlay changes one name and no other.
    ///
    /// # Errors
    /// There is no such name, a file cannot be read, or it inherits itself by way of another.
    pub(super) fn layers(&self, name: &str, places: &Places) -> Result<Vec<Layer>, Mistakes> {
        let mut layers = Vec::new();
        let mut trail: Vec<String> = Vec::new();
        let mut next = Some((name.to_owned(), None));
        while let Some((name, asked)) = next.take() {
            let Some(source) = Source::read(&self.file(&name, places))? else {
                layers.extend(self.built_in(&name, asked, places)?);
                break;
            };
            let parent = inherits(&source)?;
            layers.push(Layer {
                source,
                built_in: false,
            });
            trail.push(name.clone());
            match parent {
                Some((parent, place)) if parent == name => layers.extend(self.built_in(&name, Some(place), places)?),
                Some((parent, place)) if trail.contains(&parent) => return Err(circle(&trail, &parent, place)),
                Some((parent, place)) => next = Some((parent, Some(place))),
                None if self.text(&name).is_some() => layers.extend(self.built_in(&name, None, places)?),
                None => {}
            }
        }
        layers.reverse();
        Ok(layers)
    }

    /// Every name: what is built in, then what the operator added.
    pub(super) fn names(&self, places: &Places) -> Vec<String> {
        let built_in = self.built_in.iter().map(|(name, _)| (*name).to_owned());
        let added = self.own(places).into_iter().filter(|name| self.text(name).is_none());
        built_in.chain(added).collect()
    }

    /// The names of the operator's files, in the order of the alphabet.
    pub(super) fn own(&self, places: &Places) -> BTreeSet<String> {
        let entries = fs::read_dir(places.directory.join(self.directory))
            .into_iter()
            .flatten()
            .flatten();
        let name = |entry: fs::DirEntry| Some(entry.file_name().to_str()?.strip_suffix(".toml")?.to_owned());
        entries.filter_map(name).collect()
    }

    /// Whether the console comes with one of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.text(name).is_some()
    }

    /// What the highest file of this name says of itself in `about`.
    pub(super) fn about(&self, name: &str, places: &Places) -> Result<String, Mistakes> {
        for layer in self.layers(name, places)?.iter().rev() {
            let tree = layer.source.tree()?;
            if let Some(about) = Node::new(&layer.source, &tree).word("about") {
                return Ok(about.to_owned());
            }
        }
        Ok(String::new())
    }

    fn file(&self, name: &str, places: &Places) -> PathBuf {
        places.directory.join(self.directory).join(format!("{name}.toml"))
    }

    fn text(&self, name: &str) -> Option<&'static str> {
        self.built_in
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, text)| *text)
    }

    /// What is compiled in under this name and all that it inherits, highest first.
    fn built_in(&self, name: &str, asked: Option<Mistake>, places: &Places) -> Result<Vec<Layer>, Mistakes> {
        let mut layers = Vec::new();
        let mut name = name.to_owned();
        while let Some(text) = self.text(&name) {
            let source = Source::new(format!("{}/{name}.toml (built in)", self.directory), text);
            let parent = inherits(&source)?;
            layers.push(Layer { source, built_in: true });
            match parent {
                Some((parent, _)) => name = parent,
                None => return Ok(layers),
            }
        }
        let names = self.names(places);
        let what = format!(
            "there is no {} {name:?}{}",
            self.kind,
            meant(&name, names.iter().map(String::as_str))
        );
        let place = asked.unwrap_or_else(|| Mistake::of_file(self.directory, ""));
        Err(Mistake { what, ..place }.into())
    }
}

/// The name that a file inherits, and a mistake ready to be filled in at the place where it says so.
fn inherits(source: &Source) -> Result<Option<(String, Mistake)>, Mistakes> {
    let tree = source.tree()?;
    let Some(node) = Node::new(source, &tree).get("inherits") else {
        return Ok(None);
    };
    let Some(name) = node.text() else {
        let what = format!("\"inherits\" must be a string, not {}", node.kind());
        return Err(node.wrong(what).into());
    };
    Ok(Some((name.to_owned(), node.wrong(""))))
}

fn circle(trail: &[String], parent: &str, place: Mistake) -> Mistakes {
    let what = format!("this inherits in a circle: {} > {parent}", trail.join(" > "));
    Mistake { what, ..place }.into()
}
