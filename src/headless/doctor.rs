//! Is everything there that the console needs: terminal, files, every server, Vault, privileges, clocks.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use serde::Serialize;

use super::{Exit, Form, json};
use crate::{
    config::{self, Mistakes, Places},
    facts::{self, pulse::Pulse, server::Setup, token::Token, vault::VaultState},
    model::{Fault, LoginSource, Severity, Target, TlsMode, Value},
    ops,
    store::{Known, Snapshot},
};

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Look {
    /// What was looked at.
    what: String,
    /// How it is.
    severity: Severity,
    /// What was seen.
    seen: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Look {
    fn new(what: impl Into<String>, severity: Severity, seen: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            severity,
            seen: seen.into(),
            remedy: None,
        }
    }

    fn fault(what: impl Into<String>, severity: Severity, fault: &Fault) -> Self {
        Self {
            remedy: fault.hint.clone(),
            ..Self::new(what, severity, fault.to_string())
        }
    }

    fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

/// Looks at everything; `terminal` says what is known of the terminal, as label and value.
///
/// # Errors
/// Where the other end is gone.
pub fn doctor(
    form: Form,
    places: &Places,
    terminal: &[(&str, String)],
    settings: Option<&Mistakes>,
    world: Option<&Snapshot>,
    out: &mut dyn Write,
) -> io::Result<Exit> {
    let mut looks: Vec<Look> = terminal
        .iter()
        .map(|(what, seen)| Look::new(*what, Severity::Ok, seen))
        .collect();
    looks.push(files(places, settings));
    looks.extend(mode(&places.fleet().0));
    looks.push(policy(places));
    if let Some(world) = world {
        looks.extend(vault(world));
        looks.extend(
            facts::servers(world)
                .iter()
                .flat_map(|server| server_looks(world, server)),
        );
    }
    let worst = looks.iter().map(|look| look.severity).max().unwrap_or_default();
    write(form, &looks, out)?;
    Ok(match worst {
        _ if settings.is_some() => Exit::Usage,
        Severity::Critical => Exit::Critical,
        Severity::Warning | Severity::Unseen => Exit::Warning,
        Severity::Ok | Severity::Notice => Exit::Done,
    })
}

fn files(places: &Places, mistakes: Option<&Mistakes>) -> Look {
    let (fleet, by) = places.fleet();
    match mistakes {
        None => Look::new("fleet file", Severity::Ok, format!("{} ({by})", fleet.display())),
        Some(mistakes) => Look::new(
            "fleet file",
            Severity::Critical,
            mistakes.to_string().replace('\n', "; "),
        )
        .remedy("tenantry config init prints an example that works; tenantry config check tells each mistake"),
    }
}

/// Without a policy that can be read nobody may act.
fn policy(places: &Places) -> Look {
    let file = places.policy.display();
    match config::policy(places, &ops::names()) {
        Err(mistakes) => Look::new("policy", Severity::Critical, mistakes.to_string().replace('\n', "; "))
            .remedy("until then nobody may act; tenantry config check tells each mistake"),
        Ok(_) if !places.policy.exists() => Look::new(
            "policy",
            Severity::Ok,
            format!("none: every operator may do everything, alone ({file})"),
        ),
        Ok(policy) => {
            let runs = policy
                .runs(places)
                .map_or_else(|| "nowhere".into(), |runs| runs.display().to_string());
            Look::new("policy", Severity::Ok, format!("{file}; runs are kept in {runs}"))
        }
    }
}

/// Whoever may write the fleet file decides where passwords are sent.
fn mode(path: &Path) -> Option<Look> {
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let look = |severity| Look::new("fleet file mode", severity, format!("{mode:04o}"));
    Some(if mode & 0o022 == 0 {
        look(Severity::Ok)
    } else {
        look(Severity::Warning).remedy(format!("others may write it: chmod go-w {}", path.display()))
    })
}

fn vault(world: &Snapshot) -> Vec<Look> {
    if world.fleet.vault.is_none() {
        return vec![Look::new("vault", Severity::Ok, "none is configured")];
    }
    match world.known::<VaultState>(&Target::vault()) {
        Known::Waiting => vec![Look::new("vault", Severity::Unseen, "not asked")],
        Known::Silent(fault) => vec![Look::fault("vault", Severity::Critical, fault)],
        Known::Seen(seen) => match seen.fault {
            Some(fault) => vec![Look::fault("vault", Severity::Critical, fault)],
            None => vault_seen(world, seen.value),
        },
    }
}

fn vault_seen(world: &Snapshot, state: &VaultState) -> Vec<Look> {
    let sealed = if state.sealed { Severity::Critical } else { Severity::Ok };
    let word = if state.sealed { "sealed" } else { "unsealed" };
    let look = Look::new("vault", sealed, format!("{} {}, {word}", state.address, state.version));
    let token = match world.known::<Token>(&Target::vault()) {
        Known::Waiting => Look::new("vault token", Severity::Unseen, "not asked"),
        Known::Silent(fault) => Look::fault("vault token", Severity::Critical, fault),
        Known::Seen(seen) => {
            let ends = seen
                .value
                .ends
                .map_or_else(|| "never".to_owned(), |at| Value::Ends(at).words(world.taken));
            Look::new("vault token", Severity::Ok, format!("ends in {ends}"))
        }
    };
    vec![look, token]
}

fn server_looks(world: &Snapshot, server: &Target) -> Vec<Look> {
    let name = format!("{}/{}", server.part(0), server.part(1));
    let pulse = match world.known::<Pulse>(server) {
        Known::Waiting => return vec![Look::new(name, Severity::Unseen, "not asked")],
        Known::Silent(fault) => return vec![Look::fault(name, Severity::Critical, fault)],
        Known::Seen(seen) => seen.value,
    };
    let role = if pulse.recovery { "standby" } else { "primary" };
    let login = match pulse.source {
        Some(LoginSource::Vault) => "login from vault",
        Some(LoginSource::File) => "login from a file",
        Some(LoginSource::Fallback) => "login of the fall-back",
        None => "login not told",
    };
    let severity = if pulse.source == Some(LoginSource::Fallback) {
        Severity::Warning
    } else {
        Severity::Ok
    };
    let line = line(world, server);
    let mut looks = vec![Look::new(&name, severity, format!("{role}, {login}, {line}"))];
    looks.push(clock(&name, pulse));
    looks.push(privileges(&name, world.known::<Setup>(server)));
    looks
}

/// How the connection is protected. Without TLS none leaves the machine: the fleet file is refused otherwise.
fn line(world: &Snapshot, server: &Target) -> &'static str {
    let servers = facts::configured(world, server).map_or(&[][..], |instance| &instance.servers);
    match servers.iter().find(|one| one.name == server.part(1)).map(|one| one.tls) {
        Some(TlsMode::VerifyFull) => "TLS, name and chain verified",
        Some(TlsMode::Disable) => "no TLS: it does not leave this machine",
        None => "not configured",
    }
}

/// Thirty seconds decide: a `VALID UNTIL` is stamped by one clock and judged by another.
fn clock(name: &str, pulse: &Pulse) -> Look {
    let skew = jiff::SignedDuration::try_from_secs_f64(pulse.skew).unwrap_or_default();
    let words = Value::Span(skew).words(pulse.now);
    let severity = Severity::of(&pulse.skew.abs(), &5.0, &30.0);
    Look::new(format!("{name} clock"), severity, format!("{words} ahead of ours"))
        .remedy_where(severity > Severity::Ok, "synchronise both clocks")
}

impl Look {
    fn remedy_where(self, needed: bool, remedy: &str) -> Self {
        if needed { self.remedy(remedy) } else { self }
    }
}

fn privileges(name: &str, setup: Known<'_, Setup>) -> Look {
    let what = format!("{name} privileges");
    let access = match setup {
        Known::Waiting => return Look::new(what, Severity::Unseen, "not asked"),
        Known::Silent(fault) => return Look::fault(what, Severity::Warning, fault),
        Known::Seen(seen) => &seen.value.access,
    };
    if access.superuser {
        let look = Look::new(what, Severity::Warning, format!("{} is a superuser", access.role));
        return look.remedy("watch with a role that has pg_monitor and nothing more");
    }
    if access.monitor {
        Look::new(what, Severity::Ok, format!("{} has pg_monitor", access.role))
    } else {
        Look::new(what, Severity::Warning, format!("{} lacks pg_monitor", access.role))
            .remedy(format!("grant pg_monitor to {}", access.role))
    }
}

fn write(form: Form, looks: &[Look], out: &mut dyn Write) -> io::Result<()> {
    if form == Form::Json {
        return json::print(out, &looks);
    }
    let width = looks.iter().map(|look| look.what.chars().count()).max().unwrap_or(0);
    for look in looks {
        writeln!(out, "{:8}  {:width$}  {}", look.severity.word(), look.what, look.seen)?;
        if let Some(remedy) = &look.remedy {
            writeln!(out, "{:8}  {:width$}  -> {remedy}", "", "")?;
        }
    }
    Ok(())
}
