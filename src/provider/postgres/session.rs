//! One connection to one database of one server.

use std::{collections::HashMap, error::Error, path::Path, time::Duration};

use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use tokio::{sync::Mutex, task::JoinHandle, time};
use tokio_postgres::{
    Client, Config, NoTls, Statement,
    config::{ChannelBinding, SslMode},
    error::SqlState,
    types::{FromSqlOwned, Json, ToSql},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Login, tls};
use crate::{
    model::{Fault, FaultKind, Server, TlsMode},
    provider::{beside::Way, unnumbered},
};

/// No connection may take longer than this.
const CONNECT: Duration = Duration::from_secs(2);
/// No statement may take longer than this; the server itself gives up earlier.
const PATIENCE: Duration = Duration::from_secs(3);
/// The same on a copy, where much is read and nobody waits behind it.
const COPY_PATIENCE: Duration = Duration::from_mins(10);

/// What a session is for, which decides what the server will let it do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Read-only, 2 s a statement, 200 ms for a lock, names resolved in `pg_catalog` only.
    Watch,
    /// The server's own defaults, and what is set for the login itself.
    Plain,
    /// For one run: 2.5 s a statement, so that one whose answer was lost is over before it is asked about; 500 ms for a
    /// lock.
    Act,
    /// On a copy, which only reads: ten minutes a statement, 2 s for a lock.
    Copy,
}

/// A value for a placeholder of a statement.
#[derive(Clone, Debug)]
pub enum Param {
    /// `text`
    Text(String),
    /// `bigint`
    Int(i64),
    /// `oid`
    Oid(u32),
    /// `oid[]`
    Oids(Vec<u32>),
    /// `text[]`
    Texts(Vec<String>),
}

impl Param {
    fn sql(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Text(value) => value,
            Self::Int(value) => value,
            Self::Oid(value) => value,
            Self::Oids(value) => value,
            Self::Texts(value) => value,
        }
    }
}

/// An open connection. Statements are prepared once and kept.
pub struct Session {
    pub(super) client: Client,
    major: u32,
    statements: Mutex<HashMap<String, Statement>>,
    pump: JoinHandle<()>,
    tls: Option<MakeRustlsConnect>,
    patience: Duration,
}

impl Session {
    /// Connects, or says within two seconds why not.
    pub async fn open(server: &Server, database: &str, login: &Login, manner: Manner) -> Result<Self, Fault> {
        let config = config(server, database, login, manner);
        let opening = async {
            match server.tls {
                TlsMode::Disable => spawn(config.connect(NoTls).await.map_err(|e| fault(&e))?, None, manner, ()),
                TlsMode::VerifyFull => {
                    let tls = tls::connector(server.ca.as_deref())?;
                    let pair = config.connect(tls.clone()).await.map_err(|e| fault(&e))?;
                    spawn(pair, Some(tls), manner, ())
                }
            }
        };
        time::timeout(CONNECT, opening)
            .await
            .unwrap_or_else(|_| Err(late("no connection", CONNECT)))
    }

    /// Connects to the server of a copy, through a child process, which ends with the session.
    pub(in crate::provider) async fn through(
        way: Way,
        database: &str,
        user: &str,
        manner: Manner,
    ) -> Result<Self, Fault> {
        let mut config = Config::new();
        config.dbname(database).user(user).ssl_mode(SslMode::Disable);
        behave(&mut config, manner);
        let Way { stream, child } = way;
        let opening = async {
            let pair = config.connect_raw(stream, NoTls).await.map_err(|e| fault(&e))?;
            spawn(pair, None, manner, child)
        };
        time::timeout(CONNECT, opening)
            .await
            .unwrap_or_else(|_| Err(late("no connection", CONNECT)))
    }

    /// The same, with this much patience for each answer.
    pub fn patient(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The server's major version.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// Whether the connection is gone.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// The one value of the one row of an answer that is JSON.
    pub async fn json<T: DeserializeOwned + Send>(&self, sql: &str, params: &[Param]) -> Result<T, Fault> {
        let work = async {
            let statement = self.prepared(sql).await?;
            let row = self
                .client
                .query_one(&statement, &bind(params))
                .await
                .map_err(|e| fault(&e))?;
            let value: Json<T> = row.try_get(0).map_err(|e| malformed(&e))?;
            Ok(value.0)
        };
        time::timeout(self.patience, work)
            .await
            .unwrap_or_else(|_| Err(late("no answer", self.patience)))
    }

    /// The first column of every row.
    pub async fn column<T: FromSqlOwned>(&self, sql: &str, params: &[Param]) -> Result<Vec<T>, Fault> {
        let work = async {
            let statement = self.prepared(sql).await?;
            let rows = self
                .client
                .query(&statement, &bind(params))
                .await
                .map_err(|e| fault(&e))?;
            rows.iter()
                .map(|row| row.try_get(0).map_err(|e| malformed(&e)))
                .collect()
        };
        time::timeout(self.patience, work)
            .await
            .unwrap_or_else(|_| Err(late("no answer", self.patience)))
    }

    /// Runs one statement whose rows do not matter.
    pub async fn execute(&self, sql: &str) -> Result<(), Fault> {
        time::timeout(self.patience, self.batch(sql))
            .await
            .unwrap_or_else(|_| Err(late("no answer", self.patience)))
    }

    /// Runs statements without parameters one after the other, without a deadline of ours.
    pub async fn batch(&self, sql: &str) -> Result<(), Fault> {
        self.client.batch_execute(sql).await.map_err(|e| fault(&e))
    }

    /// Asks the server to give up what this session waits for. Where it does not hear us it gives up by its own limits.
    pub async fn cancel(&self) {
        let token = self.client.cancel_token();
        let asked = async {
            match self.tls.clone() {
                None => token.cancel_query(NoTls).await,
                Some(tls) => token.cancel_query(tls).await,
            }
        };
        drop(time::timeout(CONNECT, asked).await);
    }

    async fn prepared(&self, sql: &str) -> Result<Statement, Fault> {
        let mut statements = self.statements.lock().await;
        if let Some(statement) = statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await.map_err(|e| fault(&e))?;
        statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

fn bind(params: &[Param]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(Param::sql).collect()
}

fn config(server: &Server, database: &str, login: &Login, manner: Manner) -> Config {
    let mut config = Config::new();
    if server.host.starts_with('/') {
        config.host_path(Path::new(&server.host));
    } else {
        config.host(&server.host);
    }
    config
        .port(server.port)
        .dbname(database)
        .user(&login.user)
        .password(login.password.expose_secret())
        .connect_timeout(CONNECT)
        .keepalives_idle(Duration::from_secs(10))
        .tcp_user_timeout(Duration::from_secs(10));
    match server.tls {
        TlsMode::Disable => config.ssl_mode(SslMode::Disable),
        // Chain and name are verified. To require channel binding too would shut out whoever logs in by anything but SCRAM,
        // and every pooler that speaks TLS itself.
        TlsMode::VerifyFull => config
            .ssl_mode(SslMode::Require)
            .channel_binding(ChannelBinding::Prefer),
    };
    behave(&mut config, manner);
    config
}

/// What the server is told of what the session is for.
fn behave(config: &mut Config, manner: Manner) {
    match manner {
        Manner::Watch => config.application_name("tenantry/watch").options(
            "-c default_transaction_read_only=on -c statement_timeout=2s -c lock_timeout=200ms \
             -c search_path=pg_catalog -c idle_in_transaction_session_timeout=5s -c jit=off",
        ),
        Manner::Plain => config.application_name("tenantry"),
        Manner::Act => config.application_name("tenantry/act").options(
            "-c statement_timeout=2500ms -c lock_timeout=500ms -c search_path=pg_catalog \
             -c idle_in_transaction_session_timeout=5s",
        ),
        Manner::Copy => config.application_name("tenantry/copy").options(
            "-c default_transaction_read_only=on -c statement_timeout=10min -c lock_timeout=2s -c search_path=pg_catalog",
        ),
    };
}

fn spawn<S, T>(
    (client, connection): (Client, tokio_postgres::Connection<S, T>),
    tls: Option<MakeRustlsConnect>,
    manner: Manner,
    child: impl Send + 'static,
) -> Result<Session, Fault>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let version = connection.parameter("server_version").unwrap_or_default();
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    let major = digits.parse().map_err(|_| {
        Fault::new(
            FaultKind::Malformed,
            format!("the server calls its version {version:?}"),
        )
    })?;
    // How it ended is told by the next question; a notice could carry anything and is not ours to print.
    let pump = tokio::spawn(async move {
        drop(connection.await);
        drop(child);
    });
    Ok(Session {
        client,
        major,
        statements: Mutex::default(),
        pump,
        tls,
        patience: match manner {
            Manner::Copy => COPY_PATIENCE,
            Manner::Watch | Manner::Plain | Manner::Act => PATIENCE,
        },
    })
}

fn late(what: &str, after: Duration) -> Fault {
    Fault::new(FaultKind::Timeout, format!("{what} in {after:?}"))
}

fn malformed(error: &tokio_postgres::Error) -> Fault {
    let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    Fault::new(FaultKind::Malformed, format!("answer not understood: {why}"))
}

/// What the driver says, in our kinds. The server's sentence is kept, with its SQLSTATE.
pub(super) fn fault(error: &tokio_postgres::Error) -> Fault {
    let Some(said) = error.as_db_error() else {
        let why = error
            .source()
            .map_or_else(|| error.to_string(), |cause: &(dyn Error + 'static)| cause.to_string());
        return Fault::new(FaultKind::Unreachable, unnumbered(&why));
    };
    let code = said.code();
    let kind = match code.code() {
        "28P01" | "28000" => FaultKind::Credential,
        "42501" => FaultKind::Denied,
        "57014" => FaultKind::Timeout,
        "55P03" => FaultKind::Locked,
        "42P01" | "42703" | "42883" => FaultKind::Unsupported,
        "57P01" | "57P02" | "57P03" | "53300" => FaultKind::Unreachable,
        class if class.starts_with("08") => FaultKind::Unreachable,
        _ => FaultKind::Refused,
    };
    // Elsewhere the detail may quote rows; here it names what is in the way.
    let detail = said
        .detail()
        .filter(|_| *code == SqlState::DEPENDENT_OBJECTS_STILL_EXIST);
    let detail = detail
        .map(|detail| format!(": {}", detail.replace('\n', "; ")))
        .unwrap_or_default();
    let fault = Fault {
        state: Some(code.code().to_owned()),
        ..Fault::new(kind, format!("{}{detail} ({})", said.message(), code.code()))
    };
    match code {
        code if *code == SqlState::TOO_MANY_CONNECTIONS => {
            fault.hint("every connection is taken; see the view `sessions`")
        }
        code if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
            fault.hint("`tenantry doctor` lists the privileges that are missing")
        }
        _ => fault,
    }
}
