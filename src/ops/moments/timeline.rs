//! What happened to a tenant, and the moments before it that can be gone back to.

use jiff::{SignedDuration, Timestamp};

use super::{Asked, Moments};
use crate::{
    facts::{
        backups::standing,
        runs::{Brief, Runs},
    },
    model::{
        Backup, Beside, Commit, Copies, Event, Happened, Isolation, Kind, Look, Moment, Place, Request, Target, Text,
        Timeline, Whose, history, plural, quote,
    },
    ops::{
        Refusal, point,
        refusal::primary,
        survey::{Inquiries, Inquiry, Known},
        tenant::Home,
    },
    store::Snapshot,
};

const HISTORY: &str = "whether its schema has a history";
const APPLIED: &str = "what was applied to its schema";
/// How far back commits are looked for.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// So many of the tenant's are shown, and so many that may be anybody's.
const OWN: usize = 100;
const ANYBODY: usize = 30;
/// Files of a history that are shown, the last ones.
const FILES: usize = 100;
/// Operations that write nothing to a tenant.
const READERS: [&str; 5] = [
    "beside",
    "wipe-copy",
    "verify-restore",
    "verify-backups",
    "end-sessions",
];

fn one(request: &Request) -> Result<&Target, Refusal> {
    match request.targets.as_slice() {
        [target] => Ok(target),
        _ => Err(Refusal::new("one tenant is restored at a time")),
    }
}

/// What is asked for it.
///
/// # Errors
/// Where it is not about one tenant.
pub fn ask(request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
    let target = one(request)?;
    let known = Known::of(world);
    // What is found to be not there is said with the line.
    let mut all = commits(target, world)
        .and_then(|commits| commits.ask(known))
        .unwrap_or_default();
    // One that was dropped has none any more.
    let home = Home::of(target, world).ok();
    let history = home.and_then(|home| Some((schema(&home, world)?, home.database)));
    let Some(((schema, readers), database)) = history else {
        return Ok(all);
    };
    let live = primary(world, target.part(0))?.database(database);
    let table = history::table(&schema);
    let there = format!("select (to_regclass({}) is not null)::text", quote::literal(&table));
    all.insert(HISTORY.to_owned(), Inquiry::Rows(live.sql(there)));
    if matches!(known.rows(HISTORY), Ok(Some([said])) if said == "true") {
        all.insert(APPLIED.to_owned(), Inquiry::Look(applied(&live, &table, readers)));
    }
    Ok(all)
}

fn applied(live: &Place, table: &str, readers: String) -> Look {
    // The time of an entry is when its transaction began, so that the commit is later.
    let sql = format!(
        "select to_char(applied_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') || ' ' || version || ' ' || name \
         from {table} where how = 'applied' order by applied_at desc limit {FILES}"
    );
    Look {
        sql: live.sql(sql),
        role: Some(readers),
        settings: Vec::new(),
    }
}

/// The schema whose history is the tenant's, and who may read it.
fn schema(home: &Home<'_>, world: &Snapshot) -> Option<(String, String)> {
    let track = world.fleet.track(home.known.instance(), home.known.model)?;
    let schema = match home.known.model {
        Isolation::Schema => home.known.id().to_owned(),
        Isolation::Shared | Isolation::Database | Isolation::Instance => track.schema.clone(),
    };
    Some((schema, track.readers.clone()))
}

/// What happened to the tenant, and the moments that can be had.
///
/// # Errors
/// Where there is none.
pub fn of(request: &Request, world: &Snapshot) -> Result<Timeline, Refusal> {
    let target = one(request)?;
    let home = Home::of(target, world).ok();
    let instance = target.part(0);
    let unseen = || Refusal::new(format!("the backups of {instance} were not seen"));
    let standing = standing::of(world, instance).ok_or_else(unseen)?;
    let none = || Refusal::new(format!("there is no backup of {instance} that could be restored"));
    let (from, archived) = standing.window.ok_or_else(none)?;
    let mut events: Vec<Event> = standing.good().map(backup).collect();
    events.extend(copies(world, instance));
    events.extend(runs(world, target, home.as_ref()));
    let (mut missing, known) = (Vec::new(), Known::of(world));
    match known.rows(APPLIED) {
        Ok(rows) => events.extend(rows.into_iter().flatten().filter_map(|row| migration(row))),
        Err(refusal) => missing.push(Text::from(refusal.what)),
    }
    match commits(target, world).and_then(|commits| commits.read(known)) {
        Ok(found) => {
            let Moments { commits, notes, .. } = found.unwrap_or_default();
            let (shown, left) = foremost(commits);
            events.extend(shown.iter().map(commit));
            missing.extend((left > 0).then(|| {
                format!(
                    "{} more, of somebody and smaller, or older: tenantry moments lists all",
                    plural(left, "commit")
                )
                .into()
            }));
            missing.extend(notes.into_iter().map(Text::from));
        }
        Err(refusal) => missing.push(Text::from(refusal.what)),
    }
    Ok(Timeline {
        unseen: missing,
        ..Timeline::of(from, archived, world.taken, events)
    })
}

/// Commits of the last day that touched the tenant.
fn commits<'a>(target: &Target, world: &'a Snapshot) -> Result<Asked<'a>, Refusal> {
    let to = world.taken;
    Asked::of(target, (to - DAY, to), world)
}

/// The newest of the tenant's, and of those that may be anybody's those that took away most; how many are left out. What
/// others wrote into tables that tenants share stands as theirs, and is none of these but for what it took away.
fn foremost(all: Vec<Commit>) -> (Vec<Commit>, usize) {
    let (mut own, anybody): (Vec<Commit>, Vec<Commit>) = all.into_iter().partition(|one| one.whose != Whose::Unknown);
    let mut anybody: Vec<Commit> = anybody.into_iter().filter(|one| one.taken() > 0).collect();
    let count = own.len() + anybody.len();
    own.truncate(OWN);
    anybody.sort_by_key(|one| std::cmp::Reverse(one.taken()));
    anybody.truncate(ANYBODY);
    own.extend(anybody);
    let left = count - own.len();
    (own, left)
}

fn commit(commit: &Commit) -> Event {
    let whose = if commit.whose == Whose::Unknown {
        "somebody's: "
    } else {
        ""
    };
    let words = format!("{whose}{}", commit.did());
    event(
        commit.at,
        Happened::Commit,
        words,
        commit.source.word(),
        Some(commit.before()),
    )
}

fn event(at: Timestamp, kind: Happened, words: impl Into<Text>, source: &'static str, moment: Option<Moment>) -> Event {
    Event {
        at,
        kind,
        words: words.into(),
        source,
        moment: moment.unwrap_or_else(|| Moment::at(at)),
    }
}

fn backup(backup: &Backup) -> Event {
    event(
        backup.ended,
        Happened::Backup,
        format!("{} backup {}", backup.kind.word(), backup.label),
        "repository",
        None,
    )
}

/// Copies that can be read, at the moments that they were asked for.
fn copies(world: &Snapshot, instance: &str) -> Vec<Event> {
    let seen = world.get::<Copies>(&Target::instance(instance));
    let all = seen.map(|seen| seen.value.copies.as_slice()).unwrap_or_default();
    let one = |copy: &Beside| match copy.moment {
        Moment::Time(at) => Some(event(
            at,
            Happened::Copy,
            format!("copy {} is there", copy.id),
            "copies",
            None,
        )),
        Moment::Before(_, Some(at)) => {
            let words = format!("copy {} is there, from just before a commit", copy.id);
            Some(event(at, Happened::Copy, words, "copies", Some(copy.moment.clone())))
        }
        Moment::Before(_, None) | Moment::Name(_) | Moment::Lsn(_) | Moment::Latest => None,
    };
    all.iter().filter(|copy| copy.can_be_read()).filter_map(one).collect()
}

fn migration(row: &str) -> Option<Event> {
    let (at, words) = row.split_once(' ')?;
    let at: Timestamp = at.parse().ok()?;
    Some(event(
        at,
        Happened::Migration,
        format!("migration {words}"),
        "history",
        None,
    ))
}

/// Runs that wrote something to the tenant, each with the moment at which it was begun.
fn runs(world: &Snapshot, own: &Target, home: Option<&Home<'_>>) -> Vec<Event> {
    let seen = world.get::<Runs>(&Target::fleet());
    let all = seen.map(|seen| seen.value.runs.as_slice()).unwrap_or_default();
    let of = |run: &&Brief| {
        let wrote = run.done > 0 && run.then.is_none() && !READERS.contains(&run.operation.raw());
        wrote && run.targets.iter().any(|target| concerns(target, own, home, all))
    };
    let words = |run: &Brief| {
        Some(event(
            run.began?,
            Happened::Run,
            format!("{}, {}", run.title.raw(), run.state),
            "journal",
            at_point(run, own),
        ))
    };
    all.iter().filter(of).filter_map(words).collect()
}

/// The restore point that it took, where it took one here: nothing that it did is before that.
fn at_point(run: &Brief, own: &Target) -> Option<Moment> {
    let here = run.points.iter().any(|instance| instance.raw() == own.part(0));
    here.then(|| Moment::Name(point::name(run.id.raw())))
}

/// Whether what is done to this is done to the tenant.
fn concerns(target: &Target, own: &Target, home: Option<&Home<'_>>, runs: &[Brief]) -> bool {
    match target.kind() {
        Kind::Tenant => target == own,
        Kind::Schema => home.is_some_and(|home| {
            let same = target.part(0) == own.part(0) && target.part(1) == home.database;
            same && (home.known.model != Isolation::Schema || target.part(2) == home.known.id())
        }),
        // What is taken back was done before.
        Kind::Run => {
            let at = runs.iter().position(|run| run.target() == *target);
            at.is_some_and(|at| {
                let mut targets = runs[at].targets.iter();
                targets.any(|target| concerns(target, own, home, &runs[at + 1..]))
            })
        }
        _ => false,
    }
}
