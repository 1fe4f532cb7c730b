//! The verb `Vault`: a call of the secrets server; and the question what it says.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{Acting, answer};
use crate::{
    model::{Answer, Call, Fault, FaultKind, Is, Say},
    ops::scribe::Scribe,
    provider::vault::{Method, Vault},
};

/// Ends a lease.
const REVOKE: &str = "sys/leases/revoke";

impl Acting {
    pub(super) async fn call(&self, call: &Call, scribe: &Scribe) -> Answer {
        // Where nobody could log in nothing was sent.
        let vault = match self.vault() {
            Ok(vault) => vault,
            Err(fault) => return Answer::Refused(fault),
        };
        if let Err(fault) = vault.log_in().await {
            return Answer::Refused(fault);
        }
        let body = match call.body.as_ref().map(|body| scribe.fill_body(body)).transpose() {
            Ok(body) => body,
            // What was never issued need not end.
            Err(_) if call.path == REVOKE => return Answer::Yes,
            Err(fault) => return Answer::Refused(fault),
        };
        let done = match &call.hold {
            None if call.remove => vault.call(Method::Delete, &call.path, None).await.map(drop),
            None => sent(vault, &call.path, body.as_ref()).await.map(drop),
            Some(name) => self.issue(vault, call, name, scribe).await,
        };
        match done {
            Ok(()) => Answer::Yes,
            // An error of the server itself can come after the deed: the answer is audited when the deed is done.
            Err(fault) if fault.kind == FaultKind::Refused => Answer::Silence(fault),
            Err(fault) => answer(fault),
        }
    }

    async fn issue(&self, vault: &Vault, call: &Call, name: &str, scribe: &Scribe) -> Result<(), Fault> {
        let kept = format!("{name}.lease");
        if let Some(lease) = scribe.kept(&kept) {
            // One of before that nobody holds any more.
            let body = json!({ "lease_id": lease, "sync": true });
            vault.call(Method::Post, REVOKE, Some(&body)).await?;
        }
        let issued = vault.issue(&call.path).await?;
        self.hold(name, issued.login);
        scribe.keep(&kept, issued.lease).await
    }

    /// Whether it says so. What steps kept stands in what is sent where there are steps.
    pub(super) async fn says(&self, say: &Say, scribe: Option<&Scribe>) -> Result<bool, Fault> {
        let fill = |body: &Json| scribe.map_or_else(|| Ok(body.clone()), |scribe| scribe.fill_body(body));
        let body = say.body.as_ref().map(fill).transpose()?;
        let answer = sent(self.vault()?, &say.path, body.as_ref()).await;
        match (&say.is, answer) {
            (Is::Absent, answer) => absent(answer),
            (Is::Like(what), answer) => Ok(match answer {
                Ok(answer) => answer.pointer(&say.at).is_some_and(|found| like(found, what)),
                // There is nothing there.
                Err(fault) if fault.kind == FaultKind::Unsupported => false,
                Err(fault) => return Err(fault),
            }),
            (Is::Later(than), answer) => Ok(moment(answer?.pointer(&say.at))? > *than),
        }
    }
}

/// Whether what was found is what is wanted; members that nobody asks for do not count.
fn like(found: &Json, wanted: &Json) -> bool {
    match (found, wanted) {
        (Json::Object(found), Json::Object(wanted)) => wanted
            .iter()
            .all(|(key, wanted)| found.get(key).is_some_and(|found| like(found, wanted))),
        _ => found == wanted,
    }
}

/// Writes where there is something to write, and reads otherwise.
async fn sent(vault: &Vault, path: &str, body: Option<&Json>) -> Result<Json, Fault> {
    let method = if body.is_some() { Method::Post } else { Method::Get };
    vault.call(method, path, body).await
}

/// A lease that is not there is a bad request to the server, and anything else that is not there is not found.
fn absent(answer: Result<Json, Fault>) -> Result<bool, Fault> {
    match answer {
        Ok(_) => Ok(false),
        Err(fault) if fault.kind == FaultKind::Unsupported || fault.what.raw().contains("invalid lease") => Ok(true),
        Err(fault) => Err(fault),
    }
}

fn moment(found: Option<&Json>) -> Result<Timestamp, Fault> {
    let moment = found.and_then(Json::as_str).and_then(|text| text.parse().ok());
    moment.ok_or_else(|| Fault::new(FaultKind::Malformed, "the answer has no moment where one should be"))
}
