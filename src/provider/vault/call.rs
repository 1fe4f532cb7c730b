//! One call of the HTTP API. The library lacks `sys/leases` and drops lease ids, so every path goes through here.

use rustify::{
    endpoint::Endpoint,
    enums::{RequestMethod, RequestType, ResponseType},
    errors::ClientError,
};
use serde_json::Value as Json;
use vaultrs::client::VaultClient;

use super::refusal;
use crate::model::{Fault, FaultKind};

/// An answer longer than this is not ours to keep (a million lease ids are about 40 MB).
const LONGEST: usize = 64 << 20;

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
    query: Option<&'a str>,
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

    fn query(&self) -> Result<Option<String>, ClientError> {
        Ok(self.query.map(str::to_owned))
    }

    fn body(&self) -> Result<Option<Vec<u8>>, ClientError> {
        Ok(self.body.clone())
    }
}

/// Carries it out with the token of this client. An empty answer is JSON null. A path may end in `?query`.
pub async fn exec(client: &VaultClient, method: Method, path: &str, body: Option<&Json>) -> Result<Json, Fault> {
    let (bare, query) = path
        .split_once('?')
        .map_or((path, None), |(bare, query)| (bare, Some(query)));
    let call = Call {
        method,
        path: bare,
        query,
        body: body.map(|body| body.to_string().into_bytes()),
    };
    let sent = call.with_middleware(&client.middle).exec(&client.http).await;
    let answer = sent.map_err(|e| refusal::fault(bare, e, &secrets(client, body)))?;
    let raw = answer.response.body();
    if raw.is_empty() {
        return Ok(Json::Null);
    }
    if raw.len() > LONGEST {
        return Err(Fault::new(
            FaultKind::Malformed,
            format!("{bare}: an answer of {} bytes", raw.len()),
        ));
    }
    // The driver's own error would quote the answer, which may hold a password.
    serde_json::from_slice(raw)
        .map_err(|e| Fault::new(FaultKind::Malformed, format!("{bare}: answer not understood: {e}")))
}

/// What must not come back in an error text, should the server quote its question.
fn secrets<'a>(client: &'a VaultClient, body: Option<&'a Json>) -> Vec<&'a str> {
    let sent = ["password", "secret_id", "role_id", "jwt", "token", "key"];
    let in_body = sent
        .iter()
        .filter_map(|key| body.and_then(|body| body.get(key)).and_then(Json::as_str));
    in_body
        .chain([client.middle.token.as_str()])
        .filter(|secret| !secret.is_empty())
        .collect()
}
