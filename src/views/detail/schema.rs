//! A schema that follows a history: where it stands, what it lacks, and where its shape is another than that of its peers.

use super::explain;
use crate::{
    facts::migrations::{
        difference::{How as Differs, differences},
        history::{How, Record},
        outlines::{self, MOST, Outlines},
        shapes::Shapes,
        sources::Sources,
        standing::{self, Misfit, Stand, Standing},
    },
    model::{Cell, Migration, Parsed, Section, Severity, Target, Value, plural},
    store::Snapshot,
    views::migrations as view,
};

/// Differences that are told; the first say what happened.
const TOLD: usize = 50;

pub fn sections(target: &Target, world: &Snapshot) -> Option<Vec<Section>> {
    let standing = standing::of(world)?.find(target)?;
    Some(vec![
        head(standing),
        difference(standing, world),
        pending(standing, world),
        history(standing, world),
        tenants(standing),
    ])
}

fn head(standing: &Standing) -> Section {
    let target = &standing.target;
    let database = Target::database(target.part(0), target.part(1));
    let mut section = Section::new("schema")
        .line("state", Cell::new(standing.stand.word()).at(view::severity(standing)))
        .line("version", view::version(standing));
    for reason in standing.reasons() {
        section = section.line("because", view::words(standing, reason));
    }
    if let Stand::Unknown(fault) = &standing.stand {
        section = explain(section, fault);
    }
    section = section
        .line("follows", standing.track.directory.display().to_string())
        .line("model", standing.model.word())
        .link("database", database.name(), database)
        .line("owner", Cell::new(standing.owner.clone()))
        .line("shape", Cell::new(standing.shape.clone()));
    if standing.peers > 0 {
        section = section.line("of this shape", Value::Of(standing.alike, standing.peers));
    }
    section = section.line("seen", standing.at.map(Value::Began));
    match &standing.fault {
        Some(fault) => explain(section, fault),
        None => section,
    }
}

/// Against the schema that it should be like.
fn difference(standing: &Standing, world: &Snapshot) -> Section {
    let section = Section::new("difference");
    let Some(like) = standing.like().filter(|like| **like != standing.target) else {
        return section;
    };
    let section = section.link("compared with", Value::Note(view::path(like)), like.clone());
    let (Some(here), Some(there)) = (outlines::of(world, &standing.target), outlines::of(world, like)) else {
        let database = Target::database(standing.target.part(0), standing.target.part(1));
        let left_out = world.get::<Outlines>(&database).map_or(0, |seen| seen.value.left_out);
        let why = if left_out > 0 {
            format!("{MOST} schemas of a database are compared, and {left_out} more differ")
        } else {
            "the two were not compared yet".into()
        };
        return section
            .line("difference", Cell::unseen(why.clone()))
            .line("because", why);
    };
    let all = differences(here, there);
    let told = all.iter().take(TOLD).fold(section, |section, one| match &one.how {
        Differs::Missing => section.line(one.what.clone(), Cell::new("is missing").at(Severity::Warning)),
        Differs::More => section.line(one.what.clone(), Cell::new("is only here").at(Severity::Warning)),
        Differs::Other(here, there) => section
            .line(one.what.clone(), Cell::new("differs").at(Severity::Warning))
            .line("  here", here.clone())
            .line("  there", there.clone()),
    });
    match all.len().saturating_sub(TOLD) {
        0 => told,
        n => told.line("and", format!("{n} more")),
    }
}

fn pending(standing: &Standing, world: &Snapshot) -> Section {
    let section = Section::new("pending");
    let sources = world.get::<Sources>(&Target::fleet()).map(|seen| seen.value);
    let Some(directory) = sources.and_then(|sources| sources.directory(&standing.track.directory)) else {
        return section;
    };
    standing.pending.iter().fold(section, |section, one| {
        let Some(migration) = directory.migration(&one.version) else {
            return section;
        };
        let late = if one.late {
            "; before the version that it is at"
        } else {
            ""
        };
        let section = section.line(migration.forth.file.clone(), format!("{}{late}", size(migration)));
        migration.forth.advice.iter().fold(section, |section, advice| {
            let what = format!("line {}: {} ({})", advice.line, advice.what, advice.rule);
            section.line("  lint", Cell::new(what).at(advice.severity))
        })
    })
}

fn size(migration: &Migration) -> String {
    let back = if migration.back.is_some() {
        "there is a way back"
    } else {
        "no way back"
    };
    match &migration.forth.parsed {
        Parsed::Statements(all) => format!("{}; {back}", plural(all.len(), "statement")),
        Parsed::Not(why) => format!("not understood and not linted: {why}; {back}"),
    }
}

fn history(standing: &Standing, world: &Snapshot) -> Section {
    let mut section = Section::new("history");
    let target = &standing.target;
    let seen = world.get::<Shapes>(&Target::database(target.part(0), target.part(1)));
    let Some(shapes) = seen.map(|seen| seen.value) else {
        return section;
    };
    let records = shapes.find(target.part(2)).and_then(|shape| shapes.records(shape));
    let mut records: Vec<&Record> = records.into_iter().flatten().collect();
    records.sort_by_key(|record| (record.version(), record.version.clone()));
    for record in records {
        section = section.line(record.version.clone(), entry(standing, record));
    }
    if let Some(kept) = &standing.history {
        section = section
            .line("last", kept.last.map(Value::At))
            .line("by run", Cell::new(kept.run.clone()));
    }
    section
}

fn entry(standing: &Standing, record: &Record) -> Cell {
    let how = match (record.how, record.complete) {
        (How::Baseline, _) => "was there when its history began".to_owned(),
        (How::Applied, true) => "applied".to_owned(),
        (How::Applied, false) => format!("not finished, {} statements done", record.statements),
    };
    let drift = standing.drift.iter().find(|drift| drift.version == record.version);
    let misfit = drift.map(|drift| match &drift.what {
        Misfit::Changed(had, has) => {
            format!("; the file was {} and is {} now", view::short(had), view::short(has))
        }
        Misfit::Missing => "; there is no file of it".into(),
        Misfit::Unreadable => "; that is no version".into(),
    });
    let severity = if misfit.is_some() || !record.complete {
        Severity::Warning
    } else {
        Severity::Ok
    };
    Cell::new(format!("{}: {how}{}", record.name, misfit.unwrap_or_default())).at(severity)
}

fn tenants(standing: &Standing) -> Section {
    let some = standing.tenants.iter().take(50);
    some.fold(Section::new("tenants, the first fifty"), |section, tenant| {
        section.link("tenant", tenant.name(), tenant.clone())
    })
}
