//! The verb `Sql`: one statement that commits by itself; and the question whether something is so.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Acting;
use crate::model::{Answer, Check, Fault, FaultKind, Sql};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(200);

impl Acting {
    pub(super) async fn statement(&self, sql: &Sql) -> Answer {
        // Where no session could be opened nothing was sent.
        let session = match self.session(&sql.place).await {
            Ok(session) => session,
            Err(fault) => return Answer::Refused(fault),
        };
        match session.execute(&sql.text).await {
            Ok(()) => Answer::Yes,
            Err(fault) => {
                let answer = answer(fault);
                if matches!(answer, Answer::Silence(_)) {
                    self.drop_session(sql).await;
                }
                answer
            }
        }
    }

    /// Asks until it is so, or until the time is over; a server that does not answer is asked again meanwhile.
    pub(super) async fn ask(&self, check: &Check) -> Answer {
        let end = Instant::now() + Duration::from_secs(check.within);
        loop {
            let outcome = self.once(&check.sql).await;
            match outcome {
                Ok(true) => return Answer::Yes,
                Ok(false) if Instant::now() >= end => return Answer::No,
                Err(fault) if Instant::now() >= end => return answer(fault),
                Ok(false) | Err(_) => sleep(LOOK).await,
            }
        }
    }

    async fn once(&self, sql: &Sql) -> Result<bool, Fault> {
        let session = self.session(&sql.place).await?;
        let rows = match session.column::<bool>(&sql.text, &[]).await {
            Ok(rows) => rows,
            Err(fault) => {
                self.drop_session(sql).await;
                return Err(fault);
            }
        };
        rows.first()
            .copied()
            .ok_or_else(|| Fault::new(FaultKind::Malformed, "the question has no answer"))
    }
}

/// Whether the other side said no, or nobody said anything.
fn answer(fault: Fault) -> Answer {
    match fault.kind {
        FaultKind::Unreachable | FaultKind::Timeout | FaultKind::Malformed => Answer::Silence(fault),
        FaultKind::Denied
        | FaultKind::Credential
        | FaultKind::Sealed
        | FaultKind::Keyless
        | FaultKind::Unsupported
        | FaultKind::Refused => Answer::Refused(fault),
    }
}
