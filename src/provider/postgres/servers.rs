//! All servers of the fleet: two lazy sessions each, a cap for all together, back-off where one refuses.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as Lock, PoisonError},
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio_postgres::types::FromSqlOwned;

use super::{Manner, Param, Session, for_version, login::Logins};
use crate::{
    config::Settings,
    model::{Fault, FaultKind, LoginSource, Server, Target},
    provider::vault::Vault,
};

/// A refused server is asked again after at most this long, so that its recovery shows within five seconds.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// How long a session on the fall-back is kept.
const MAKESHIFT: Duration = Duration::from_secs(15);

/// The doors to every server of the fleet.
pub struct Servers {
    rooms: HashMap<(String, String), Room>,
    permits: Arc<Semaphore>,
}

/// One server: a session that stays in the maintenance database, and one that roves.
struct Room {
    server: Server,
    database: String,
    logins: Arc<Logins>,
    fixed: Mutex<Option<Held>>,
    rover: Mutex<Option<Held>>,
    refused: Lock<Option<Refusal>>,
}

struct Held {
    session: Session,
    database: String,
    source: LoginSource,
    since: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Held {
    /// A session on the fall-back ends after a while, so that the secrets server is asked again.
    fn is_makeshift(&self) -> bool {
        self.source == LoginSource::Fallback && self.since.elapsed() > MAKESHIFT
    }
}

struct Refusal {
    fault: Fault,
    times: u32,
    until: Instant,
}

impl Servers {
    /// Connects to nothing yet.
    pub fn new(settings: &Settings, vault: Option<&Arc<Vault>>) -> Self {
        let mut rooms = HashMap::new();
        for instance in &settings.fleet.instances {
            let access = settings.access.get(&instance.name).cloned().unwrap_or_default();
            let logins = Arc::new(Logins::new(access, vault.cloned()));
            for server in &instance.servers {
                let room = Room {
                    server: server.clone(),
                    database: instance.database.clone(),
                    logins: logins.clone(),
                    fixed: Mutex::default(),
                    rover: Mutex::default(),
                    refused: Lock::default(),
                };
                rooms.insert((instance.name.clone(), server.name.clone()), room);
            }
        }
        Self {
            rooms,
            permits: Arc::new(Semaphore::new(settings.watch.max_connections)),
        }
    }

    /// Asks a server something whose answer is one JSON value. `sql` may carry version tags (see [`for_version`]).
    ///
    /// Without a database the fixed session is used, with one the session that roves.
    pub async fn json<T: DeserializeOwned + Send>(
        &self,
        server: &Target,
        database: Option<&str>,
        sql: &str,
        params: &[Param],
    ) -> Result<Answer<T>, Fault> {
        let room = self.room(server)?;
        let mut seat = room.seat(database).lock().await;
        let held = room.enter(&mut seat, database, &self.permits).await?;
        let major = held.session.major();
        let answered = held.session.json(&for_version(sql, major), params).await;
        let source = held.source;
        leave(&mut seat, answered.as_ref().err());
        answered.map(|value| Answer { value, major, source })
    }

    /// The first column of every row of an answer.
    pub async fn column<T: FromSqlOwned>(
        &self,
        server: &Target,
        database: Option<&str>,
        sql: &str,
        params: &[Param],
    ) -> Result<Vec<T>, Fault> {
        let room = self.room(server)?;
        let mut seat = room.seat(database).lock().await;
        let held = room.enter(&mut seat, database, &self.permits).await?;
        let answered = held
            .session
            .column(&for_version(sql, held.session.major()), params)
            .await;
        leave(&mut seat, answered.as_ref().err());
        answered
    }

    fn room(&self, target: &Target) -> Result<&Room, Fault> {
        let key = (target.part(0).to_owned(), target.part(1).to_owned());
        self.rooms
            .get(&key)
            .ok_or_else(|| Fault::new(FaultKind::Refused, format!("no such server: {target}")))
    }
}

/// An answer, and what answered.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    /// The answer.
    pub value: T,
    /// The server's major version.
    pub major: u32,
    /// Where the session's login came from.
    pub source: LoginSource,
}

impl Room {
    fn seat(&self, database: Option<&str>) -> &Mutex<Option<Held>> {
        if database.is_some() { &self.rover } else { &self.fixed }
    }

    /// The session that sits there already, or a new one.
    async fn enter<'a>(
        &self,
        seat: &'a mut Option<Held>,
        database: Option<&str>,
        permits: &Arc<Semaphore>,
    ) -> Result<&'a Held, Fault> {
        let database = database.unwrap_or(&self.database);
        let fits = |held: &Held| held.database == database && !held.session.is_closed() && !held.is_makeshift();
        if !seat.as_ref().is_some_and(fits) {
            // The old session ends before the new one begins: never more than two to a server.
            *seat = None;
            self.pause()?;
            *seat = Some(
                self.open(database, permits)
                    .await
                    .inspect_err(|fault| self.refuse(fault))?,
            );
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        seat.as_ref()
            .ok_or_else(|| Fault::new(FaultKind::Unreachable, "no session"))
    }

    async fn open(&self, database: &str, permits: &Arc<Semaphore>) -> Result<Held, Fault> {
        let full = || {
            Fault::new(FaultKind::Refused, "the fleet's cap on connections is reached")
                .hint("raise max_connections under [watch] in the fleet file")
        };
        let permit = permits.clone().try_acquire_owned().map_err(|_| full())?;
        let (session, source) = match self.try_all(database, false).await {
            Err(fault) if fault.kind == FaultKind::Credential => self.try_all(database, true).await?,
            other => other?,
        };
        Ok(Held {
            session,
            database: database.to_owned(),
            source,
            since: Instant::now(),
            _permit: permit,
        })
    }

    async fn try_all(&self, database: &str, refresh: bool) -> Result<(Session, LoginSource), Fault> {
        let mut last = Fault::new(FaultKind::Credential, "no credential to watch with");
        for (login, source) in self.logins.candidates(&self.server, database, refresh).await? {
            match Session::open(&self.server, database, &login, Manner::Watch).await {
                Ok(session) => return Ok((session, source)),
                Err(fault) if fault.kind == FaultKind::Credential => last = fault,
                Err(fault) => return Err(fault),
            }
        }
        Err(last)
    }

    /// While a refusal is fresh it is the answer: a dead server costs nothing.
    fn pause(&self) -> Result<(), Fault> {
        match &*self.refused.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(refusal) if Instant::now() < refusal.until => Err(refusal.fault.clone()),
            _ => Ok(()),
        }
    }

    /// Full jitter: somewhere between nothing and a bound that doubles.
    fn refuse(&self, fault: &Fault) {
        // A database that is gone or forbidden says nothing about the server.
        if !matches!(
            fault.kind,
            FaultKind::Unreachable | FaultKind::Timeout | FaultKind::Credential | FaultKind::Keyless
        ) {
            return;
        }
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let times = refused.as_ref().map_or(0, |refusal| refusal.times);
        let bound = FIRST_PAUSE.saturating_mul(1 << times.min(8)).min(LONGEST_PAUSE);
        let until = Instant::now() + bound.mul_f64(fastrand::f64());
        *refused = Some(Refusal {
            fault: fault.clone(),
            times: times + 1,
            until,
        });
    }
}

/// A session that was lost or did not answer in time is not asked again.
fn leave(seat: &mut Option<Held>, fault: Option<&Fault>) {
    let broken = fault.is_some_and(|fault| matches!(fault.kind, FaultKind::Unreachable | FaultKind::Timeout));
    if broken || seat.as_ref().is_some_and(|held| held.session.is_closed()) {
        *seat = None;
    }
}
