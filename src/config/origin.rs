//! Where a value comes from.

use std::{fmt, path::PathBuf};

use serde::Serialize;
use serde_json::Value as Json;

use super::{Mistake, node::Node};

/// Where a value comes from, the weakest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// A line of a file.
    File(PathBuf, usize),
    /// A variable of the environment.
    Environment(&'static str),
    /// The command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.write_str("default"),
            Self::File(file, line) => write!(out, "{}:{line}", file.display()),
            Self::Environment(name) => out.write_str(name),
            Self::Flag(name) => out.write_str(name),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

/// A value as it holds, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// The way to it: `instances.atlas.servers.atlas-a.port`.
    pub key: String,
    /// The value.
    pub value: Json,
    /// Where it comes from.
    pub source: Origin,
}

/// A value that was picked from several places, with the mistake it would be if it made no sense.
pub(super) struct Picked {
    pub(super) value: String,
    pub(super) origin: Origin,
    place: Mistake,
}

impl Picked {
    /// The strongest of what was said.
    pub(super) fn of(
        flag: (&'static str, Option<&str>),
        variable: (&'static str, Option<&str>),
        file: Option<Node<'_>>,
        default: &str,
    ) -> Self {
        let picked = |value: &str, origin, place| Self {
            value: value.to_owned(),
            origin,
            place,
        };
        match (flag, variable, file) {
            ((name, Some(value)), ..) => picked(value, Origin::Flag(name), Mistake::of_file("command line", name)),
            (_, (name, Some(value)), _) => {
                picked(value, Origin::Environment(name), Mistake::of_file("environment", name))
            }
            (.., Some(node)) => picked(&node.plain(), node.origin(), node.wrong("this")),
            _ => picked(default, Origin::Default, Mistake::of_file("default", "")),
        }
    }

    /// What is wrong with the value: `--theme: …`.
    pub(super) fn wrong(&self, what: &str) -> Mistake {
        let what = match self.origin {
            Origin::File(..) => what.to_owned(),
            _ => format!("{}: {what}", self.place.what),
        };
        Mistake {
            what,
            ..self.place.clone()
        }
    }
}
