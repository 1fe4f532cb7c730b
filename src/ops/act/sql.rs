//! The verb `Sql`: one statement that commits by itself.

use super::{Acting, answer};
use crate::{
    model::{Answer, Sql},
    ops::scribe::Scribe,
};

impl Acting {
    pub(super) async fn statement(&self, sql: &Sql, scribe: &Scribe) -> Answer {
        let text = match scribe.fill(&sql.text) {
            Ok(text) => text,
            Err(fault) => return Answer::Refused(fault),
        };
        // Where no session could be opened nothing was sent.
        let session = match self.session(&sql.place).await {
            Ok(session) => session,
            Err(fault) => return Answer::Refused(fault),
        };
        match session.execute(&text).await {
            Ok(()) => Answer::Yes,
            Err(fault) => {
                let answer = answer(fault);
                if matches!(answer, Answer::Silence(_)) {
                    self.drop_session(&sql.place).await;
                }
                answer
            }
        }
    }
}
