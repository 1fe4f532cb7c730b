//! HTTP as we want it: our deadlines, no proxy from the environment, at most one redirect and never to a weaker scheme.

use std::{fs, path::Path, time::Duration};

use reqwest::{Certificate, Client, Url, redirect};
use rustify::clients::reqwest::Client as Http;
use secrecy::{ExposeSecret, SecretString};
use vaultrs::{
    api::EndpointMiddleware,
    client::{VaultClient, VaultClientSettingsBuilder},
};

use super::address;
use crate::{
    config::VaultSettings,
    model::{Fault, FaultKind},
};

const CONNECT: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(3);

/// Makes clients that share their connections.
pub struct Source {
    url: Url,
    http: Client,
    namespace: Option<String>,
}

impl Source {
    /// Talks to nobody yet.
    pub fn new(settings: &VaultSettings) -> Result<Self, Fault> {
        address::always_verified(|name| std::env::var_os(name).is_some())?;
        let url = address::checked(&settings.address)?;
        crate::provider::choose_tls();
        let http = http(&url, settings.ca.as_deref())?;
        Ok(Self {
            url,
            http,
            namespace: settings.namespace.clone(),
        })
    }

    /// A client that sends this token, in the namespace that is configured.
    pub fn client(&self, token: &SecretString) -> Result<VaultClient, Fault> {
        // The library unwraps where a header cannot be made of it.
        if !token.expose_secret().chars().all(|c| c.is_ascii_graphic()) {
            return Err(Fault::new(
                FaultKind::Credential,
                "the token holds characters that no token has",
            ));
        }
        self.make(token.expose_secret(), self.namespace.clone())
    }

    /// A client without a token, in the namespace that is configured.
    pub fn anonymous(&self) -> Result<VaultClient, Fault> {
        self.make("", self.namespace.clone())
    }

    /// A client without token and namespace: what concerns the server itself is asked there.
    pub fn root(&self) -> Result<VaultClient, Fault> {
        self.make("", None)
    }

    fn make(&self, token: &str, namespace: Option<String>) -> Result<VaultClient, Fault> {
        // Every field is set: the library's defaults read the environment and fall back to plain http.
        let settings = VaultClientSettingsBuilder::default()
            .address(self.url.as_str())
            .token(token)
            .verify(true)
            .timeout(Some(PATIENCE))
            .ca_certs(Vec::new())
            .identity(None)
            .namespace(namespace.clone())
            .build()
            .map_err(|e| unusable(&self.url, &e.to_string()))?;
        let middle = EndpointMiddleware {
            token: token.to_owned(),
            version: "v1".into(),
            wrap: None,
            namespace,
        };
        // Not `VaultClient::new`: it would obey HTTP_PROXY, follow redirects anywhere, and read all certificates again.
        Ok(VaultClient {
            http: Http::new(self.url.as_str(), self.http.clone()),
            middle,
            settings,
        })
    }
}

fn http(url: &Url, ca: Option<&Path>) -> Result<Client, Fault> {
    let mut builder = Client::builder()
        .connect_timeout(CONNECT)
        .timeout(PATIENCE)
        .tcp_keepalive(Duration::from_secs(10))
        .redirect(redirect::Policy::custom(follow))
        .no_proxy();
    if url.scheme() == "http" {
        // Loopback: the system's certificates need not be read.
        builder = builder.tls_certs_only(Vec::new());
    } else if let Some(path) = ca {
        builder = builder.tls_certs_merge(certificates(path)?);
    }
    builder.build().map_err(|e| unusable(url, &e.to_string()))
}

/// A standby may point to the active server once. The token goes along, so never from `https` to `http`.
fn follow(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let weaker = attempt.url().scheme() != "https" && attempt.previous().iter().any(|url| url.scheme() == "https");
    let first = attempt.previous().len() == 1;
    if weaker || !first {
        attempt.error("redirected where the token must not go")
    } else if attempt.url().scheme() == "http" && address::checked(attempt.url().as_str()).is_err() {
        attempt.error("redirected to plain http away from loopback")
    } else {
        attempt.follow()
    }
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, Fault> {
    let wrong = |why: String| {
        Fault::new(FaultKind::Refused, format!("{}: {why}", path.display())).hint("see [vault] ca in the fleet file")
    };
    let pem = fs::read(path).map_err(|e| wrong(e.to_string()))?;
    let found = Certificate::from_pem_bundle(&pem).map_err(|e| wrong(e.to_string()))?;
    if found.is_empty() {
        return Err(wrong("no certificate in it".into()));
    }
    Ok(found)
}

fn unusable(url: &Url, why: &str) -> Fault {
    Fault::new(FaultKind::Refused, format!("{url}: {why}"))
}
