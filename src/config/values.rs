//! Every value of a file, written or not, with where it comes from.

use serde_json::Value as Json;

use super::{Origin, Shown, node::Node, shape};

/// The values under a node, by their keys. `prefix` stands before each key.
pub(super) fn values(schema: &Json, root: Node<'_>, prefix: &str) -> Vec<Shown> {
    let mut walk = Walk {
        schema,
        shown: Vec::new(),
    };
    walk.table(schema, Some(root), &Json::Null, prefix);
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
        // Tables of a kind, by names of the operator's own.
        let Some(rest) = schema.get("additionalProperties").filter(|rest| rest.is_object()) else {
            return;
        };
        let own = node.into_iter().flat_map(Node::entries);
        for (name, _, value) in own.filter(|(name, ..)| schema["properties"].get(name).is_none()) {
            self.value(rest, Some(value), &Json::Null, &format!("{key}{name}"));
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
