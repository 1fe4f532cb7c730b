//! Who runs this process, by the system's word.

use std::fs;

use nix::unistd::{Gid, Group, Uid, User, getgroups};
use tenantry::{config::Places, ops::house::Person};

/// The user.
pub fn operator() -> String {
    name(Uid::current())
}

/// The user, with the groups.
pub fn person() -> Person {
    let groups = getgroups().unwrap_or_default();
    let name = |gid: Gid| Group::from_gid(gid).ok().flatten().map(|group| group.name);
    Person {
        user: operator(),
        groups: groups.into_iter().chain([Gid::current()]).filter_map(name).collect(),
    }
}

/// Who logged in, where the kernel keeps that (proc(5)): `sudo` does not change it.
pub fn login() -> Option<String> {
    let kept = fs::read_to_string("/proc/self/loginuid").ok()?;
    // All ones where nobody logged in.
    let uid: u32 = kept.trim().parse().ok().filter(|uid| *uid != u32::MAX)?;
    Some(name(Uid::from_raw(uid)))
}

/// Where the operator sits, where the session came over a line.
pub fn origin(places: &Places) -> Option<String> {
    let connection = places.env.get("SSH_CONNECTION")?;
    connection.split(' ').next().map(ToOwned::to_owned)
}

fn name(uid: Uid) -> String {
    let user = User::from_uid(uid).ok().flatten();
    user.map_or_else(|| uid.to_string(), |user| user.name)
}
