//! What the lab consists of: its servers, their zones and their ports.

use crate::model::{Server, TlsMode};

/// The first port of a lab that nobody asked to be elsewhere. Below 32768, where Linux begins to give ports away.
pub const PORT_BASE: u16 = 15400;
/// Ports from the base on that a lab may take.
pub const PORTS: u16 = 100;
/// Where OpenBao listens, counted from the base. The next one is its cluster port.
pub const OPENBAO: u16 = 31;
/// Where OpenSSH's server listens, counted from the base.
pub const SSHD: u16 = 41;

/// An instance: a primary and its standbys.
#[derive(Debug)]
pub struct Cluster {
    /// Its name, also that of its connection in the database engine.
    pub name: &'static str,
    /// Where its tenants' data is, and so where the database engine works.
    pub database: &'static str,
    /// Databases that the primary is born with, empty and closed to everybody but those who need them.
    pub databases: &'static [&'static str],
    /// The server that leads at first.
    pub primary: Site,
    /// Those that follow it.
    pub standbys: &'static [Site],
}

/// One PostgreSQL server.
#[derive(Debug)]
pub struct Site {
    /// Its name, also its `cluster_name` and the `application_name` with which it replicates.
    pub name: &'static str,
    /// Its port, counted from the base.
    pub offset: u16,
    /// Where it would burn.
    pub zone: &'static str,
    /// `recovery_min_apply_delay`, for the standby that people can still save a dropped table from.
    pub delay: Option<&'static str>,
}

const fn site(name: &'static str, offset: u16, zone: &'static str, delay: Option<&'static str>) -> Site {
    Site {
        name,
        offset,
        zone,
        delay,
    }
}

/// Every instance.
pub const CLUSTERS: &[Cluster] = &[
    Cluster {
        name: "atlas",
        database: "orders",
        databases: &["orders", "suite"],
        primary: site("atlas-a", 1, "eu-1a", None),
        standbys: &[
            site("atlas-b", 2, "eu-1b", None),
            site("atlas-c", 3, "eu-1c", Some("5s")),
        ],
    },
    Cluster {
        name: "boreas",
        database: "postgres",
        databases: &[],
        primary: site("boreas-a", 11, "eu-2a", None),
        standbys: &[
            site("boreas-b", 12, "eu-2b", None),
            site("boreas-c", 13, "eu-2c", Some("5s")),
        ],
    },
    Cluster {
        name: "acme",
        database: "shop",
        databases: &["shop"],
        primary: site("acme-a", 21, "eu-1a", None),
        standbys: &[site("acme-b", 22, "eu-1b", None)],
    },
];

impl Cluster {
    /// The primary, then its standbys.
    pub fn sites(&self) -> impl Iterator<Item = &Site> {
        std::iter::once(&self.primary).chain(self.standbys)
    }
}

impl Site {
    /// The name of its slot on the primary; a slot's name may have no hyphen.
    pub fn slot(&self) -> String {
        self.name.replace('-', "_")
    }

    /// How it is reached in a lab whose ports begin at `base`.
    pub fn server(&self, base: u16) -> Server {
        Server {
            name: self.name.into(),
            host: "127.0.0.1".into(),
            port: base + self.offset,
            zone: Some(self.zone.into()),
            tls: TlsMode::Disable,
            ca: None,
        }
    }
}

/// The instance of this name.
pub fn cluster(name: &str) -> Option<&'static Cluster> {
    CLUSTERS.iter().find(|cluster| cluster.name == name)
}

/// The server of this name, with its instance.
pub fn site_named(name: &str) -> Option<(&'static Cluster, &'static Site)> {
    CLUSTERS
        .iter()
        .flat_map(|cluster| cluster.sites().map(move |site| (cluster, site)))
        .find(|(_, site)| site.name == name)
}
