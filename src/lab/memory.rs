//! What a lab remembers of itself: where its ports begin, how large it is, whether it was finished.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{files, plan};
use crate::model::{Fault, FaultKind};

/// How many tenants of each model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// In shared tables.
    pub shared: u32,
    /// With a schema of their own.
    pub schemas: u32,
    /// With a database of their own.
    pub databases: u32,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            shared: 40,
            schemas: 30,
            databases: 12,
        }
    }
}

/// What somebody asked of `lab up`; what is not asked for stays as it is, or as it is by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Tenants in shared tables, 3 to 10,000.
    pub shared: Option<u32>,
    /// Tenants with a schema, 1 to 2,000.
    pub schemas: Option<u32>,
    /// Tenants with a database, 2 to 200.
    pub databases: Option<u32>,
    /// The port before the lab's first.
    pub port_base: Option<u16>,
    /// Build anew what an other version of this program built.
    pub fresh: bool,
}

/// Kept in `lab.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The lab's ports are the hundred that begin here.
    pub port_base: u16,
    /// How large it was built.
    pub sizes: Sizes,
    /// Whether building it came to its end.
    pub complete: bool,
    /// What it was built from, see [`super::seed::edition`].
    pub edition: String,
}

impl Memory {
    /// What is written, if anything.
    pub fn load(dir: &Path) -> Result<Option<Self>, Fault> {
        let path = dir.join("lab.json");
        if !path.exists() {
            return Ok(None);
        }
        serde_json::from_str(&files::read(&path)?)
            .map(Some)
            .map_err(|e| Fault::new(FaultKind::Malformed, format!("{}: {e}", path.display())))
    }

    /// Writes it down.
    pub fn save(&self, dir: &Path) -> Result<(), Fault> {
        let text = serde_json::to_string_pretty(self).map_err(|e| Fault::new(FaultKind::Malformed, e.to_string()))?;
        files::private(&dir.join("lab.json"), &text)
    }

    /// The memory of a lab that is about to be built.
    pub fn begin(wanted: Wanted, edition: String) -> Result<Self, Fault> {
        let usual = Sizes::default();
        let sizes = Sizes {
            shared: within("--shared", wanted.shared.unwrap_or(usual.shared), 3, 10_000)?,
            schemas: within("--schemas", wanted.schemas.unwrap_or(usual.schemas), 1, 2_000)?,
            databases: within("--databases", wanted.databases.unwrap_or(usual.databases), 2, 200)?,
        };
        let base = u32::from(wanted.port_base.unwrap_or(plan::PORT_BASE));
        let last = 32_768 - u32::from(plan::PORTS);
        let port_base = within("--port-base", base, 1024, last)?;
        Ok(Self {
            port_base: u16::try_from(port_base).unwrap_or(plan::PORT_BASE),
            sizes,
            complete: false,
            edition,
        })
    }

    /// What to build in place of this lab: what is asked for, and else what there was.
    pub fn keep(&self, wanted: Wanted) -> Wanted {
        Wanted {
            shared: wanted.shared.or(Some(self.sizes.shared)),
            schemas: wanted.schemas.or(Some(self.sizes.schemas)),
            databases: wanted.databases.or(Some(self.sizes.databases)),
            port_base: wanted.port_base.or(Some(self.port_base)),
            fresh: wanted.fresh,
        }
    }

    /// Whether a lab that is built already is what was asked for.
    pub fn agrees(&self, wanted: Wanted) -> Result<(), Fault> {
        let asked = [
            ("--shared", wanted.shared, self.sizes.shared),
            ("--schemas", wanted.schemas, self.sizes.schemas),
            ("--databases", wanted.databases, self.sizes.databases),
            (
                "--port-base",
                wanted.port_base.map(u32::from),
                u32::from(self.port_base),
            ),
        ];
        for (what, asked, is) in asked {
            if asked.is_some_and(|asked| asked != is) {
                let fault = Fault::new(FaultKind::Refused, format!("this lab was built with {what} {is}"));
                return Err(fault.hint("tenantry lab wipe, then up again; or --dir for another lab"));
            }
        }
        Ok(())
    }
}

fn within(what: &str, asked: u32, least: u32, most: u32) -> Result<u32, Fault> {
    if (least..=most).contains(&asked) {
        return Ok(asked);
    }
    let why = format!("{what} {asked} is not between {least} and {most}");
    Err(Fault::new(FaultKind::Refused, why))
}
