//! Makes a copy, or goes on with one where somebody left off.

use std::{
    fs::{self, File},
    io::{self, Write},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::json;

use super::{
    backrest::{self, Repository},
    gap, holders,
    place::Place,
    record, replay,
    server::{self, Control},
    trouble::{not_as_root, refused},
};
use crate::model::{Beside, Fault, Lsn, Making, Moment, Text};

/// How long somebody who makes the same copy already is waited for.
const PATIENCE: Duration = Duration::from_hours(24);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Order {
    /// Of what.
    pub of: Repository,
    /// What it is to be at.
    pub moment: Moment,
}

/// Makes it. Where it is there already, so much the better; where somebody left off, it is gone on with.
///
/// # Errors
/// Where it cannot be made; why stands in its record too.
pub fn make(place: &Place, order: &Order) -> Result<(), Fault> {
    let Some(copy) = record::read(place)? else {
        if place.dir().exists() {
            let what = format!("{} is there, and is no copy", place.dir().display());
            return Err(refused(what).hint("move it away: nothing that is not ours is touched"));
        }
        not_as_root("a copy is made")?;
        backrest::fits(order, place)?;
        let founded = place
            .found(&new(place, order))
            .map_err(|fault| backrest::full(place, fault));
        // Somebody may have been faster.
        return match record::read(place)? {
            Some(_) => go_on(place, order),
            None => founded,
        };
    };
    same(&copy, order)?;
    go_on(place, order)
}

fn new(place: &Place, order: &Order) -> Beside {
    Beside {
        id: place.id().into(),
        stanza: order.of.stanza.as_str().into(),
        system: order.of.system.as_str().into(),
        moment: order.moment.clone(),
        stage: Making::Restoring,
        why: None,
        began: Timestamp::now(),
        ended: None,
        binaries: order.of.binaries.clone(),
        pid: None,
        server: None,
    }
}

fn same(copy: &Beside, order: &Order) -> Result<(), Fault> {
    let is = |copy: &Beside| {
        (
            copy.stanza.raw() == order.of.stanza,
            copy.system.raw() == order.of.system,
        )
    };
    if is(copy) == (true, true) && copy.moment == order.moment {
        return Ok(());
    }
    let what = format!(
        "there is another copy of this name: of {}, system identifier {}, at {}",
        copy.stanza, copy.system, copy.moment
    );
    Err(refused(what))
}

fn go_on(place: &Place, order: &Order) -> Result<(), Fault> {
    let lock = holders::take(place, PATIENCE, true)?;
    let gone = || refused("the copy was removed meanwhile");
    let mut copy = record::read(place)?.ok_or_else(gone)?;
    same(&copy, order)?;
    if copy.stage == Making::Leaving {
        return Err(refused("the copy is being removed"));
    }
    let made = work(place, order, &mut copy, &lock).map_err(|fault| backrest::full(place, fault));
    if let Err(fault) = &made {
        drop(server::stop(&copy.binaries, place));
        copy.stage = Making::Failed;
        copy.why = Some(Text::from(fault.what.raw()));
        copy.pid = None;
        drop(record::write(place, &copy));
    }
    made
}

fn work(place: &Place, order: &Order, copy: &mut Beside, lock: &File) -> Result<(), Fault> {
    if copy.stage.is_there() && server::ask(copy, place).is_ok() {
        say(copy, copy.server.as_ref().map(|server| server.reached));
        return Ok(());
    }
    // A server that has been opened has left its history: what it would start with is not the moment any more.
    let whole = matches!(copy.stage, Making::Replaying | Making::Paused);
    if !whole {
        server::stop(&copy.binaries, place)?;
        // What a server left there that did not end: pgBackRest would take it for one that runs.
        drop(fs::remove_file(place.data().join("postmaster.pid")));
        set(place, copy, Making::Restoring)?;
        say(copy, None);
        backrest::restore(order, place, lock)?;
    }
    let control = Control::of(&copy.binaries, place)?;
    if control.system != order.of.system {
        let what = format!(
            "the backup is of another cluster: its system identifier is {}, and not {}",
            control.system, order.of.system
        );
        return Err(refused(what).hint("see `stanza` and `config` in [instances.backups]"));
    }
    server::configure(place, &control)?;
    set(place, copy, Making::Replaying)?;
    say(copy, None);
    server::start(&copy.binaries, place)?;
    let (stage, there) = replay::wait(copy, place, &|| gap::behind(&order.of, place, control.segment))?;
    copy.pid = server::pid(place);
    copy.ended = Some(Timestamp::now());
    copy.server = Some(there);
    set(place, copy, stage)?;
    say(copy, copy.server.as_ref().map(|server| server.reached));
    Ok(())
}

fn set(place: &Place, copy: &mut Beside, stage: Making) -> Result<(), Fault> {
    copy.stage = stage;
    copy.why = None;
    record::write(place, copy)
}

/// A word of how far it is, for whoever listens.
pub fn say(copy: &Beside, reached: Option<Lsn>) {
    let word = json!({ "id": copy.id, "stage": copy.stage, "reached": reached });
    drop(writeln!(io::stdout(), "{word}"));
}
