//! Waits until the server of a copy has come to the moment, and can be read there.

use std::{
    fs,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    backrest::tablespaces,
    holders,
    make::say,
    place::Place,
    scan,
    server::{self, Said},
    trouble::{Behind, refused, unreached},
};
use crate::model::{Beside, BesideServer, Bytes, Fault, Lsn, Making, Moment};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);
/// Between two words of how far it is.
const WORD: Duration = Duration::from_secs(2);
/// How long a file that is in the repository, or comes there before one that is older, may take to be fetched.
const GRACE: Duration = Duration::from_secs(5);
/// What the process waits for that replays, where nothing is left to replay (PostgreSQL documentation 28.2).
const NOTHING_LEFT: &str = "RecoveryRetrieveRetryInterval";

/// Waits. How it stands then, and what it is.
///
/// # Errors
/// Where it does not come there.
pub fn wait(copy: &Beside, place: &Place, behind: &Behind<'_>) -> Result<(Making, BesideServer), Fault> {
    let mut spoken = Instant::now();
    let mut seen: Option<Lsn> = None;
    let mut end = End::default();
    loop {
        let lives = server::pid(place).is_some();
        // Its server asks for that file again and again, as for one that is not there yet.
        if logged(place, scan::FORBIDDEN) {
            return Err(unreached(&place.log(), &copy.moment, behind));
        }
        if let Ok(said) = server::ask(copy, place) {
            if said.system != copy.system.raw() {
                return Err(refused(format!("the copy is of another cluster: {}", said.system)));
            }
            // Whether it was the moment at which it stopped.
            if said.paused && (copy.moment == Moment::Latest || logged(place, "recovery stopping ")) {
                return reached(copy, place, said, behind);
            }
            if said.paused {
                return Err(
                    refused("replay is paused before the moment: a setting was raised after the backup")
                        .hint("make a new backup, and choose a moment after it"),
                );
            }
            let idle = said.waits.as_deref() == Some(NOTHING_LEFT);
            let still = idle && seen.is_some() && seen == said.reached;
            if copy.moment == Moment::Latest && still && end.is_here(behind)? {
                server::tell(copy, place, "select pg_wal_replay_pause()")?;
            }
            seen = said.reached.filter(|_| idle);
            if spoken.elapsed() > WORD {
                spoken = Instant::now();
                say(copy, said.reached);
            }
        } else if !lives && server::pid(place).is_none() {
            return Err(unreached(&place.log(), &copy.moment, behind));
        } else if copy.moment == Moment::Latest && server::pid(place).is_some_and(holders::waits_for_the_log) {
            // It lets nobody in before it has enough of the log, and waits for that without a word and without an end.
            end.is_here(behind)?;
        }
        sleep(LOOK);
    }
}

/// What was found where it seemed to be at the end of the log: since when it has been there, though there was more.
#[derive(Default)]
struct End(Option<(Fault, Instant)>);

impl End {
    /// Whether there is no more.
    fn is_here(&mut self, behind: &Behind<'_>) -> Result<bool, Fault> {
        let why = match behind() {
            Ok(None) => return Ok(true),
            Ok(Some(why)) | Err(why) => why,
        };
        match &self.0 {
            // It names the file: where it says the same, that one has not come.
            Some((before, since)) if *before == why => {
                if since.elapsed() > GRACE {
                    return Err(why);
                }
            }
            _ => self.0 = Some((why, Instant::now())),
        }
        Ok(false)
    }
}

/// Whether its server has said this.
fn logged(place: &Place, words: &str) -> bool {
    let text = fs::read(place.log()).unwrap_or_default();
    String::from_utf8_lossy(&text).contains(words)
}

fn reached(copy: &Beside, place: &Place, said: Said, behind: &Behind<'_>) -> Result<(Making, BesideServer), Fault> {
    within(place)?;
    let at = (said.reached, said.commit);
    let (stage, said) = if said.locked > 0 {
        (Making::Opened, open(copy, place, behind)?)
    } else {
        (Making::Paused, said)
    };
    Ok((
        stage,
        BesideServer {
            user: said.user,
            version: said.version,
            timeline: said.timeline,
            reached: at.0.unwrap_or_default(),
            commit: at.1,
            bytes: bytes(&place.dir()),
        },
    ))
}

/// Ends the recovery: the change that holds tables is rolled back by that. It archives nothing and reaches nobody.
fn open(copy: &Beside, place: &Place, behind: &Behind<'_>) -> Result<Said, Fault> {
    let words = match copy.moment {
        Moment::Latest => "select pg_promote(false)",
        Moment::Time(_) | Moment::Name(_) | Moment::Lsn(_) | Moment::Before(..) => "select pg_wal_replay_resume()",
    };
    server::tell(copy, place, words)?;
    loop {
        match server::ask(copy, place) {
            Ok(said) if !said.recovery => return Ok(said),
            Err(_) if server::pid(place).is_none() => return Err(unreached(&place.log(), &copy.moment, behind)),
            Ok(_) | Err(_) => sleep(LOOK),
        }
    }
}

/// Whether every tablespace of the copy is its own.
fn within(place: &Place) -> Result<(), Fault> {
    let own = tablespaces(place);
    let links = fs::read_dir(place.data().join("pg_tblspc"))
        .into_iter()
        .flatten()
        .flatten();
    for link in links {
        let to = fs::read_link(link.path()).unwrap_or_default();
        if !to.starts_with(&own) {
            let what = format!("the copy has a tablespace outside of its directory: {}", to.display());
            return Err(refused(what).hint("make a new backup, and choose a moment after it"));
        }
    }
    Ok(())
}

/// What a directory takes, without what its links lead to.
fn bytes(dir: &Path) -> Bytes {
    let mut sum = 0;
    let mut left = vec![dir.to_owned()];
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => left.push(entry.path()),
                Ok(meta) => sum += meta.len(),
                Err(_) => {}
            }
        }
    }
    Bytes(sum)
}
