//! Who is connected with which credential.

use std::collections::{HashMap, HashSet};

use crate::{
    facts::sessions::{Session, Sessions},
    model::{Target, Text},
    store::Snapshot,
};

/// A session that goes on although its role was dropped.
#[derive(Clone, Debug)]
pub struct Ghost<'a> {
    /// The server it is on.
    pub server: &'a Target,
    /// The session.
    pub session: &'a Session,
}

/// Sessions by instance and role, as far as the servers answered.
#[derive(Debug, Default)]
pub struct Users {
    counts: HashMap<(Text, Text), u64>,
    seen: HashSet<Text>,
}

impl Users {
    /// As last seen, on all servers of each instance. The sessions of consoles are the watching role's.
    pub fn of(world: &Snapshot) -> Self {
        let mut users = Self::default();
        for (server, seen) in world.all::<Sessions>() {
            let instance = Text::from(server.part(0));
            let listed = seen
                .value
                .sessions
                .iter()
                .filter_map(|session| Some((session.user.clone()?, 1)));
            let ours = seen.value.us.clone().map(|us| (us, seen.value.ours));
            for (user, n) in listed.chain(ours) {
                *users.counts.entry((instance.clone(), user)).or_default() += n;
            }
            users.seen.insert(instance);
        }
        users
    }

    /// How many sessions a role has; none where no server of the instance has told.
    pub fn sessions(&self, instance: &Text, user: &Text) -> Option<u64> {
        let key = (instance.clone(), user.clone());
        self.seen
            .contains(instance)
            .then(|| self.counts.get(&key).copied().unwrap_or_default())
    }
}

/// Every session of a dropped role, on every server.
pub fn ghosts(world: &Snapshot) -> impl Iterator<Item = Ghost<'_>> {
    world.all::<Sessions>().flat_map(|(server, seen)| {
        let dropped = seen.value.sessions.iter().filter(|session| session.role_dropped());
        dropped.map(move |session| Ghost { server, session })
    })
}
