//! Files that a fleet file names: whether they are there, and whether only their owner can read the secret ones.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use super::super::{Mistakes, Places, node::Node};
use crate::model::Text;

/// Bits with which anyone but the owner could read or replace a file.
const OTHERS: u32 = 0o077;

/// A file that must be there and that nobody else may read.
pub(super) fn check(places: &Places, named: Option<Node<'_>>, found: &mut Mistakes) {
    let Some(named) = named else { return };
    let Some(mode) = mode(places, named, found) else { return };
    if mode & OTHERS != 0 {
        found.add(named.wrong(format!(
            "others can read this secret (mode {mode:04o}); run `chmod 600` on it"
        )));
    }
}

/// A file that must be there.
pub(super) fn exists(places: &Places, named: Option<Node<'_>>, found: &mut Mistakes) {
    if let Some(named) = named {
        mode(places, named, found);
    }
}

fn mode(places: &Places, named: Node<'_>, found: &mut Mistakes) -> Option<u32> {
    let file = places.resolve(&named.source().file, Path::new(named.text()?));
    let shown = Text::from(file.display().to_string());
    match fs::metadata(&file) {
        Ok(meta) if meta.is_file() => Some(meta.permissions().mode() & 0o777),
        Ok(_) => {
            found.add(named.wrong(format!("{shown} is not a file")));
            None
        }
        Err(e) => {
            found.add(named.wrong(format!("{shown}: {e}")));
            None
        }
    }
}
