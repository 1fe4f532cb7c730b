//! What the log in the repository tells, asked of this program on the host of the backups.

use super::{
    Asked,
    rows::{Server, Table},
};
use crate::{
    model::{LogLine, Logged, Process, Reading},
    ops::{
        Refusal,
        survey::{Inquiries, Inquiry, Known},
    },
};

const SIZE: &str = "how much of the log there is to read";
const LOG: &str = "what the log says";
/// Files of the log that are read at most: 4 GB of those of 16 MB.
const MOST: usize = 256;
/// Files of tables that are looked for at most: their names are in the command.
const MOST_FILES: usize = 4000;
/// How long it may take to tell how much there is, and to read it, in seconds; and to answer besides.
const TELL: u64 = 30;
const READ: u64 = 300;
const BESIDES: u64 = 30;

impl Asked<'_> {
    /// First how much there is, then what is in it.
    pub(super) fn ask_log(&self, known: Known<'_>, server: &Server, tables: &[Table]) -> Inquiries {
        let mut all = Inquiries::new();
        let mut inquiry = |name: &str, within: u64, only_tell: bool| {
            let words = self.words(server, tables, within, only_tell);
            all.extend(words.map(|words| {
                let process = Process {
                    place: self.live.clone(),
                    words,
                    within: within + BESIDES,
                };
                (name.to_owned(), Inquiry::Process(process))
            }));
        };
        inquiry(SIZE, TELL, true);
        if reading(known).is_ok_and(|reading| reading.is_some_and(|reading| reading.files > 0)) {
            inquiry(LOG, READ, false);
        }
        all
    }

    fn words(&self, server: &Server, tables: &[Table], within: u64, only_tell: bool) -> Option<Vec<String>> {
        let backups = self.backups.filter(|backups| backups.binaries.is_some())?;
        let files: Vec<&str> = tables
            .iter()
            .flat_map(|table| &table.files)
            .map(String::as_str)
            .collect();
        if files.len() > MOST_FILES {
            return None;
        }
        let mut words = vec!["commits".to_owned()];
        words.extend(backups.repository(&self.live.system));
        words.extend([
            format!("--timeline={}", self.live.timeline),
            format!("--segment={}", server.segment),
            format!("--from={}", self.from),
            format!("--to={}", self.to),
            format!("--relations={}", files.join(",")),
            format!("--most={MOST}"),
            format!("--within={within}"),
        ]);
        words.extend(only_tell.then(|| "--only-tell".to_owned()));
        backups.beside(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// What the log tells, and what of it was read; where nothing was, why is noted.
    pub(super) fn logged(
        &self,
        known: Known<'_>,
        tables: &[Table],
        notes: &mut Vec<String>,
    ) -> (Vec<Logged>, Option<Reading>) {
        let files: usize = tables.iter().map(|table| table.files.len()).sum();
        let whole = self
            .backups
            .filter(|backups| backups.binaries.is_some() && backups.scratch.is_some());
        if whole.is_none() {
            notes.push(format!(
                "the log was not read: the fleet file gives {} no [instances.backups] with `scratch` and `binaries`",
                self.home.known.target.part(0)
            ));
            return (Vec::new(), None);
        }
        if files > MOST_FILES {
            notes.push(format!(
                "the log was not read: {files} files of tables are too many, {MOST_FILES} can be looked for"
            ));
            return (Vec::new(), None);
        }
        let size = reading(known);
        let read = known.rows(LOG).and_then(parsed);
        let (logged, reading) = match (size, read) {
            (Err(refusal), _) | (_, Err(refusal)) => {
                notes.push(refusal.what);
                return (Vec::new(), None);
            }
            (Ok(size), Ok((logged, read))) => (logged, read.or(size)),
        };
        if let Some(reading) = &reading {
            let archived = reading
                .archived
                .map(|at| format!(" (archived at {at})"))
                .unwrap_or_default();
            notes.extend((reading.files > 0).then(|| format!(
                "{} files of the log were read, from {} to {}{archived}: what is committed later is not archived yet, and \
                 only rows tell of it",
                reading.files, reading.from, reading.to
            )));
            notes.extend(reading.cut.iter().map(ToString::to_string));
        }
        (logged, reading)
    }
}

/// How much there is to read; none where nobody has asked yet, or nobody can.
pub fn reading(known: Known<'_>) -> Result<Option<Reading>, Refusal> {
    Ok(parsed(known.rows(SIZE)?)?.1)
}

fn parsed(rows: Option<&[String]>) -> Result<(Vec<Logged>, Option<Reading>), Refusal> {
    let (mut logged, mut reading) = (Vec::new(), None);
    for row in rows.unwrap_or_default() {
        match serde_json::from_str(row) {
            Ok(LogLine::Commit(commit)) => logged.push(commit),
            Ok(LogLine::Reading(told)) => reading = Some(told),
            Err(wrong) => {
                let what = format!("what tenantry says there makes no sense: {wrong}");
                return Err(Refusal::new(what).hint("install the same version of it there as here"));
            }
        }
    }
    Ok((logged, reading))
}
