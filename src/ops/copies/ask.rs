//! What is asked for, and whether it can be had.

use jiff::Timestamp;

use super::at;
use crate::{
    facts::backups::{Catalogue, Identity, Log, Standing, standing},
    model::{Backups, Moment, Place, Request, Target},
    ops::{
        Refusal,
        may::{Caller, caller, who_calls},
        refusal::fresh,
        survey::{Inquiries, Inquiry, Known},
    },
    store::Snapshot,
};

/// A moment of an instance that can be had.
pub struct Asked<'a> {
    target: &'a Target,
    /// What the fleet file says of its backups.
    pub backups: &'a Backups,
    /// The moment.
    pub moment: Moment,
    /// Between which moments there is anything to be had, in words.
    pub range: String,
    /// Whether the primary is told to archive what is later first.
    pub mark: Mark,
}

/// Whether a mark is written into the log, and all until there archived, before a copy is made. Without a commit that is
/// later than the moment and archived nothing stops there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A later backup has one.
    Needless,
    /// It may be archived: when a file was archived tells nothing of the commits in it. Where none can be written, it is
    /// tried without.
    Safer,
    /// It is later than what is archived.
    Needed,
}

impl<'a> Asked<'a> {
    /// What a request asks for.
    ///
    /// # Errors
    /// Where it is no moment, or cannot be had.
    pub fn of(request: &'a Request, world: &'a Snapshot) -> Result<Self, Refusal> {
        let [target] = request.targets.as_slice() else {
            return Err(Refusal::new("one instance is copied at a time"));
        };
        let name = target.part(0);
        let instance = world.fleet.instance(name);
        let instance = instance.ok_or_else(|| Refusal::new(format!("there is no instance {}", target.name())))?;
        let unsaid = |what: &str| {
            Refusal::new(format!("the fleet file does not say {what} of {name}"))
                .hint("give the instance [instances.backups] with `scratch` and `binaries`")
        };
        let backups = instance
            .backups
            .as_ref()
            .ok_or_else(|| unsaid("where the backups are"))?;
        if backups.scratch.is_none() {
            return Err(unsaid("where copies are to be made"));
        }
        if backups.binaries.is_none() {
            return Err(unsaid("where the server's programs are"));
        }
        let Some(said) = request.said("moment") else {
            return Err(Refusal::new("no moment is named").hint(
                "set moment to a time with its zone such as 2026-11-26T03:00:00Z, to name:RESTORE-POINT, lsn:POSITION, before:POSITION, or latest",
            ));
        };
        let moment: Moment = said.parse().map_err(Refusal::new)?;
        fresh::<Catalogue>(world, target)?;
        let none = || Refusal::new(format!("the backups of {name} were not seen"));
        let standing = standing::of(world, name).ok_or_else(none)?;
        let (oldest, newest) = window(&standing)?;
        let range = format!("from {} to now; archived so far up to {}", at(oldest), at(newest));
        reachable(&moment, (oldest, world.taken), &range)?;
        let mut mark = match &moment {
            Moment::Time(time) | Moment::Before(_, Some(time)) => match standing.last() {
                _ if *time >= newest => Mark::Needed,
                Some(backup) if *time < backup.ended => Mark::Needless,
                _ => Mark::Safer,
            },
            Moment::Name(_) | Moment::Lsn(_) | Moment::Before(_, None) | Moment::Latest => Mark::Needed,
        };
        let archives = !matches!(standing.log, Log::Off | Log::Failing { .. });
        if mark == Mark::Safer && !archives {
            mark = Mark::Needless;
        }
        if mark == Mark::Needed && !archives {
            let what = format!("{name} archives nothing now, and that moment is later than what is archived");
            return Err(Refusal::new(what).hint(format!("choose an earlier one: {range}")));
        }
        Ok(Self {
            target,
            backups,
            moment,
            range,
            mark,
        })
    }

    /// The name of the instance.
    pub fn instance(&self) -> &'a str {
        self.target.part(0)
    }

    /// Where copies are made.
    pub fn scratch(&self) -> String {
        let scratch = self.backups.scratch.as_ref();
        scratch.map_or_else(String::new, |path| path.display().to_string())
    }
}

fn window(standing: &Standing<'_>) -> Result<(Timestamp, Timestamp), Refusal> {
    let name = standing.target.name();
    if let Identity::Foreign { theirs, ours } = &standing.identity {
        let what = format!("the repository of {name} holds another cluster: {theirs}, and {name} is {ours}");
        return Err(Refusal::new(what).hint("see `stanza` and `config` in [instances.backups]"));
    }
    let none = || Refusal::new(format!("there is no backup of {name} that could be restored"));
    standing.window.ok_or_else(none)
}

fn reachable(moment: &Moment, (oldest, now): (Timestamp, Timestamp), range: &str) -> Result<(), Refusal> {
    let (Moment::Time(time) | Moment::Before(_, Some(time))) = moment else {
        return Ok(());
    };
    let what = match *time {
        time if time < oldest => format!("{} is before the end of the oldest backup", at(time)),
        time if time > now => format!("{} is not yet", at(time)),
        _ => return Ok(()),
    };
    Err(Refusal::new(what).hint(format!("what can be had: {range}")))
}

fn inquiry(live: &Place) -> String {
    format!("who on {} may call pg_switch_wal and may be become", live.server)
}

/// Which roles that may close a file of the log the login to act with may become.
pub fn who_switches(live: &Place) -> Inquiries {
    let sql = who_calls("pg_catalog.pg_switch_wal()");
    Inquiries::from([(inquiry(live), Inquiry::Rows(live.sql(sql)))])
}

/// As whom it is closed.
///
/// # Errors
/// Where there is none, or nobody could be asked.
pub fn switches(world: &Snapshot, live: &Place) -> Result<Caller, Refusal> {
    let found = Known::of(world).rows(&inquiry(live))?.unwrap_or_default();
    caller(found).ok_or_else(|| {
        let what = format!("the login to act with on {} may not close a file of the log", live.server);
        Refusal::new(what).hint(
            "in the maintenance database: grant execute on function pg_switch_wal() to its role; or choose a moment that is \
             archived already (the view `backups`)",
        )
    })
}
