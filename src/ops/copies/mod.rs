//! Copies beside an instance: one is made at a moment of its past, to read from, and removed again.

mod ask;
mod name;
pub mod repository;
mod steps;
pub mod verify;
pub mod wipe;

use jiff::tz::TimeZone;

use super::{
    Ask, Operation, Refusal, blank,
    confirm::{Stake, tier},
    refusal::{fresh, primary},
    survey::Inquiries,
};
use crate::{
    facts::{
        backups::{Catalogue, standing},
        pulse::Pulse,
        server::Setup,
    },
    model::{Bytes, Copies, Kind, Place, Plan, Request, Target, Tree, Value},
    store::{Fact, Snapshot},
};

use ask::{Asked, Mark};

const MARKED: &str = "a mark is written into its log and the file is closed, so that all until then is archived";
const UNMARKED: &str = "no mark is written into its log, and where nothing later is archived yet the copy fails";

/// The operation.
pub struct Beside;

impl Operation for Beside {
    fn name(&self) -> &'static str {
        "beside"
    }

    fn letter(&self) -> char {
        'b'
    }

    fn about(&self) -> &'static str {
        "restore a copy of an instance beside it, at a moment of its past, to read from"
    }

    fn takes(&self) -> Kind {
        Kind::Instance
    }

    fn asks(&self) -> &'static [Ask] {
        &[Ask {
            name: "moment",
            words: &[],
            about: "which: a time with its zone, name:RESTORE-POINT, lsn:POSITION, before:POSITION of a commit, or latest",
        }]
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Catalogue::NAME, Copies::NAME, Pulse::NAME, Setup::NAME]
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        let asked = Asked::of(request, world)?;
        if asked.mark == Mark::Needless {
            return Ok(Inquiries::new());
        }
        Ok(ask::who_switches(&primary(world, asked.instance())?))
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        planned(request, world).map(|(plan, _)| plan)
    }
}

/// The plan of a copy, and the copy.
///
/// # Errors
/// Where none can be made.
pub fn planned(request: &Request, world: &Snapshot) -> Result<(Plan, Place), Refusal> {
    let asked = Asked::of(request, world)?;
    let coming = Coming::of(&asked, world)?;
    let (instance, live, id) = (asked.instance(), &coming.live, coming.copy.server.name());
    let mut touches = vec![
        ("the copy".into(), format!("{id}, below {}", asked.scratch())),
        ("takes".into(), format!("{} and the log since", coming.size)),
    ];
    touches.extend(
        coming
            .marked
            .as_ref()
            .map(|words| (live.server.to_string(), words.clone())),
    );
    let plan = Plan {
        title: format!("copy {instance} beside it, at {}", asked.moment.told(&TimeZone::UTC)),
        steps: Tree::Seq(coming.steps),
        touches,
        seen: vec![
            ("the moment here".into(), asked.moment.told(&TimeZone::system())),
            ("can be had".into(), asked.range.clone()),
            // It changes all the time, and too little of it is refused.
            ("free there".into(), coming.free.to_string()),
        ],
        confirm: tier(world.fleet.environment, &request.targets, Stake::Reversible),
        ..blank(request, world)
    };
    Ok((plan, coming.copy))
}

/// A copy that is to be made.
struct Coming {
    /// What it is made of.
    live: Place,
    copy: Place,
    /// How much it takes, and how much is free.
    size: Bytes,
    free: Bytes,
    /// What is written to the live server before, or why nothing is; none where that is not needed.
    marked: Option<String>,
    /// How it is made and looked at.
    steps: Vec<Tree>,
}

impl Coming {
    fn of(asked: &Asked<'_>, world: &Snapshot) -> Result<Self, Refusal> {
        let (instance, live) = (asked.instance(), primary(world, asked.instance())?);
        let copies = fresh::<Copies>(world, &Target::instance(instance))?.value;
        let id = name::of(instance, &asked.moment, copies)?;
        let size = room(world, instance, copies)?;
        let copy = Place::copy(instance, &id, live.system.clone());
        let (mut steps, mut marked) = (Vec::new(), None);
        if asked.mark != Mark::Needless {
            match ask::switches(world, &live) {
                Ok(caller) => {
                    steps.extend(steps::mark(&live, caller.role));
                    marked = Some(MARKED.to_owned());
                }
                Err(refusal) if asked.mark == Mark::Needed => return Err(refusal),
                Err(refusal) => marked = Some(format!("{UNMARKED}: {}", refusal.what)),
            }
        }
        steps.push(steps::make(asked, &copy, size)?);
        steps.push(steps::look(asked, &copy));
        Ok(Self {
            live,
            copy,
            size,
            free: copies.free,
            marked,
            steps,
        })
    }
}

/// How much the largest backup takes, where there is room for it.
fn room(world: &Snapshot, instance: &str, copies: &Copies) -> Result<Bytes, Refusal> {
    let standing = standing::of(world, instance);
    let backups = standing.iter().flat_map(|standing| &standing.backups);
    let size = backups.map(|(backup, _)| backup.size).max().unwrap_or_default();
    let needed = Bytes(size.0 + size.0 / 10);
    if copies.free < needed {
        let what = format!(
            "there is no room for a copy of {instance}: it takes {size}, with a tenth more for the log {needed}, and {} are free",
            copies.free
        );
        return Err(Refusal::new(what).hint("remove copies that nobody needs (the view `copies`), or make room"));
    }
    Ok(size)
}

/// A moment as views print it.
fn at(time: jiff::Timestamp) -> String {
    Value::At(time).words(time)
}
