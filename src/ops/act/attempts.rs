//! The question `Attempts`: what a login tries, each by itself and rolled back, comes out as it should.

use super::{Acting, question::Not};
use crate::{
    model::{Attempt, Attempts, Fault, FaultKind, Place, Text, Tried, With},
    ops::scribe::Scribe,
    provider::postgres::{Login, Session},
};

/// Classes of errors that tell of the server's state now and not of what may be done (PostgreSQL documentation, appendix A).
const PASSING: [&str; 6] = ["08", "40", "53", "55", "57", "58"];

impl Acting {
    /// Whether all of it comes out as it should; what did not is the fault. What came of each is told once all did.
    pub(super) async fn try_all(&self, attempts: &Attempts, scribe: &Scribe) -> Result<bool, Not> {
        let With::Held { name, .. } = &attempts.with else {
            let fault = Fault::new(FaultKind::Refused, "only a login that is held can try something");
            return Err(Not::So(fault));
        };
        let Some(login) = self.held(name) else {
            // The process that held it is gone: it is issued anew.
            return Ok(false);
        };
        let session = self.operators.enter(&attempts.place, &login).await?;
        let mut told = Vec::new();
        for attempt in &attempts.tries {
            let came = self
                .came_of_it(attempt, &session, &attempts.place, &login, scribe)
                .await?;
            told.push(judged(attempt, came).map_err(Not::So)?);
        }
        for words in told {
            scribe.note(words).await?;
        }
        Ok(true)
    }

    /// The fault with which it was refused; none where it went through.
    async fn came_of_it(
        &self,
        attempt: &Attempt,
        session: &Session,
        place: &Place,
        login: &Login,
        scribe: &Scribe,
    ) -> Result<Option<Fault>, Fault> {
        let refused = match &attempt.what {
            Tried::Enter(database) => {
                let place = place.database(database.as_str());
                self.operators.enter(&place, login).await.err()
            }
            Tried::Say(statements) => said(session, statements, scribe).await?,
        };
        match refused {
            Some(fault) if proves_nothing(&fault) => Err(fault),
            refused => Ok(refused),
        }
    }
}

/// Nobody said anything, or that it cannot be done now.
fn proves_nothing(fault: &Fault) -> bool {
    let passing = |state: &String| PASSING.iter().any(|class| state.starts_with(class));
    fault.state.as_ref().is_none_or(passing)
}

/// Says them in a transaction that is rolled back. Where one before the last is refused nothing is known of the last.
async fn said(session: &Session, statements: &[String], scribe: &Scribe) -> Result<Option<Fault>, Fault> {
    let Some((last, before)) = statements.split_last() else {
        return Ok(None);
    };
    session.execute("begin").await?;
    let tried = async {
        for statement in before {
            session.execute(&scribe.fill(statement)?).await?;
        }
        Ok(session.execute(&scribe.fill(last)?).await.err())
    };
    let came = tried.await;
    session.execute("rollback").await?;
    came
}

/// What came of it in words, where it is what should.
fn judged(attempt: &Attempt, came: Option<Fault>) -> Result<String, Fault> {
    let Attempt { name, fails, .. } = attempt;
    let wrong = |words: String| Err(Fault::new(FaultKind::Refused, words));
    match (came, fails.as_slice()) {
        (None, []) => Ok(format!("goes through, as planned: {name}")),
        (Some(fault), []) => wrong(format!("it should go through, and is refused: {name}: {}", fault.what)),
        (None, _) => wrong(format!("it goes through, and must be refused: {name}")),
        (Some(fault), fails) => match fault.state {
            Some(state) if fails.contains(&state) => Ok(format!("refused, as planned ({state}): {name}")),
            _ => wrong(format!(
                "it is refused otherwise than it should be ({}): {name}: {}",
                fails.join(" or "),
                Text::from(fault.what.raw())
            )),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{judged, proves_nothing};
    use crate::model::{Attempt, Fault, FaultKind, Tried};

    fn attempt(fails: &[&str]) -> Attempt {
        Attempt {
            name: "read".into(),
            what: Tried::Say(vec!["select 1".into()]),
            fails: fails.iter().map(|state| (*state).to_owned()).collect(),
        }
    }

    fn refused(state: &str) -> Fault {
        Fault {
            state: Some(state.into()),
            ..Fault::new(FaultKind::Refused, "no")
        }
    }

    #[test]
    fn what_is_refused_otherwise_proves_nothing() {
        assert!(judged(&attempt(&[]), None).is_ok());
        assert!(judged(&attempt(&[]), Some(refused("42501"))).is_err());
        assert!(judged(&attempt(&["42501"]), Some(refused("42501"))).is_ok());
        assert!(judged(&attempt(&["42501"]), None).is_err());
        for (state, nothing) in [("42501", false), ("53300", true), ("55P03", true), ("57014", true)] {
            assert_eq!(proves_nothing(&refused(state)), nothing, "{state}");
        }
        // A table that is not there says nothing of whether it could be read.
        assert!(judged(&attempt(&["42501"]), Some(refused("42P01"))).is_err());
    }
}
