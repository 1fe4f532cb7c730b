//! The backups of an instance: how they stand, and each of them; and what that means for a tenant.

use jiff::Timestamp;

use super::{age, explain};
use crate::{
    facts::{
        backups::{
            Catalogue, Identity, Log, Standing, Worth, standing,
            tested::{Tested, Tests},
            verified::{Verifications, Verified},
        },
        leader,
        server::Setup,
    },
    model::{Backup, Cell, Section, Severity, Target, Value},
    store::{Known, Snapshot},
    views::backups as view,
};

/// Backups that are listed, the youngest.
const LISTED: usize = 50;

/// How the backups of an instance stand.
pub fn standing(world: &Snapshot, instance: &Target) -> Section {
    let section = Section::new("backups");
    let configured = world
        .fleet
        .instance(instance.part(0))
        .and_then(|instance| instance.backups.as_ref());
    let Some(settings) = configured else { return section };
    let section = section.line("stanza", settings.stanza.clone());
    let Some(standing) = standing::of(world, instance.part(0)) else {
        return match world.known::<Catalogue>(instance) {
            Known::Silent(fault) => explain(section, fault),
            Known::Waiting | Known::Seen(_) => section.line("backups", Cell::unseen("not asked yet")),
        };
    };
    let now = world.taken;
    let troubles = standing.troubles(now).into_iter();
    let section = troubles.fold(section, |section, trouble| {
        let words = Cell::new(view::words(&standing, trouble)).at(standing.weight(trouble, now));
        section.line(trouble.word(), words)
    });
    let section = window(identity(section, &standing), &standing);
    let verified = Verifications::of(world).instance(instance);
    let section = verification(log(section, world, &standing, &verified), &standing, verified, now);
    age(section, &standing.seen)
}

/// When all of it was last read.
fn verification(section: Section, standing: &Standing<'_>, verified: Verified, now: Timestamp) -> Section {
    let severity = verified.severity(standing.settings.verified_within, now);
    match verified {
        Verified::Whole(at) => section.line("all read, and whole", Cell::new(Value::At(at)).at(severity)),
        Verified::Never => section.line("all read", Cell::new("never").at(severity)),
        Verified::Unknown(why) => section.line("all read", Cell::unseen(why)),
        Verified::Failed(failed) => {
            let whole = failed
                .whole
                .map_or_else(|| Cell::new("not known"), |at| Cell::new(Value::At(at)));
            section
                .line("all read", Value::At(failed.at))
                .line("found", Cell::new(failed.why).at(severity))
                .line("by run", failed.run)
                .line("whole before", whole)
        }
    }
}

fn identity(section: Section, standing: &Standing<'_>) -> Section {
    match &standing.identity {
        Identity::Own => section.line("holds", "this cluster"),
        Identity::Foreign { theirs, ours } => section
            .line("holds", Cell::new(format!("cluster {theirs}")).at(Severity::Critical))
            .line("this cluster", ours.clone()),
        Identity::Unknown => section.line("holds", Cell::unseen("no server said which cluster this is")),
    }
}

fn window(section: Section, standing: &Standing<'_>) -> Section {
    match standing.window {
        Some((oldest, newest)) => section
            .line("oldest moment", Value::At(oldest))
            .line("newest moment known", Value::At(newest)),
        None => section.line("oldest moment", Cell::new("none").at(Severity::Critical)),
    }
}

fn log(section: Section, world: &Snapshot, standing: &Standing<'_>, verified: &Verified) -> Section {
    let section = section.line("log", view::wal(&standing.log));
    let section = match &standing.log {
        Log::Unknown(why) => section.line("because", *why),
        Log::Arrives => match verified {
            Verified::Whole(at) => section.line(
                "gaps in between",
                format!("none, when all of it was read: {}", Value::At(*at).words(*at)),
            ),
            Verified::Failed(_) | Verified::Never | Verified::Unknown(_) => {
                section.line("gaps in between", "not verified: the repository does not tell")
            }
        },
        Log::Failing { at } => section.line("archiving failed last", Value::At(*at)),
        Log::Unkept { .. } | Log::Gap { .. } | Log::Off => section,
    };
    let setup = leader(world, standing.target.part(0)).and_then(|server| world.get::<Setup>(&server));
    let section = match setup.map(|seen| &seen.value.wal) {
        Some(Ok(wal)) => section.line("files that wait for it", wal.ready),
        Some(Err(_)) | None => section,
    };
    let stanza = &standing.seen.value.stanza;
    let section = stanza.archives.iter().fold(section, |section, archive| {
        let files = archive.first.as_ref().zip(archive.last.as_ref());
        let files = files.map_or_else(|| "nothing".into(), |(first, last)| format!("{first} to {last}"));
        let whose = format!("cluster {}, repository {}", archive.cluster, archive.repository);
        section.line("log that is kept", format!("{files}; {whose}"))
    });
    if stanza.busy {
        section.line("under way", "a backup, or what excludes one")
    } else {
        section
    }
}

/// Each backup, the youngest first.
pub fn list(world: &Snapshot, instance: &Target) -> Section {
    let section = Section::new("list of backups");
    let Some(standing) = standing::of(world, instance.part(0)) else {
        return section;
    };
    let youngest = standing.backups.iter().rev().take(LISTED);
    let section = youngest.fold(section, |section, (backup, worth)| one(section, backup, worth));
    match standing.backups.len().saturating_sub(LISTED) {
        0 => section,
        n => section.line("and", format!("{n} older")),
    }
}

fn one(section: Section, backup: &Backup, worth: &Worth) -> Section {
    let bad = |words: String, severity| Some(Cell::new(words).at(severity));
    let worth = match worth {
        Worth::Good => None,
        Worth::Foreign => bad("of another cluster".into(), Severity::Notice),
        Worth::Damaged => bad(
            "has pages with wrong checksums, or builds on such".into(),
            Severity::Warning,
        ),
        Worth::Baseless(base) => bad(format!("builds on {base}, which is not there"), Severity::Warning),
        Worth::Logless(file) => bad(format!("needs {file}, which is not kept"), Severity::Warning),
    };
    let took = Value::Span(backup.ended.duration_since(backup.began)).words(backup.ended);
    let section = section
        .line("backup", format!("{}, {}", backup.label, backup.kind.word()))
        .line("began", Value::At(backup.began))
        .line(
            "ended",
            format!("{}, after {took}", Value::At(backup.ended).words(backup.ended)),
        );
    let section = match &worth {
        Some(cell) => section.line("it", cell.clone()),
        None => section,
    };
    let section = match &backup.base {
        Some(base) => section.line("builds on", base.clone()),
        None => section,
    };
    let section = match backup.span {
        Some((from, to)) => section.line("log", format!("{from} to {to}")),
        None => section,
    };
    let kept = backup
        .kept
        .map(|kept| format!(", {kept} in repository {}", backup.repository))
        .unwrap_or_default();
    let section = section.line("size", format!("{}, copied {}{kept}", backup.size, backup.copied));
    backup.notes.iter().fold(section, |section, (name, words)| {
        section.line(format!("note {name}"), words.clone())
    })
}

/// What the backups of its instance mean for a tenant.
pub fn tenant(world: &Snapshot, tenant: &Target) -> Section {
    let section = Section::new("backups");
    let Some(standing) = standing::of(world, tenant.part(0)) else {
        return section;
    };
    let tested = Tests::of(world).tenant(tenant);
    let severity = tested.severity(standing.settings.tested_within, world.taken);
    let cell = match tested {
        Tested::At(at) => Cell::new(Value::At(at)),
        Tested::Never => Cell::new("never"),
        Tested::Unknown(why) => Cell::unseen(why),
    };
    let section = window(section, &standing).line("log", view::wal(&standing.log));
    section.line("restore last tried", cell.at(severity))
}
