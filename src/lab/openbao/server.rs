//! The process of OpenBao: built, started, unsealed, sealed.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};
use tokio::time::sleep;

use super::{NAME, access};
use crate::{
    lab::{
        component::Part,
        files,
        ground::Ground,
        ports,
        process::{self, GLANCE},
        programs, say, user,
    },
    model::{Fault, FaultKind},
    provider::vault::Method,
};

const START: Duration = Duration::from_secs(30);
const STOP: Duration = Duration::from_secs(10);

/// Starts it for the first time, initialises and unseals it.
pub async fn build(ground: &Ground) -> Result<(), Fault> {
    files::directory(&ground.path("openbao/raft"), 0o700)?;
    files::directory(&ground.path("openbao"), 0o700)?;
    files::private(&ground.path("openbao/bao.hcl"), &configuration(ground))?;
    start_unless_running(ground)?;
    answering(ground).await?;
    let shares = json!({ "secret_shares": 1, "secret_threshold": 1 });
    let bare = access::bare(ground)?;
    let answer = bare.open_call(Method::Put, "sys/init", Some(&shares)).await?;
    let text = |value: &Json| {
        let absent = || Fault::new(FaultKind::Malformed, "sys/init: the answer has no key");
        value.as_str().map(str::to_owned).ok_or_else(absent)
    };
    ground
        .secrets()
        .keep("vault-unseal-key", &text(&answer["keys_base64"][0])?)?;
    ground.secrets().keep(access::ROOT, &text(&answer["root_token"])?)?;
    unseal(ground).await?;
    say::line(NAME, "is unsealed");
    Ok(())
}

/// Starts it unless it runs.
pub fn start_unless_running(ground: &Ground) -> Result<(), Fault> {
    if ground.record(NAME).running().is_some() {
        return Ok(());
    }
    for port in [ground.vault_port(), ground.vault_port() + 1] {
        ports::free(port, NAME)?;
    }
    let program = programs::needed(programs::openbao()?, "OpenBao")?;
    let mut command = process::apart(&program);
    user::plain(&mut command);
    command
        .arg("server")
        .arg(format!("-config={}", ground.path("openbao/bao.hcl").display()))
        .env("HOME", ground.path("openbao"));
    ground.record(NAME).start(command, &ground.log(NAME)).map(drop)
}

/// Ends it; says whether it ran.
pub async fn stop(ground: &Ground) -> Result<bool, Fault> {
    ground.record(NAME).stop(Signal::SIGTERM, STOP).await
}

/// Makes it serve, whether it has just been started or was sealed.
pub async fn unseal(ground: &Ground) -> Result<(), Fault> {
    let status = answering(ground).await?;
    let bare = access::bare(ground)?;
    if status["sealed"] == true {
        let key = ground.secrets().read("vault-unseal-key")?;
        let body = json!({ "key": key.expose_secret() });
        bare.open_call(Method::Put, "sys/unseal", Some(&body)).await?;
    }
    // 200 means active: unsealed is not enough, raft must have made it the leader.
    let end = Instant::now() + START;
    loop {
        match bare.open_call(Method::Get, "sys/health", None).await {
            Ok(_) => return Ok(()),
            Err(fault) if Instant::now() > end => return Err(fault),
            Err(_) => sleep(GLANCE).await,
        }
    }
}

/// Seals it.
pub async fn seal(ground: &Ground) -> Result<(), Fault> {
    let sealed = access::root(ground)?.call(Method::Put, "sys/seal", None).await;
    sealed.map(drop)
}

/// Waits until the process that the lab started answers, and says whether it is sealed.
async fn answering(ground: &Ground) -> Result<Json, Fault> {
    let bare = access::bare(ground)?;
    let end = Instant::now() + START;
    loop {
        if ground.record(NAME).running().is_none() {
            let said = process::last_lines(&files::read(&ground.log(NAME)).unwrap_or_default(), 3);
            return Err(Fault::new(FaultKind::Refused, format!("OpenBao did not start: {said}")));
        }
        match bare.open_call(Method::Get, "sys/seal-status", None).await {
            Ok(status) => return Ok(status),
            Err(fault) if Instant::now() > end => return Err(fault),
            Err(_) => sleep(GLANCE).await,
        }
    }
}

/// Its line in `lab status`.
pub async fn part(ground: &Ground) -> Part {
    let pid = ground.record(NAME).running().map(|running| running.pid);
    let state = match (pid, access::bare(ground)) {
        (Some(_), Ok(bare)) => match bare.open_call(Method::Get, "sys/seal-status", None).await {
            Ok(status) if status["sealed"] == true => "sealed",
            Ok(_) => "up",
            Err(_) => "starting",
        },
        (Some(_), Err(_)) => "starting",
        (None, _) => "down",
    };
    Part::process(NAME, pid, Some(ground.vault_port()), state)
}

fn configuration(ground: &Ground) -> String {
    let dir = ground.path("openbao");
    let (dir, port) = (dir.display(), ground.vault_port());
    format!(
        r#"storage "raft" {{
  path                   = "{dir}/raft"
  node_id                = "lab"
  performance_multiplier = 1
}}
listener "tcp" {{
  address         = "127.0.0.1:{port}"
  cluster_address = "127.0.0.1:{cluster}"
  tls_disable     = true
}}
api_addr          = "http://127.0.0.1:{port}"
cluster_addr      = "https://127.0.0.1:{cluster}"
log_level         = "warn"
default_lease_ttl = "30m"
max_lease_ttl     = "24h"
audit "file" "lab" {{
  options = {{
    file_path = "{dir}/audit.log"
    mode      = "0600"
  }}
}}
"#,
        cluster = port + 1,
    )
}
