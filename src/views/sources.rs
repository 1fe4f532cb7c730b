//! Who answers: the servers and the secrets server, for the header of the screen and for what is said while nothing is
//! known.

use crate::{
    facts::{self, pulse::Pulse, vault::VaultState},
    model::{Fault, LoginSource, Severity, Target},
    store::{Known, Snapshot},
};

/// How far the sources of everything else can be trusted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sources {
    /// A few words each, with how bad it is.
    pub words: Vec<(String, Severity)>,
    /// Who has not answered yet.
    pub waiting: Vec<Target>,
    /// Who does not answer, and why.
    pub down: Vec<(Target, Fault)>,
}

/// As last seen.
pub fn sources(world: &Snapshot) -> Sources {
    let servers = facts::servers(world);
    let mut sources = Sources::default();
    for server in &servers {
        match world.known::<Pulse>(server) {
            Known::Waiting => sources.waiting.push(server.clone()),
            Known::Silent(fault) => sources.down.push((server.clone(), fault.clone())),
            Known::Seen(seen) => sources
                .down
                .extend(seen.fault.map(|fault| (server.clone(), fault.clone()))),
        }
    }
    let up = servers.len() - sources.waiting.len() - sources.down.len();
    let severity = match (sources.down.len(), sources.waiting.len()) {
        (0, 0) => Severity::Ok,
        (0, _) => Severity::Notice,
        (down, _) if down == servers.len() => Severity::Critical,
        _ => Severity::Warning,
    };
    sources
        .words
        .push((format!("servers {up}/{}", servers.len()), severity));
    sources.words.extend(vault(world));
    sources.words.extend(makeshift(world));
    sources
}

/// Only where something is the matter with it: a secrets server that is well needs no room.
fn vault(world: &Snapshot) -> Option<(String, Severity)> {
    let silent = |name: &str| (format!("{name} silent"), Severity::Critical);
    match world.known::<VaultState>(&Target::vault()) {
        Known::Waiting => None,
        Known::Silent(_) => Some(silent("vault")),
        Known::Seen(seen) if seen.fault.is_some() => Some(silent(seen.value.dialect.word())),
        Known::Seen(seen) if seen.value.sealed => {
            Some((format!("{} sealed", seen.value.dialect.word()), Severity::Critical))
        }
        Known::Seen(_) => None,
    }
}

/// Whoever watches with the declared fall-back is told so for as long as that is the case.
fn makeshift(world: &Snapshot) -> Option<(String, Severity)> {
    let mut seen = world.all::<Pulse>();
    let on_file = seen.any(|(_, seen)| seen.value.source == Some(LoginSource::Fallback));
    on_file.then(|| ("fall-back login".to_owned(), Severity::Warning))
}

#[cfg(test)]
mod tests {
    use super::sources;
    use crate::{
        facts::{
            credentials::planted::{Planted, put, silence},
            vault::VaultState,
        },
        model::{Fault, FaultKind, Target},
        store::{Fact, Snapshot},
    };

    fn words(world: &Snapshot) -> String {
        let words: Vec<String> = sources(world).words.into_iter().map(|(word, _)| word).collect();
        words.join(", ")
    }

    #[test]
    fn a_secrets_server_takes_room_only_while_something_is_the_matter() {
        let mut planted = Planted::well();
        let mut world = planted.world();
        assert_eq!(words(&world), "servers 0/1");
        planted.vault.sealed = true;
        put(&mut world, &Target::vault(), &planted.vault);
        assert_eq!(words(&world), "servers 0/1, OpenBao sealed");
        let down = Fault::new(FaultKind::Unreachable, "refused");
        silence(&mut world, VaultState::NAME, &Target::vault(), &down, 5);
        assert_eq!(words(&world), "servers 0/1, OpenBao silent");
    }
}
