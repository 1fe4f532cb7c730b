//! The rows of the view of backups: of an instance, and of each of its tenants.

use jiff::Timestamp;

use super::{COLUMNS, severity, wal, words};
use crate::{
    facts::{
        backups::{
            Catalogue, Log, Standing, Trouble,
            standing::{self, late},
            tested::{Tested, Tests},
            verified::{Verifications, Verified},
        },
        tenants::{self, Tenant},
    },
    model::{Bytes, Cell, Fault, Instance, Row, Severity, Target, Text, Value},
    store::{Known, Snapshot},
};

/// The instance's own row first.
pub(super) fn of(
    world: &Snapshot,
    instance: &Instance,
    tests: &Tests<'_>,
    verifications: &Verifications<'_>,
) -> Vec<Row> {
    let target = Target::instance(&instance.name);
    let Some(settings) = &instance.backups else {
        return vec![silent(
            &target,
            "not set",
            "the fleet file does not say where its backups are",
            None,
        )];
    };
    let Some(standing) = standing::of(world, &instance.name) else {
        return vec![match world.known::<Catalogue>(&target) {
            Known::Silent(fault) => silent(&target, "unknown", fault.what.clone(), Some(fault)),
            Known::Waiting | Known::Seen(_) => silent(&target, "unknown", "not asked yet", None),
        }];
    };
    let whole = Whole::of(&standing, verifications.instance(&target), world.taken);
    let tenants = tenants::of(world).into_iter().flat_map(|all| &all.tenants);
    let mine = tenants.filter(|tenant| tenant.instance() == instance.name);
    let mine: Vec<(&Tenant, Tested)> = mine.map(|tenant| (tenant, tests.tenant(&tenant.target))).collect();
    let severity = |tested: &Tested| tested.severity(settings.tested_within, world.taken);
    let own = whole.row(&target, Cell::blank(), counted(&mine, &severity));
    let each = mine.iter().map(|(tenant, tested)| {
        let cell = match tested {
            Tested::At(at) => Cell::new(Value::Began(*at)),
            Tested::Never => Cell::new("never"),
            Tested::Unknown(why) => Cell::unseen(why.clone()),
        };
        whole.row(
            &tenant.target,
            Cell::new(tenant.name.clone()),
            cell.at(severity(tested)),
        )
    });
    std::iter::once(own).chain(each).collect()
}

/// How many tenants of all had their restore tried lately enough.
fn counted(tenants: &[(&Tenant, Tested)], severity: &dyn Fn(&Tested) -> Severity) -> Cell {
    let verdicts: Vec<Severity> = tenants.iter().map(|(_, tested)| severity(tested)).collect();
    let well = verdicts.iter().filter(|verdict| **verdict == Severity::Ok).count() as u64;
    match verdicts.iter().max() {
        None => Cell::blank(),
        Some(worst) => Cell::new(Value::Of(well, verdicts.len() as u64)).at(*worst),
    }
}

/// The row of an instance of which nothing was seen: neither well nor ill.
fn silent(instance: &Target, word: &'static str, why: impl Into<Text>, fault: Option<&Fault>) -> Row {
    let why = why.into();
    let cells = COLUMNS.iter().map(|column| match column.name {
        "instance" => Cell::new(Value::Text(instance.name())),
        "state" => Cell::new(word).at(Severity::Unseen),
        "why" => Cell::new(why.clone()),
        "tenant" | "tested" | "verified" => Cell::blank(),
        _ => Cell::unseen(why.clone()),
    });
    Row {
        target: instance.clone(),
        cells: cells.collect(),
        severity: Severity::Unseen,
        seen: None,
        fault: fault.cloned(),
    }
}

/// What an instance and all of its tenants have in common.
struct Whole<'a> {
    standing: &'a Standing<'a>,
    now: Timestamp,
    troubles: Vec<Trouble>,
    verified: Verified,
    /// How bad that is.
    read: Severity,
    severity: Severity,
}

impl<'a> Whole<'a> {
    fn of(standing: &'a Standing<'a>, verified: Verified, now: Timestamp) -> Self {
        let troubles = standing.troubles(now);
        let read = verified.severity(standing.settings.verified_within, now);
        // Who does not know whether it was ever verified knows as much as where it never was.
        let read = if read == Severity::Unseen { Severity::Ok } else { read };
        Self {
            severity: severity(standing, &troubles, now).max(read),
            verified,
            read,
            standing,
            now,
            troubles,
        }
    }

    fn row(&self, target: &Target, tenant: Cell, tested: Cell) -> Row {
        let (standing, settings) = (self.standing, self.standing.settings);
        let (oldest, newest) = standing.window.unzip();
        // What was never tried is red where it stands, and still no loss.
        let trial = tested.severity.min(Severity::Warning);
        let instance = tenant.value == Value::Blank;
        let cells = vec![
            Cell::new(Value::Text(target.part(0).into())),
            tenant,
            self.state(trial),
            age(standing.full().map(|backup| backup.ended)).at(late(standing.full(), settings.full_within, self.now)),
            age(standing.last().map(|backup| backup.ended)).at(late(standing.last(), settings.backup_within, self.now)),
            Cell::new(standing.last().map(|backup| Value::Word(backup.kind.word()))),
            age(oldest),
            age(newest),
            wal(&standing.log),
            tested,
            if instance { self.verified() } else { Cell::blank() },
            Cell::new(self.why()),
            if instance { size(standing) } else { Cell::blank() },
            count(standing),
            repositories(standing),
            Cell::new(standing.seen.value.stanza.name.clone()),
        ];
        Row {
            target: target.clone(),
            cells,
            severity: self.severity.max(trial),
            seen: Some(standing.seen.at),
            fault: standing.seen.fault.cloned(),
        }
    }

    fn state(&self, trial: Severity) -> Cell {
        match self.troubles.first() {
            _ if self.is_damaged() => Cell::new("damaged").at(Severity::Critical),
            Some(trouble) => Cell::new(trouble.word()).at(self.standing.weight(*trouble, self.now)),
            None if self.standing.seen.fault.is_some() => Cell::new("unknown").at(Severity::Unseen),
            None if trial == Severity::Warning => Cell::new("untested").at(trial),
            None if self.read == Severity::Warning => Cell::new("unverified").at(self.read),
            None if self.severity == Severity::Unseen => Cell::new("unverified").at(Severity::Unseen),
            None if self.standing.seen.value.stanza.busy => Cell::new("running"),
            None => Cell::new("ok"),
        }
    }

    fn is_damaged(&self) -> bool {
        matches!(&self.verified, Verified::Failed(failed) if failed.damaged)
    }

    /// When it was last read and found whole; how that ended where it was not.
    fn verified(&self) -> Cell {
        let cell = match &self.verified {
            Verified::Whole(at) => Cell::new(Value::Began(*at)),
            Verified::Failed(_) => Cell::new("failed"),
            Verified::Never => Cell::new("never"),
            Verified::Unknown(why) => Cell::unseen(why.clone()),
        };
        cell.at(self.verified.severity(self.standing.settings.verified_within, self.now))
    }

    fn why(&self) -> Option<String> {
        let words: Vec<String> = self
            .troubles
            .iter()
            .map(|trouble| words(self.standing, *trouble))
            .collect();
        let unknown = match (&self.standing.log, self.standing.seen.fault) {
            (_, Some(fault)) => Some(fault.what.to_string()),
            (Log::Unknown(why), None) if words.is_empty() => Some((*why).to_owned()),
            _ => None,
        };
        let failed = match &self.verified {
            Verified::Failed(failed) => Some(failed.why.to_string()),
            Verified::Whole(_) | Verified::Never | Verified::Unknown(_) => None,
        };
        let all: Vec<String> = failed.into_iter().chain(words).chain(unknown).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

fn age(at: Option<Timestamp>) -> Cell {
    at.map_or_else(|| Cell::new("none"), |at| Cell::new(Value::Began(at)))
}

fn size(standing: &Standing<'_>) -> Cell {
    let kept: Option<Vec<Bytes>> = standing.backups.iter().map(|(backup, _)| backup.kept).collect();
    match kept {
        Some(all) => Cell::new(Bytes(all.iter().map(|size| size.0).sum())),
        None => Cell::unseen("pgBackRest does not say what each takes"),
    }
}

fn count(standing: &Standing<'_>) -> Cell {
    let good = standing.good().count() as u64;
    Cell::new(Value::Of(good, standing.backups.len() as u64))
}

fn repositories(standing: &Standing<'_>) -> Cell {
    let each = standing.seen.value.stanza.repositories.iter().map(|repository| {
        let cipher = match repository.cipher.raw() {
            "" | "none" => "not encrypted".to_owned(),
            _ => repository.cipher.to_string(),
        };
        format!("{}: {cipher}", repository.key)
    });
    Cell::new(each.collect::<Vec<_>>().join(", "))
}
