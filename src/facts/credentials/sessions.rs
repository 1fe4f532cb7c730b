//! Who is connected with which credential.

use std::collections::HashMap;

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

/// Sessions by instance and role.
pub type Users = HashMap<(Text, Text), u64>;

/// Sessions by instance and role, as far as the servers answered.
pub fn sessions_of(world: &Snapshot) -> Users {
    let mut counts = Users::new();
    for (server, seen) in world.all::<Sessions>() {
        let instance = Text::from(server.part(0));
        for user in seen.value.sessions.iter().filter_map(|session| session.user.clone()) {
            *counts.entry((instance.clone(), user)).or_default() += 1;
        }
    }
    counts
}

/// Every session of a dropped role, on every server.
pub fn ghosts(world: &Snapshot) -> impl Iterator<Item = Ghost<'_>> {
    world.all::<Sessions>().flat_map(|(server, seen)| {
        let dropped = seen.value.sessions.iter().filter(|session| session.role_dropped());
        dropped.map(move |session| Ghost { server, session })
    })
}
