//! Make a backup of an instance now: what changed since the last one, or everything.

use jiff::Timestamp;

use super::{
    Ask, Operation, Refusal, blank,
    confirm::{Stake, tier},
    copies::repository::{cluster, host, kept, worker},
    named,
};
use crate::{
    facts::{backups::Catalogue, server::Setup},
    model::{Act, Bytes, Check, Kind, Plan, Question, Request, Step, Target, Tree, Undo},
    store::{Fact, Snapshot},
};

/// It is written at least as fast as this, in bytes a second, and this long it may take besides, in seconds.
const SPEED: u64 = 10 << 20;
const BESIDES: u64 = 3600;
/// To read what is in a repository, in seconds.
const WITHIN: u64 = 60;
const KINDS: &[&str] = &["incr", "diff", "full"];

/// The operation.
pub struct Backup;

impl Operation for Backup {
    fn name(&self) -> &'static str {
        "backup"
    }

    fn letter(&self) -> char {
        'z'
    }

    fn about(&self) -> &'static str {
        "make a backup of an instance now"
    }

    fn takes(&self) -> Kind {
        Kind::Instance
    }

    fn asks(&self) -> &'static [Ask] {
        &[Ask {
            name: "kind",
            words: KINDS,
            about: "what it holds: what is new since the last, since the last full one, or all",
        }]
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Catalogue::NAME, Setup::NAME]
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let kind = request.said("kind").unwrap_or("incr");
        let (mut over, mut touches) = (Vec::new(), Vec::new());
        for target in &request.targets {
            let made = step(target, kind, world)?;
            over.push(Tree::step(made.step));
            touches.push((target.part(0).to_owned(), made.touches));
        }
        Ok(Plan {
            title: format!("make a backup of {}", named(&request.targets, "instance")),
            steps: Tree::Each {
                cap: 1,
                waves: Vec::new(),
                gate: None,
                budget: over.len(),
                over,
            },
            touches,
            confirm: tier(world.fleet.environment, &request.targets, Stake::Reversible),
            ..blank(request, world)
        })
    }
}

/// A backup, and whom it concerns.
pub(super) struct Made {
    pub(super) step: Step,
    pub(super) touches: String,
}

/// The step that makes one of this kind, unless there is one by then that is younger than all that are seen.
pub(super) fn step(instance: &Target, kind: &str, world: &Snapshot) -> Result<Made, Refusal> {
    let name = instance.part(0);
    let standing = kept(instance, world)?;
    let system = cluster(&standing, world)?;
    let last = standing.backups.iter().map(|(backup, _)| backup.ended).max();
    let after = format!("--after={}", last.map_or(0, Timestamp::as_second));
    let largest = standing
        .backups
        .iter()
        .map(|(backup, _)| backup.size.0)
        .max()
        .unwrap_or(0);
    let kind_word = format!("--kind={kind}");
    let step = Step {
        name: format!("make a backup of {name}"),
        act: Act::Process(worker(
            &standing,
            system,
            "back-up",
            &[&after, &kind_word],
            largest / SPEED + BESIDES,
        )),
        again: true,
        check: Check {
            ask: Question::Process(worker(&standing, system, "backed-up", &[&after], WITHIN)),
            within: WITHIN,
        },
        undo: Undo::Nothing,
    };
    let touches = format!(
        "its files are read while it works, {}; {} of them in the largest backup so far. It stays until its retention ends",
        host(&standing),
        Bytes(largest)
    );
    Ok(Made { step, touches })
}
