//! One call of the HTTP API. The library lacks `sys/leases` and drops lease ids, so every path goes through here.

use rustify::{
    endpoint::Endpoint,
    enums::{RequestMethod, RequestType, ResponseType},
    errors::ClientError,
};
use serde_json::Value as Json;
use vaultrs::client::VaultClient;

use crate::model::{Fault, FaultKind};

/// The verbs of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Keys under a path.
    List,
    /// Write.
    Post,
    /// Write, where the API asks for it.
    Put,
    /// Remove.
    Delete,
}

struct Call<'a> {
    method: Method,
    path: &'a str,
    body: Option<Vec<u8>>,
}

impl Endpoint for Call<'_> {
    type Response = Json;
    const REQUEST_BODY_TYPE: RequestType = RequestType::JSON;
    const RESPONSE_BODY_TYPE: ResponseType = ResponseType::JSON;

    fn path(&self) -> String {
        self.path.to_owned()
    }

    fn method(&self) -> RequestMethod {
        match self.method {
            Method::Get => RequestMethod::GET,
            Method::List => RequestMethod::LIST,
            Method::Post => RequestMethod::POST,
            Method::Put => RequestMethod::PUT,
            Method::Delete => RequestMethod::DELETE,
        }
    }

    fn body(&self) -> Result<Option<Vec<u8>>, ClientError> {
        Ok(self.body.clone())
    }
}

/// Carries it out with the token of this client. An empty answer is JSON null.
pub async fn exec(client: &VaultClient, method: Method, path: &str, body: Option<&Json>) -> Result<Json, Fault> {
    let body = body.map(|body| body.to_string().into_bytes());
    let call = Call { method, path, body }.with_middleware(&client.middle);
    let answer = call.exec(&client.http).await.map_err(|e| fault(path, e))?;
    let raw = answer.raw();
    if raw.is_empty() {
        return Ok(Json::Null);
    }
    // The driver's own error would quote the answer, which may hold a password.
    serde_json::from_slice(&raw)
        .map_err(|e| Fault::new(FaultKind::Malformed, format!("{path}: answer not understood: {e}")))
}

fn fault(path: &str, error: ClientError) -> Fault {
    match error {
        ClientError::ServerResponseError { code, content } => {
            refused(path, code, content.as_deref().unwrap_or_default())
        }
        ClientError::RequestError { source, .. } => {
            let late = format!("{source:#}").contains("timed out");
            let kind = if late {
                FaultKind::Timeout
            } else {
                FaultKind::Unreachable
            };
            Fault::new(kind, root(source.as_ref()))
        }
        other => Fault::new(FaultKind::Unreachable, other.to_string()),
    }
}

fn refused(path: &str, code: u16, content: &str) -> Fault {
    let parsed: Json = serde_json::from_str(content).unwrap_or_default();
    let errors = parsed["errors"].as_array();
    let said: Vec<&str> = errors.into_iter().flatten().filter_map(Json::as_str).collect();
    let said = said.join("; ").replace(['\n', '\t'], " ");
    let kind = match code {
        503 if said.contains("sealed") => FaultKind::Sealed,
        403 => FaultKind::Denied,
        404 => FaultKind::Unsupported,
        502..=504 => FaultKind::Unreachable,
        _ => FaultKind::Refused,
    };
    Fault::new(
        kind,
        format!(
            "{path}: {} (HTTP {code})",
            if said.is_empty() { "refused" } else { said.trim() }
        ),
    )
}

/// The innermost reason: the outer ones only say that a request failed.
fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut inner = error;
    while let Some(cause) = inner.source() {
        inner = cause;
    }
    inner.to_string()
}
