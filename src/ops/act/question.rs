//! What a check asks, until it is so or its time is over.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep};

use super::{Acting, answer, process};
use crate::{
    model::{Answer, Check, Fault, FaultKind, Question, Sql, Text, plural},
    ops::scribe::Scribe,
    provider::postgres::Readable,
};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(200);
/// Who waits for so long or longer says so, in seconds.
const LONG: u64 = 30;
/// Rows of a list that are told; of the others only how many there are.
const TOLD: usize = 20;

/// Why there is no answer, or a clear one that is no.
pub(super) enum Not {
    /// Nobody could say: it is asked again.
    Known(Fault),
    /// It is not so, and does not become so by waiting.
    So(Fault),
}

impl From<Fault> for Not {
    fn from(fault: Fault) -> Self {
        Self::Known(fault)
    }
}

impl Acting {
    /// Asks until it is so, or until the time is over; who does not answer is asked again meanwhile.
    pub(super) async fn ask(&self, check: &Check, scribe: &Scribe) -> Answer {
        let end = Instant::now() + Duration::from_secs(check.within);
        let mut told = check.within < LONG;
        loop {
            let last = Instant::now() >= end;
            let why = match self.once(&check.ask, scribe, last).await {
                Ok(true) => return Answer::Yes,
                Ok(false) if last => return Answer::No,
                Err(Not::Known(fault)) if last => return answer(fault),
                Err(Not::So(fault)) => return Answer::Halfway(fault),
                Ok(false) => "it is not so yet".into(),
                Err(Not::Known(fault)) => fault.to_string(),
            };
            if !told {
                told = true;
                let words = format!("waits for up to {} s: {}: {why}", check.within, scribe.about());
                if let Err(fault) = scribe.note(words).await {
                    return Answer::Refused(fault);
                }
            }
            sleep(LOOK).await;
        }
    }

    fn once<'a>(&'a self, ask: &'a Question, scribe: &'a Scribe, last: bool) -> BoxFuture<'a, Result<bool, Not>> {
        Box::pin(async move {
            Ok(match ask {
                Question::Sql(sql) => one(self.rows::<bool>(sql, scribe).await?)?,
                Question::Look(look) => one(self.look::<bool>(look).await?)?,
                Question::Take(name, sql) => {
                    let value: String = one(self.rows(sql, scribe).await?)?;
                    scribe.keep(name, value).await.map(|()| true)?
                }
                Question::TakeAs(name, look) => {
                    let value: String = one(self.look(look).await?)?;
                    scribe.keep(name, value).await.map(|()| true)?
                }
                Question::List(what, sql) => self.list(what, sql, scribe, last).await?,
                Question::Vault(say) => self.says(say, Some(scribe)).await?,
                Question::Login(login) => self.opens(login, scribe).await?,
                Question::Trial(trial) => match self.attempt(trial).await? {
                    None => true,
                    Some((_, fault)) => return Err(fault.into()),
                },
                Question::Attempts(attempts) => self.try_all(attempts, scribe).await?,
                Question::Process(process) => process::ends_well(process).await?,
                Question::Verdict(process) => {
                    let said = process::lines(process).await?;
                    scribe.note(process::last(&said.join("\n"))).await.map(|()| true)?
                }
                Question::All(all) => {
                    for ask in all {
                        if !self.once(ask, scribe, last).await? {
                            return Ok(false);
                        }
                    }
                    true
                }
            })
        })
    }

    /// So once there are none left; at the end what is left is told.
    async fn list(&self, what: &str, sql: &Sql, scribe: &Scribe, last: bool) -> Result<bool, Fault> {
        let rows: Vec<String> = self.rows(sql, scribe).await?;
        if rows.is_empty() || !last {
            return Ok(rows.is_empty());
        }
        let told: Vec<String> = rows
            .iter()
            .take(TOLD)
            .map(|row| Text::from(row.as_str()).to_string())
            .collect();
        let more = match rows.len() - told.len() {
            0 => String::new(),
            n => format!("; and {n} more"),
        };
        let count = plural(rows.len(), what);
        scribe.note(format!("{count} left: {}{more}", told.join("; "))).await?;
        Ok(true)
    }

    async fn rows<T: Readable>(&self, sql: &Sql, scribe: &Scribe) -> Result<Vec<T>, Fault> {
        let text = scribe.fill(&sql.text)?;
        let session = self.session(&sql.place).await?;
        match session.column::<T>(&text, &[]).await {
            Ok(rows) => Ok(rows),
            Err(fault) => {
                self.drop_session(&sql.place).await;
                Err(fault)
            }
        }
    }
}

fn one<T>(rows: Vec<T>) -> Result<T, Fault> {
    let none = || Fault::new(FaultKind::Malformed, "the question has no answer");
    rows.into_iter().next().ok_or_else(none)
}
