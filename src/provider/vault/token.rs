//! The console's own token: got when first needed, renewed at half its life, got anew where renewing adds too little.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use secrecy::SecretString;
use tokio::sync::Mutex;
use vaultrs::client::VaultClient;

use super::{Method, auth, call, client::Source};
use crate::{
    config::Auth,
    model::{Fault, FaultKind},
};

/// After a failed login, that is the answer for so long: whoever waits in line does not ask again.
const PAUSE: Duration = Duration::from_secs(2);

/// A token and how long it lives, by our own clock and the server's durations.
#[derive(Clone)]
pub struct Token {
    /// Sends it.
    pub client: Arc<VaultClient>,
    got: Instant,
    /// From when it was got or renewed; none where it lives for ever.
    life: Option<Duration>,
    /// What it lived for when it was new.
    full: Option<Duration>,
    renewable: bool,
    /// Made for us, and ours to end.
    ours: bool,
}

impl Token {
    /// Half of its life is over.
    fn is_tired(&self) -> bool {
        self.life.is_some_and(|life| self.got.elapsed() * 2 > life)
    }

    fn is_dead(&self) -> bool {
        self.life.is_some_and(|life| self.got.elapsed() > life)
    }

    /// Near the end that its role sets, renewing adds ever less.
    fn is_short(&self) -> bool {
        matches!((self.life, self.full), (Some(life), Some(full)) if life * 2 < full)
    }
}

/// Holds the token.
pub struct Keeper {
    /// None for a token that was given to us: there is no way to another.
    auth: Option<Auth>,
    /// Whether a token that is lent to us makes one of our own first.
    own: bool,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    token: Option<Token>,
    refused: Option<(Fault, Instant)>,
}

impl Keeper {
    /// Logs in when first asked.
    pub fn new(auth: Auth, own: bool) -> Self {
        Self {
            auth: Some(auth),
            own,
            held: Mutex::default(),
        }
    }

    /// Keeps a token that somebody else made and cares for.
    pub fn of(source: &Source, token: &SecretString) -> Result<Self, Fault> {
        let token = Token {
            client: Arc::new(source.client(token)?),
            got: Instant::now(),
            life: None,
            full: None,
            renewable: false,
            ours: false,
        };
        let held = Held {
            token: Some(token),
            refused: None,
        };
        Ok(Self {
            auth: None,
            own: false,
            held: Mutex::new(held),
        })
    }

    /// A token that lives, as far as we know.
    pub async fn token(&self, source: &Source) -> Result<Token, Fault> {
        let mut held = self.held.lock().await;
        if let Some(token) = held.token.as_ref().filter(|token| !token.is_tired()) {
            return Ok(token.clone());
        }
        let renewed = match held.token.as_ref().filter(|token| token.renewable) {
            Some(token) => renewed(token).await,
            None => None,
        };
        if let Some(renewed) = renewed {
            let enough = !renewed.is_short();
            held.token = Some(renewed.clone());
            if enough {
                return Ok(renewed);
            }
        }
        let fault = match self.login(source, &mut held).await {
            Ok(token) => return Ok(token),
            Err(fault) => fault,
        };
        // What still lives is better than nothing.
        held.token.clone().filter(|token| !token.is_dead()).ok_or(fault)
    }

    /// The token, which is not held any more; none where it is not ours to end, or there is none.
    pub async fn give_up(&self) -> Option<Token> {
        self.held.lock().await.token.take_if(|token| token.ours)
    }

    /// Another token where this one is dead; none where it lives, or where there is no other.
    pub async fn replace(&self, source: &Source, dead: &Token) -> Result<Option<Token>, Fault> {
        if self.auth.is_none() || is_accepted(dead).await {
            return Ok(None);
        }
        let mut held = self.held.lock().await;
        if let Some(token) = held
            .token
            .as_ref()
            .filter(|token| !Arc::ptr_eq(&token.client, &dead.client))
        {
            return Ok(Some(token.clone()));
        }
        held.token = None;
        self.login(source, &mut held).await.map(Some)
    }

    async fn login(&self, source: &Source, held: &mut Held) -> Result<Token, Fault> {
        let Some(auth) = &self.auth else {
            return Err(Fault::new(FaultKind::Credential, "the token that was given has ended"));
        };
        if let Some((fault, _)) = held.refused.as_ref().filter(|(_, at)| at.elapsed() < PAUSE) {
            return Err(fault.clone());
        }
        match enter(source, auth, self.own).await {
            Ok(token) => {
                held.refused = None;
                Ok(held.token.insert(token).clone())
            }
            Err(fault) => {
                held.refused = Some((fault.clone(), Instant::now()));
                Err(fault)
            }
        }
    }
}

async fn enter(source: &Source, auth: &Auth, own: bool) -> Result<Token, Fault> {
    let mut entry = auth::login(source, auth).await?;
    if own && !entry.ours {
        entry = auth::child(source, entry).await?;
    }
    Ok(Token {
        client: Arc::new(source.client(&entry.token)?),
        got: Instant::now(),
        life: entry.life,
        full: entry.life,
        renewable: entry.renewable,
        ours: entry.ours,
    })
}

async fn renewed(token: &Token) -> Option<Token> {
    let life = auth::renew(&token.client).await.ok()?;
    Some(Token {
        got: Instant::now(),
        life,
        ..token.clone()
    })
}

/// Only a clear no counts: a server that is sealed or slow says nothing about the token.
async fn is_accepted(token: &Token) -> bool {
    let looked_up = call::exec(&token.client, Method::Get, "auth/token/lookup-self", None).await;
    !looked_up.is_err_and(|fault| fault.kind == FaultKind::Denied)
}
