//! Everything known of one thing. A new kind is one file here and one line in [`detail`].

mod backups;
mod copy;
mod database;
mod finding;
mod instance;
mod lease;
mod progress;
mod relation;
mod role;
mod run;
mod schema;
mod server;
mod session;
mod static_role;
mod tenant;
mod vault;

pub use progress::standbys;

use crate::{
    findings::Report,
    model::{Cell, Detail, Fault, Kind, Section, Target, Value},
    store::{Seen, Snapshot},
    views::findings as list,
};

/// Everything known of one thing; `None` where nothing is.
pub fn detail(target: &Target, world: &Snapshot) -> Option<Detail> {
    let sections = match target.kind() {
        Kind::Fleet | Kind::NewTenant => None,
        Kind::Relation => relation::sections(target, world),
        Kind::Role => role::sections(target, world),
        Kind::Instance => instance::sections(target, world),
        Kind::Server | Kind::Standby => server::sections(target, world),
        Kind::Slot => server::slot(target, world),
        Kind::Session => session::sections(target, world),
        Kind::Database => database::sections(target, world),
        Kind::Tenant => tenant::sections(target, world),
        Kind::Schema => schema::sections(target, world),
        Kind::Finding => finding::sections(target, world),
        Kind::Vault => vault::sections(target, world),
        Kind::Lease => lease::sections(target, world),
        Kind::StaticRole => static_role::sections(target, world),
        Kind::Run => run::sections(target, world),
        Kind::Copy => copy::sections(target, world),
    }?;
    let mut all = wrong(target, world);
    all.extend(sections.into_iter().filter(|section| !section.lines.is_empty()));
    Some(Detail {
        target: target.clone(),
        sections: all,
    })
}

/// What is wrong with the thing comes first.
fn wrong(target: &Target, world: &Snapshot) -> Vec<Section> {
    let report = world.get::<Report>(&Target::fleet()).map(|seen| seen.value);
    let about = report
        .into_iter()
        .flat_map(|report| &report.findings)
        .filter(|finding| finding.target == *target);
    let section = about.fold(Section::new("wrong"), |section, finding| {
        let what = Cell::new(finding.what.clone()).at(finding.severity);
        section.link(finding.severity.word(), what, list::target(finding))
    });
    if section.lines.is_empty() {
        Vec::new()
    } else {
        vec![section]
    }
}

/// When it was seen, and why it grows old.
fn age<T>(section: Section, seen: &Seen<'_, T>) -> Section {
    let section = section.line("seen", Value::Began(seen.at));
    match seen.fault {
        Some(fault) => explain(section, fault),
        None => section,
    }
}

/// Why something was not seen.
fn explain(section: Section, fault: &Fault) -> Section {
    let section = section.line("not seen since", Cell::unseen(fault.what.clone()));
    let section = section.line("because", fault.what.clone());
    match &fault.hint {
        Some(hint) => section.line("try", hint.clone()),
        None => section,
    }
}
