//! Who answers: the servers and the secrets server, for the header of the screen and for what is said while nothing is
//! known.

use crate::{
    facts::{self, pulse::Pulse, vault::VaultState},
    model::{Cell, Fault, LoginSource, Severity, Target, plural},
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
    let mut sources = servers(world);
    let words = format!("servers {}/{}", sources.up(world), facts::servers(world).len());
    sources.words.push((words, sources.severity(world)));
    sources.words.extend(vault(world));
    sources.words.extend(makeshift(world));
    sources
}

/// How many servers are up, for the line above a table.
pub(super) fn headline(world: &Snapshot) -> Cell {
    let sources = servers(world);
    let all = plural(facts::servers(world).len(), "server");
    let waiting = match sources.waiting.len() {
        0 => String::new(),
        n => format!(", {n} not heard of yet"),
    };
    Cell::new(format!("{} of {all} up{waiting}", sources.up(world))).at(sources.severity(world))
}

fn servers(world: &Snapshot) -> Sources {
    let mut sources = Sources::default();
    for server in facts::servers(world) {
        match world.known::<Pulse>(&server) {
            Known::Waiting => sources.waiting.push(server),
            Known::Silent(fault) => sources.down.push((server, fault.clone())),
            Known::Seen(seen) => sources.down.extend(seen.fault.map(|fault| (server, fault.clone()))),
        }
    }
    sources
}

impl Sources {
    fn up(&self, world: &Snapshot) -> usize {
        facts::servers(world).len() - self.waiting.len() - self.down.len()
    }

    fn severity(&self, world: &Snapshot) -> Severity {
        match (self.down.len(), self.waiting.len()) {
            (0, 0) => Severity::Ok,
            (0, _) => Severity::Notice,
            (down, _) if down == facts::servers(world).len() => Severity::Critical,
            _ => Severity::Warning,
        }
    }
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
