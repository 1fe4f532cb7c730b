//! Every value of a fleet, written or not, with where it comes from.

use serde_json::Value as Json;

use super::{
    super::{Origin, Shown, node::Node, values::values},
    ways,
};

/// The values under a node, in the order of their keys.
pub(super) fn show(schema: &Json, root: Node<'_>) -> Vec<Shown> {
    let mut shown = values(schema, root, "");
    servers(root, &mut shown);
    shown.sort_by(|a, b| a.key.cmp(&b.key));
    shown
}

/// How a server is reached follows from its host where nothing is written.
fn servers(root: Node<'_>, shown: &mut Vec<Shown>) {
    for instance in root.list("instances").filter(|instance| instance.get("tls").is_none()) {
        for server in instance.list("servers").filter(|server| server.get("tls").is_none()) {
            let (Some(of), Some(name), Some(host)) = (instance.word("name"), server.word("name"), server.word("host"))
            else {
                continue;
            };
            shown.push(Shown {
                key: format!("instances.{of}.servers.{name}.tls"),
                value: serde_json::to_value(ways::tls(host)).unwrap_or_default(),
                source: Origin::Default,
            });
        }
    }
}
