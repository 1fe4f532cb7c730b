//! Verify the repository of an instance: every file of its backups and of its log is read where they are, and it fails where
//! any is not whole. What is restored out of it is `verify-restore`'s.

use crate::{
    facts::{
        backups::{Catalogue, Identity, Standing, standing, verified},
        server::Setup,
    },
    model::{Bytes, Kind, Place, Plan, Process, Question, Request, Step, Target, Text, Tree, plural},
    ops::{
        Operation, Refusal, blank,
        confirm::{Stake, tier},
        named,
        refusal::fresh,
    },
    store::{Fact, Snapshot},
};

/// It is read at least as fast as this, in bytes a second, and this long it may take besides, in seconds: how large the log
/// is nobody tells.
const SPEED: u64 = 10 << 20;
const BESIDES: u64 = 24 * 3600;
/// What is damaged now is damaged later too.
const ONCE: u64 = 0;

/// The operation.
pub struct VerifyBackups;

impl Operation for VerifyBackups {
    fn name(&self) -> &'static str {
        verified::OPERATION
    }

    fn letter(&self) -> char {
        'k'
    }

    fn about(&self) -> &'static str {
        "read every file of the backups and of the log of an instance, and look for what is missing"
    }

    fn takes(&self) -> Kind {
        Kind::Instance
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Catalogue::NAME, Setup::NAME]
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let (mut over, mut touches, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        for target in &request.targets {
            let standing = kept(target, world)?;
            some(&standing)?;
            over.push(Tree::step(read(&standing, world)?));
            touches.push((target.part(0).into(), place(&standing)));
            seen.push((format!("to be read of {}", target.part(0)), amount(&standing)));
        }
        Ok(Plan {
            title: format!("verify the backups of {}", named(&request.targets, "instance")),
            steps: Tree::Each {
                cap: 1,
                waves: Vec::new(),
                gate: None,
                budget: over.len(),
                over,
            },
            touches,
            seen,
            confirm: tier(world.fleet.environment, &request.targets, Stake::Reversible),
            ..blank(request, world)
        })
    }
}

/// What is kept of an instance.
pub(in crate::ops) fn kept<'a>(target: &Target, world: &'a Snapshot) -> Result<Standing<'a>, Refusal> {
    let name = target.part(0);
    let instance = world.fleet.instance(name);
    let instance = instance.ok_or_else(|| Refusal::new(format!("there is no {target}")))?;
    if instance.backups.is_none() {
        let what = format!("the fleet file does not say where the backups are of {name}");
        return Err(Refusal::new(what).hint("give the instance [instances.backups] with `stanza`"));
    }
    fresh::<Catalogue>(world, target)?;
    let none = || Refusal::new(format!("the backups of {name} were not seen"));
    let standing = standing::of(world, name).ok_or_else(none)?;
    if let Identity::Foreign { theirs, ours } = &standing.identity {
        let what = format!("the repository of {name} holds another cluster: {theirs}, and {name} is {ours}");
        return Err(Refusal::new(what).hint("see `stanza` and `config` in [instances.backups]"));
    }
    Ok(standing)
}

/// This program where the repository is, told to do something with what it has of this cluster.
pub(in crate::ops) fn worker(standing: &Standing<'_>, system: &str, verb: &str, more: &[&str], within: u64) -> Process {
    let repository = standing.settings.repository(system);
    let words: Vec<&str> = std::iter::once(verb)
        .chain(repository.iter().map(String::as_str))
        .chain(more.iter().copied())
        .collect();
    Process {
        place: Place::repository(standing.target.part(0), system),
        words: standing.settings.worker(&words),
        within,
    }
}

/// The cluster whose backups these are, as its servers say.
pub(in crate::ops) fn cluster<'a>(standing: &Standing<'_>, world: &'a Snapshot) -> Result<&'a str, Refusal> {
    let name = standing.target.part(0);
    standing::system(world, name).ok_or_else(|| nobody_says(name))
}

fn nobody_says(name: &str) -> Refusal {
    Refusal::new(format!("nobody says which cluster {name} is"))
}

/// There is something to be read.
fn some(standing: &Standing<'_>) -> Result<(), Refusal> {
    let name = standing.target.part(0);
    if standing.backups.is_empty() {
        let what = format!("there is no backup of {name} that could be verified");
        return Err(Refusal::new(what).hint("make one: the operation `backup` with kind=full"));
    }
    Ok(())
}

/// The step that reads it all.
fn read(standing: &Standing<'_>, world: &Snapshot) -> Result<Step, Refusal> {
    let name = standing.target.part(0);
    let stanza = &standing.seen.value.stanza;
    // With all servers gone their backups matter most.
    let newest = || stanza.clusters.iter().max_by_key(|cluster| cluster.id);
    let system = standing::system(world, name).or_else(|| Some(newest()?.system.raw()));
    let system = system.ok_or_else(|| nobody_says(name))?;
    let copied: u64 = standing.backups.iter().map(|(backup, _)| backup.copied.0).sum();
    let process = worker(standing, system, "verify", &[], copied / SPEED + BESIDES);
    Ok(Step::look(verified::step(name), Question::Verdict(process), ONCE))
}

/// Where its repository is reached.
pub(in crate::ops) fn host(standing: &Standing<'_>) -> String {
    match standing.settings.reach.as_slice() {
        [] => "here".to_owned(),
        reach => format!("where `{}` leads", Text::from(reach.join(" "))),
    }
}

fn place(standing: &Standing<'_>) -> String {
    let host = host(standing);
    format!("its repository is read from end to end, {host}; nothing is changed")
}

/// How much is read. It grows while somebody thinks about the plan, which stays the same.
fn amount(standing: &Standing<'_>) -> String {
    let backups = standing.backups.iter().map(|(backup, _)| *backup);
    let kept: Option<Vec<u64>> = backups.clone().map(|backup| Some(backup.kept?.0)).collect();
    let size = match kept {
        Some(all) => Bytes(all.iter().sum()).to_string(),
        None => format!("at most {}", Bytes(backups.map(|backup| backup.copied.0).sum())),
    };
    let archives = standing.seen.value.stanza.archives.iter();
    let log: Vec<String> = archives
        .filter_map(|archive| Some(format!("{} to {}", archive.first.as_ref()?, archive.last.as_ref()?)))
        .collect();
    let log = match log.as_slice() {
        [] => String::new(),
        all => format!(", and the log from {}", all.join(" and from ")),
    };
    format!("{size} of {}{log}", plural(standing.backups.len(), "backup"))
}
