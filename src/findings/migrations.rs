//! Schemas that are not what their history says, or whose history does not fit the files.

use std::collections::BTreeSet;

use super::{Check, Finding, Hurt};
use crate::{
    facts::migrations::{
        shapes::Shapes,
        sources::Sources,
        standing::{self, Misfit, Reason, Stand, Standing, Standings},
    },
    model::{Fault, Isolation, Severity, Target},
    store::{Fact, Snapshot},
};

const NEEDS: &[&str] = &[Sources::NAME, Shapes::NAME, Standings::NAME];

/// A history names a file that was changed since, or is gone.
pub struct Drifted;

/// A schema has another shape than most at its version.
pub struct Differs;

/// A file was begun and not finished.
pub struct Unfinished;

impl Check for Drifted {
    fn id(&self) -> &'static str {
        "migration-drift"
    }

    fn about(&self) -> &'static str {
        "histories that name migrations whose file was changed since, or is gone"
    }

    fn needs(&self) -> &'static [&'static str] {
        NEEDS
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let drifted = all(world).filter(|standing| !standing.drift.is_empty());
        let finding = |standing: &Standing| {
            let what = format!(
                "the history of {} does not fit the files of {}",
                name(standing),
                files(standing)
            );
            let finding = finding(self, standing, what);
            let finding = standing.drift.iter().take(5).fold(finding, |finding, drift| {
                let label = format!("version {}", drift.version);
                match &drift.what {
                    Misfit::Changed(had, has) => finding.evidence(label, format!("was {had}, the file is {has}")),
                    Misfit::Missing => finding.evidence(label, "there is no such file"),
                    Misfit::Unreadable => finding.evidence(label, "is no version"),
                }
            });
            let remedy = "put back the files as they were applied, and bring changes in a new version";
            finding.remedy(remedy, place(standing))
        };
        drifted.map(finding).collect()
    }

    /// Directories that could not be read, and schemas that were not seen although their database was.
    fn blind(&self, world: &Snapshot) -> Vec<(Target, Fault)> {
        let broken: Vec<&Fault> = Sources::broken(world).collect();
        let unseen = all(world)
            .filter(|standing| standing.at.is_some())
            .filter_map(|standing| match &standing.stand {
                Stand::Unknown(fault) if !broken.contains(&fault) => Some((standing.target.clone(), fault.clone())),
                _ => None,
            });
        let broken = broken.iter().map(|fault| (Target::fleet(), (*fault).clone()));
        broken.chain(unseen).collect()
    }
}

impl Check for Differs {
    fn id(&self) -> &'static str {
        "migration-shape"
    }

    fn about(&self) -> &'static str {
        "schemas that claim a version and have another shape than most that do"
    }

    fn needs(&self) -> &'static [&'static str] {
        NEEDS
    }

    /// One finding for each schema; where no shape is that of most, one for all that are at the version.
    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let mut told: BTreeSet<&Target> = BTreeSet::new();
        let mut found = Vec::new();
        for standing in all(world) {
            for reason in standing.reasons() {
                match reason {
                    Reason::Shape { usual, like } => found.push(self.one(standing, usual.raw(), like)),
                    Reason::NoMajority { shapes, like } if told.insert(like) => {
                        let at = all(world).find(|one| one.target == *like).unwrap_or(standing);
                        found.push(self.none(at, *shapes));
                    }
                    _ => {}
                }
            }
        }
        found
    }
}

impl Differs {
    fn one(&self, standing: &Standing, usual: &str, like: &Target) -> Finding {
        let what = format!(
            "{} is at version {} and has another shape than most that are",
            name(standing),
            version(standing)
        );
        let shape = standing.shape.as_ref().map(ToString::to_string).unwrap_or_default();
        finding(self, standing, what)
            .evidence("shape", shape)
            .evidence("usual shape", usual)
            .evidence("as in", like.path().iter().map(ToString::to_string).collect::<Vec<_>>().join("/"))
            .evidence("of its shape", format!("{} of {}", standing.alike, standing.peers))
            .remedy(
                "its page tells the difference: undo by hand what no migration has made, or make it a migration for all",
                place(standing),
            )
    }

    fn none(&self, standing: &Standing, shapes: u64) -> Finding {
        let what = format!(
            "the {} schemas at version {} of {} have {shapes} shapes, and none is that of most",
            standing.peers,
            version(standing),
            files(standing)
        );
        finding(self, standing, what)
            .evidence("the most frequent", format!("{} of {}", standing.alike, standing.peers))
            .remedy(
                "their pages tell the differences; make them alike before they are migrated",
                "migrations /state=apart",
            )
    }
}

impl Check for Unfinished {
    fn id(&self) -> &'static str {
        "migration-incomplete"
    }

    fn about(&self) -> &'static str {
        "migrations that could not stand in one transaction and were begun and not finished"
    }

    fn needs(&self) -> &'static [&'static str] {
        NEEDS
    }

    fn look(&self, world: &Snapshot) -> Vec<Finding> {
        let finding = |standing: &Standing| {
            let (version, done) = standing.incomplete.as_ref()?;
            let what = format!("version {version} was begun in {} and not finished", name(standing));
            let finding = finding(self, standing, what).evidence("statements done", done);
            let remedy = "migrate it again: it goes on where it stopped; an index that is not valid is dropped first";
            Some(finding.remedy(remedy, place(standing)))
        };
        all(world).filter_map(finding).collect()
    }
}

fn all(world: &Snapshot) -> impl Iterator<Item = &Standing> {
    standing::of(world).into_iter().flat_map(|derived| &derived.standings)
}

fn finding(check: &dyn Check, standing: &Standing, what: String) -> Finding {
    let database = Target::database(standing.target.part(0), standing.target.part(1));
    let hurt = match standing.model {
        Isolation::Shared => Hurt::Sharers(database),
        Isolation::Schema | Isolation::Database | Isolation::Instance => Hurt::These(standing.tenants.clone()),
    };
    Finding::new(check, &standing.target, Severity::Warning, what).hurts(hurt)
}

/// `t_acme of suite`
fn name(standing: &Standing) -> String {
    format!("{} of {}", standing.target.name(), standing.target.path()[1])
}

fn files(standing: &Standing) -> String {
    let name = standing.track.directory.file_name();
    name.map(|name| crate::model::Text::from(name.to_string_lossy().as_ref()).to_string())
        .unwrap_or_default()
}

fn version(standing: &Standing) -> String {
    standing
        .version
        .as_ref()
        .map_or_else(|| "none".into(), ToString::to_string)
}

fn place(standing: &Standing) -> String {
    format!("migrations /database={}", standing.target.part(1))
}
