//! Commits that touched a tenant, newest first: moments to go back to just before. Nothing is changed by looking for them.
//!
//! Two know of them, and neither of everything: rows tell who wrote them last, and the log in the repository tells what was
//! written, in which file of which table, but of tables that tenants share not whose it was.

mod log;
mod merge;
mod rows;
pub mod timeline;
pub mod way;

use jiff::Timestamp;

use super::{
    Refusal,
    refusal::primary,
    survey::{Inquiries, Known},
    tenant::Home,
};
use crate::{
    facts::{pulse::Pulse, server::Setup, tenants::Tenants},
    model::{Backups, Commit, Place, Reading, Target, Touched},
    store::{Fact, Snapshot},
};

/// Facts that they are asked by.
pub const NEEDS: [&str; 3] = [Pulse::NAME, Setup::NAME, Tenants::NAME];

/// Whose commits, and of which time.
pub struct Asked<'a> {
    home: Home<'a>,
    live: Place,
    backups: Option<&'a Backups>,
    from: Timestamp,
    to: Timestamp,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moments {
    /// The newest first.
    pub commits: Vec<Commit>,
    /// What of the log was read, where any was.
    pub reading: Option<Reading>,
    /// What is not seen by this, and why; one sentence each without a full stop.
    pub notes: Vec<String>,
}

/// How much of the log there is to read, before it is read.
pub fn estimate(known: Known<'_>) -> Option<Reading> {
    log::reading(known).ok().flatten()
}

impl<'a> Asked<'a> {
    /// Those that touched this tenant between two times.
    ///
    /// # Errors
    /// Where it is not known where the tenant is.
    pub fn of(target: &Target, (from, to): (Timestamp, Timestamp), world: &'a Snapshot) -> Result<Self, Refusal> {
        let home = Home::of(target, world)?;
        let instance = world.fleet.instance(target.part(0));
        Ok(Self {
            live: primary(world, target.part(0))?.database(&home.database),
            backups: instance.and_then(|instance| instance.backups.as_ref()),
            home,
            from,
            to,
        })
    }

    /// Who it is.
    pub fn name(&self) -> String {
        self.home.known.name.to_string()
    }

    /// What there is to find out by what is known.
    ///
    /// # Errors
    /// Where it is clear already that nothing will be found.
    pub fn ask(&self, known: Known<'_>) -> Result<Inquiries, Refusal> {
        let mut all = self.ask_tables();
        if let Some((server, tables)) = self.tables(known)? {
            if server.tracks {
                all.extend(self.ask_rows(&tables));
            }
            all.extend(self.ask_log(known, &server, &tables));
        }
        Ok(known.lacks(all))
    }

    /// What was found; none where not everything was asked yet.
    ///
    /// # Errors
    /// Where neither the rows nor the log could be read.
    pub fn read(&self, known: Known<'_>) -> Result<Option<Moments>, Refusal> {
        let Some((server, tables)) = self.tables(known)? else {
            return Ok(None);
        };
        if !self.ask(known)?.is_empty() {
            return Ok(None);
        }
        let mut notes = Vec::new();
        let rows = self.rows(known, &server, &tables, &mut notes)?;
        let (logged, reading) = self.logged(known, &tables, &mut notes);
        if rows.is_none() && reading.is_none() {
            let why = notes.join("; ");
            return Err(Refusal::new(format!(
                "neither the rows nor the log tell of commits: {why}"
            )));
        }
        let commits = merge::commits(&self.home, &tables, rows.unwrap_or_default(), logged);
        notes.extend(self.gaps(&commits));
        Ok(Some(Moments {
            commits,
            reading,
            notes,
        }))
    }

    /// What cannot be seen in what was found.
    fn gaps(&self, commits: &[Commit]) -> Vec<String> {
        let mut gaps = vec![
            "rows do not tell what was deleted, nor what was written over since: only the log tells of that".to_owned(),
        ];
        if self.home.shared.is_some() {
            let what = "the log of tables that tenants share does not tell whose rows were written";
            gaps.push(format!(
                "{what}: those commits are marked `unknown`, or `among` where the tenant's are among them"
            ));
        }
        let anew = commits.iter().filter_map(|commit| {
            let is = |touched: &&Touched| touched.logged.is_some_and(|logged| logged.anew);
            let tables: Vec<String> = commit.tables.iter().filter(is).map(|touched| touched.table.to_string()).collect();
            (!tables.is_empty()).then(|| {
                format!(
                    "made anew in transaction {} (TRUNCATE, a rewrite, or a new table): {}; what was done to that before is \
                     not seen in the log",
                    commit.xid,
                    tables.join(", ")
                )
            })
        });
        gaps.extend(anew);
        gaps
    }
}
