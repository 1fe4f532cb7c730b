//! What everything of a new tenant is called. Whatever is derived from its short name is derived here.

use regex_lite::Regex;

use crate::{model::Text, ops::Refusal};

/// PostgreSQL documentation 4.1.1: what is longer is cut, and two names may become one.
const LONGEST: usize = 63;

/// What a tenant, and whoever has to do with it, is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ops) struct Names {
    /// The short name.
    pub(in crate::ops) slug: String,
    /// Its schema or its database; of shared tables, its name in the registry.
    pub(in crate::ops) home: String,
    /// Who owns that and all that is in it; of shared tables, who writes the registry. Nobody logs in as any of the three.
    pub(in crate::ops) owner: String,
    /// Who reads and writes.
    pub(in crate::ops) writer: String,
    /// Who only reads; of shared tables, every tenant's rows.
    pub(in crate::ops) reader: String,
    /// The role of the secrets server for the application.
    pub(super) runtime: String,
    /// The role of the secrets server for whoever changes the schema; none where that is not its own.
    pub(super) migrate: Option<String>,
}

impl Names {
    /// Of one with a schema or a database of its own, which is found by this pattern.
    pub(super) fn apart(slug: &str, instance: &str, pattern: &str) -> Result<Self, Refusal> {
        let home = made(pattern, slug)?;
        let [runtime, migrate] = leased(instance, slug);
        let [owner, writer, reader] = roles(&home);
        let names = Self {
            slug: slug.to_owned(),
            owner,
            writer,
            reader,
            runtime,
            migrate: Some(migrate),
            home,
        };
        for name in names.roles() {
            if name.len() > LONGEST {
                let what = format!("the role {name} would be cut at {LONGEST} bytes");
                return Err(Refusal::new(what).hint("choose a shorter name"));
            }
        }
        Ok(names)
    }

    /// Of one that the registry of shared tables calls so, where these three are everybody's.
    pub(super) fn among(slug: &str, instance: &str, called: &str, roles: [&str; 3]) -> Self {
        let [owner, writer, reader] = roles.map(ToOwned::to_owned);
        let [runtime, _] = leased(instance, slug);
        Self {
            slug: slug.to_owned(),
            home: called.to_owned(),
            owner,
            writer,
            reader,
            runtime,
            migrate: None,
        }
    }

    /// The three of `PostgreSQL`.
    pub(super) fn roles(&self) -> [&str; 3] {
        [&self.owner, &self.writer, &self.reader]
    }

    /// A name in the plan for what steps of this tenant keep.
    pub(in crate::ops) fn kept(&self, what: &str) -> String {
        format!("{what}.{}", self.slug)
    }
}

/// The roles of a schema or a database of this name: who owns it, who writes and who only reads.
pub(in crate::ops) fn roles(home: &str) -> [String; 3] {
    ["owner", "rw", "ro"].map(|kind| format!("{home}_{kind}"))
}

/// The roles of the secrets server of a tenant of this short name: for its application, and for whoever changes its schema.
pub(in crate::ops) fn leased(instance: &str, slug: &str) -> [String; 2] {
    ["runtime", "migrate"].map(|kind| format!("{instance}-{kind}-{slug}"))
}

/// The name by which the fleet file's pattern finds this tenant: what stands around `(?<tenant>…)`, with the tenant in it.
fn made(pattern: &str, slug: &str) -> Result<String, Refusal> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let bare = pattern.strip_prefix('^').unwrap_or(pattern);
    let bare = bare.strip_suffix('$').unwrap_or(bare);
    let parts = bare
        .split_once("(?<tenant>")
        .and_then(|(before, rest)| Some((before, rest.rsplit_once(')')?.1)));
    let made = parts
        .filter(|(before, after)| before.chars().chain(after.chars()).all(plain))
        .map(|(before, after)| format!("{before}{slug}{after}"));
    let found = |name: &String| {
        let found = Regex::new(pattern).ok()?.captures(name)?.name("tenant")?.as_str() == slug;
        found.then_some(())
    };
    made.filter(|name| found(name).is_some()).ok_or_else(|| {
        Refusal::new(format!(
            "the pattern {} does not tell what a tenant called {} is called there",
            Text::from(pattern),
            Text::from(slug)
        ))
        .hint("a pattern such as ^t_(?<tenant>.+)$ does: plain words around the name")
    })
}

#[cfg(test)]
mod tests {
    use super::{Names, made};

    #[test]
    fn a_name_is_one_that_the_pattern_finds() {
        assert_eq!(made("^t_(?<tenant>.+)$", "acme").unwrap(), "t_acme");
        assert_eq!(made("^(?<tenant>[a-z]+)_data$", "acme").unwrap(), "acme_data");
        for pattern in ["^(t|u)_(?<tenant>.+)$", "^t_(?<tenant>[0-9]+)$", "^t.(?<tenant>.+)$"] {
            assert!(made(pattern, "acme").is_err(), "{pattern}");
        }
    }

    #[test]
    fn what_would_be_cut_is_refused() {
        assert!(Names::apart(&"a".repeat(40), "atlas", "^t_(?<tenant>.+)$").is_ok());
        assert!(Names::apart(&"a".repeat(60), "atlas", "^t_(?<tenant>.+)$").is_err());
    }
}
