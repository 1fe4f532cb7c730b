//! The lab's own histories: files that bring its tenants from the version they are born with to later ones.

use sha2::{Digest, Sha256};

use crate::{
    lab::{files, ground::Ground},
    model::{Fault, hex, history, quote},
};

/// The directory under the lab's that holds a directory for each history.
pub const DIRECTORY: &str = "migrations";

/// A history.
#[derive(Debug)]
pub struct Track {
    /// Its directory.
    pub name: &'static str,
    /// Its files, the first of which tenants are born with.
    pub files: &'static [(&'static str, &'static str)],
}

macro_rules! files {
    ($track:literal: $($file:literal),+ $(,)?) => {
        Track {
            name: $track,
            files: &[$(($file, include_str!(concat!("migrations/", $track, "/", $file)))),+],
        }
    };
}

/// Of tenants that share tables.
pub const SHARED: Track = files! { "shared":
    "V1__orders.sql",
    "V2__order_references.sql",
    "U2__order_references.sql",
    "V3__invoices.sql",
    "U3__invoices.sql",
};

/// Of all others.
pub const APART: Track = files! { "apart":
    "V1__orders.sql",
    "V2__order_notes.sql",
    "U2__order_notes.sql",
    "V3__invoices.sql",
    "U3__invoices.sql",
    "V4__no_negative_lines.sql",
    "U4__no_negative_lines.sql",
};

impl Track {
    /// What tenants are born with.
    pub fn first(&self) -> &'static str {
        self.files.first().map_or("", |(_, text)| text)
    }

    /// The history of a schema that has just been made, as its owner says it.
    pub fn record(&self, schema: &str) -> String {
        let sum = hex(&Sha256::digest(self.first()));
        format!(
            "{} INSERT INTO {} (version, name, sha256, how, complete, statements, run) \
             VALUES ('1', 'orders', {}, 'baseline', true, 0, 'lab');",
            history::create(schema, "watchers"),
            history::table(schema),
            quote::literal(&sum),
        )
    }
}

/// Writes the files, for whoever may enter the lab's directory to read.
pub fn write(ground: &Ground) -> Result<(), Fault> {
    let root = ground.path(DIRECTORY);
    files::directory(&root, 0o755)?;
    for track in [SHARED, APART] {
        let directory = root.join(track.name);
        files::directory(&directory, 0o755)?;
        for (name, text) in track.files {
            files::public(&directory.join(name), text)?;
        }
    }
    Ok(())
}
