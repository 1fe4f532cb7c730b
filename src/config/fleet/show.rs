//! Every value of a fleet, written or not, with where it comes from.

use serde_json::Value as Json;

use super::super::{Origin, Shown, node::Node, shape};
use super::ways;

/// The values under a node, in the order of their keys.
pub(super) fn show(schema: &Json, root: Node<'_>) -> Vec<Shown> {
    let mut walk = Walk {
        schema,
        shown: Vec::new(),
    };
    walk.table(schema, Some(root), &Json::Null, "");
    walk.servers(root);
    walk.shown.sort_by(|a, b| a.key.cmp(&b.key));
    walk.shown
}

struct Walk<'s> {
    schema: &'s Json,
    shown: Vec<Shown>,
}

impl<'s> Walk<'s> {
    /// `default` stands in for what the node does not have.
    fn table(&mut self, schema: &'s Json, node: Option<Node<'_>>, default: &Json, key: &str) {
        let schema = variant(shape::resolve(self.schema, schema), node);
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let own = default.get(name).or(property.get("default")).unwrap_or(&Json::Null);
            self.value(
                property,
                node.and_then(|node| node.get(name)),
                own,
                &format!("{key}{name}"),
            );
        }
    }

    fn value(&mut self, schema: &'s Json, node: Option<Node<'_>>, default: &Json, key: &str) {
        let resolved = shape::resolve(self.schema, schema);
        let inner = format!("{key}.");
        match node {
            Some(node) if node.value().is_table() => self.table(resolved, Some(node), &Json::Null, &inner),
            Some(node) if node.items().any(|item| item.value().is_table()) => {
                for (n, item) in node.items().enumerate() {
                    let name = item.word("name").filter(|_| item.get("model").is_none());
                    let name = name.map_or_else(|| (n + 1).to_string(), str::to_owned);
                    self.table(&resolved["items"], Some(item), &Json::Null, &format!("{inner}{name}."));
                }
            }
            Some(node) => self.push(key, node.json(), node.origin()),
            None if default.is_object() => self.table(resolved, None, default, &inner),
            None if default.is_null() => {}
            None => self.push(key, default.clone(), Origin::Default),
        }
    }

    /// How a server is reached follows from its host where nothing is written.
    fn servers(&mut self, root: Node<'_>) {
        for instance in root.list("instances").filter(|instance| instance.get("tls").is_none()) {
            for server in instance.list("servers").filter(|server| server.get("tls").is_none()) {
                let (Some(of), Some(name), Some(host)) =
                    (instance.word("name"), server.word("name"), server.word("host"))
                else {
                    continue;
                };
                let word = serde_json::to_value(ways::tls(host)).unwrap_or_default();
                self.push(&format!("instances.{of}.servers.{name}.tls"), word, Origin::Default);
            }
        }
    }

    fn push(&mut self, key: &str, value: Json, source: Origin) {
        self.shown.push(Shown {
            key: key.to_owned(),
            value,
            source,
        });
    }
}

/// The shape that a table has by one of its words.
fn variant<'s>(schema: &'s Json, node: Option<Node<'_>>) -> &'s Json {
    let variants = schema["oneOf"].as_array().into_iter().flatten();
    let fits = |variant: &&Json| {
        let mut tags = variant["properties"].as_object().into_iter().flatten();
        tags.any(|(tag, value)| value["const"].is_string() && value["const"].as_str() == node.and_then(|n| n.word(tag)))
    };
    variants.into_iter().find(fits).unwrap_or(schema)
}
