//! What a schema cannot say about a fleet file: names that clash, ways that are unsafe, secrets that others can read.

use std::collections::BTreeMap;

use super::{
    super::{Mistake, Mistakes, Places, node::Node},
    backups, onboarding, secrets, tenants, ways,
};

/// Everything wrong that the shape alone does not show. Looks at the tree, so it works beside any other mistake.
pub(super) fn check(places: &Places, root: Node<'_>) -> Mistakes {
    let mut found = Mistakes::default();
    if let Some(name) = root.get("fleet").and_then(|fleet| fleet.get("name")) {
        grammar(name, &mut found);
    }
    if let Some(vault) = root.get("vault") {
        self::vault(places, vault, &mut found);
    }
    let instances: Vec<Node<'_>> = root.list("instances").collect();
    if let (Some(none), []) = (root.get("instances"), &instances[..]) {
        found.add(none.wrong("a fleet needs at least one [[instances]]"));
    }
    unique("an instance", &instances, &mut found);
    tracks(root, &instances, &mut found);
    onboarding::check(root, &mut found);
    addresses(&instances, &mut found);
    for instance in instances {
        self::instance(places, root.get("vault"), instance, &mut found);
    }
    found
}

/// A history that nobody follows is a mistake of writing.
fn tracks(root: Node<'_>, instances: &[Node<'_>], found: &mut Mistakes) {
    for track in root.list("migrations") {
        for name in track.list("instances") {
            let there = |instance: &Node<'_>| instance.word("name") == name.text();
            if !instances.iter().any(there) {
                found.add(name.wrong("there is no [[instances]] of this name"));
            }
        }
    }
}

fn vault(places: &Places, vault: Node<'_>, found: &mut Mistakes) {
    if places.env.contains_key("VAULT_SKIP_VERIFY") {
        found.add(Mistake::of_file(
            "environment",
            "VAULT_SKIP_VERIFY is set, and a secrets server that is not verified is not asked; \
             unset it, and name the server's certificate authority with `ca` in [vault]",
        ));
    }
    if let Some(address) = vault.get("address")
        && let Some(what) = address.text().and_then(ways::wrong_address)
    {
        found.add(address.wrong(what));
    }
    for auth in ["auth", "operate_auth"].into_iter().filter_map(|key| vault.get(key)) {
        for key in ["path", "role_id_file", "secret_id_file", "password_file", "jwt_file"] {
            secrets::check(places, auth.get(key), found);
        }
    }
    secrets::exists(places, vault.get("ca"), found);
}

fn instance(places: &Places, vault: Option<Node<'_>>, instance: Node<'_>, found: &mut Mistakes) {
    let operates = vault.is_some_and(|vault| vault.get("operate_auth").is_some());
    let vault = vault.is_some();
    let servers: Vec<Node<'_>> = instance.list("servers").collect();
    if let (Some(none), []) = (instance.get("servers"), &servers[..]) {
        found.add(none.wrong("an instance needs at least one server"));
    }
    unique("a server", &servers, found);
    for server in servers {
        self::server(instance, server, found);
        secrets::exists(places, server.get("ca"), found);
    }
    secrets::exists(places, instance.get("ca"), found);
    access(places, vault, instance, found);
    for key in ["operate_role", "operate_lease"] {
        if let (Some(role), true, false) = (instance.get(key), vault, operates) {
            found.add(role.wrong(format!("{key:?} needs `operate_auth` under [vault]")));
        }
    }
    if let (Some(_), Some(lease)) = (instance.get("operate_role"), instance.get("operate_lease")) {
        found.add(lease.wrong("an instance has either `operate_role` or `operate_lease`, not both"));
    }
    tenants::check(instance, found);
    backups::check(instance, found);
}

fn server(instance: Node<'_>, server: Node<'_>, found: &mut Mistakes) {
    let Some(host) = server.get("host") else { return };
    let name = host.text().unwrap_or_default();
    if name.is_empty() && host.text().is_some() {
        found.add(host.wrong("a server needs a host"));
    }
    let Some(tls) = server.get("tls").or(instance.get("tls")) else {
        return;
    };
    let local = ways::is_loopback(name) || ways::is_socket(name);
    match tls.text() {
        Some("disable") if !local => found.add(server.get("tls").unwrap_or(host).wrong(format!(
            "tls = \"disable\" is for loopback and Unix sockets, not for {name:?}"
        ))),
        Some("verify-full") if ways::is_socket(name) => {
            found.add(host.wrong(
                "PostgreSQL has no TLS on a Unix socket; give this server tls = \"disable\", or leave `tls` out",
            ));
        }
        _ => {}
    }
}

fn access(places: &Places, vault: bool, instance: Node<'_>, found: &mut Mistakes) {
    for key in [
        "watch_role",
        "vault_connection",
        "operate_role",
        "operate_lease",
        "operate_connection",
    ] {
        if let (Some(value), false) = (instance.get(key), vault) {
            found.add(value.wrong(format!("{key:?} needs a [vault]")));
        }
    }
    if instance.get("direct").is_none() && instance.get("watch_role").is_none() {
        found.add(instance.wrong("an instance needs `watch_role` or `direct`, or nobody can log in to it"));
    }
    for way in ["direct", "operate_direct"]
        .into_iter()
        .filter_map(|key| instance.get(key))
    {
        direct(places, way, found);
    }
}

fn direct(places: &Places, direct: Node<'_>, found: &mut Mistakes) {
    for key in ["passfile", "file"] {
        secrets::check(places, direct.get(key), found);
    }
    match (direct.get("user"), direct.get("service")) {
        (Some(_), Some(service)) => found.add(service.wrong("`direct` has either `user` or `service`, not both")),
        (None, None) => found.add(direct.wrong("`direct` needs `user` or `service`")),
        _ => {}
    }
    for (key, with) in [("passfile", "user"), ("file", "service")] {
        if let (Some(value), None) = (direct.get(key), direct.get(with)) {
            found.add(value.wrong(format!("{key:?} goes with {with:?}")));
        }
    }
}

/// Names that two things of a kind share, and names that are none.
fn unique(kind: &str, nodes: &[Node<'_>], found: &mut Mistakes) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for name in nodes.iter().filter_map(|node| node.get("name")) {
        grammar(name, found);
        let Some(word) = name.text() else { continue };
        match seen.get(word) {
            Some(line) => found.add(name.wrong(format!("there is already {kind} {word:?}, in line {line}"))),
            None => _ = seen.insert(word, name.line()),
        }
    }
}

fn grammar(name: Node<'_>, found: &mut Mistakes) {
    if let Some(what) = name.text().and_then(unnamed) {
        found.add(name.wrong(what));
    }
}

/// What is wrong with a name that is not `[a-z0-9][a-z0-9_.-]*`, so that it needs no quotes in a command, a path or a
/// sentence.
pub(super) fn unnamed(word: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let named = word.starts_with(plain) && word.chars().all(|c| plain(c) || "_.-".contains(c));
    (!named).then(|| {
        format!(
            "{word:?} is no name; use lower-case letters, digits, `_`, `.` and `-`, beginning with a letter or digit"
        )
    })
}

/// One server under two names would be counted, and asked, twice.
fn addresses(instances: &[Node<'_>], found: &mut Mistakes) {
    let mut seen: BTreeMap<(&str, i64), usize> = BTreeMap::new();
    for server in instances.iter().flat_map(|instance| instance.list("servers")) {
        let Some(host) = server.get("host") else { continue };
        let Some(name) = host.text() else { continue };
        let port = server.get("port").map_or(Some(5432), Node::number).unwrap_or_default();
        match seen.get(&(name, port)) {
            Some(line) => {
                found.add(host.wrong(format!(
                    "{name:?}, port {port}, is already the address of the server in line {line}"
                )));
            }
            None => _ = seen.insert((name, port), host.line()),
        }
    }
}
