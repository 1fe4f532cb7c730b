//! What a schema cannot say about how tenants are found.

use super::super::{Mistakes, node::Node};

/// Everything wrong in an instance's `[[instances.tenants]]`.
pub(super) fn check(instance: Node<'_>, found: &mut Mistakes) {
    let all = instance.list("tenants").count();
    for tenants in instance.list("tenants") {
        match tenants.word("model") {
            Some("shared") => shared(tenants, found),
            Some("instance") if all > 1 => found.add(tenants.wrong(
                "model = \"instance\" says that the whole instance is one tenant's; it cannot stand beside another",
            )),
            _ => {}
        }
        if let Some(pattern) = tenants.get("pattern") {
            self::pattern(pattern, found);
        }
    }
}

fn shared(tenants: Node<'_>, found: &mut Mistakes) {
    match (tenants.get("registry"), tenants.get("query")) {
        (Some(_), Some(query)) => found.add(query.wrong("tenants are listed by `registry` or by `query`, not by both")),
        (None, None) => found.add(tenants.wrong("shared tenants need `registry` or `query`, or nobody knows them")),
        _ => {}
    }
    if let Some(registry) = tenants.get("registry")
        && !registry.text().is_none_or(dotted)
    {
        found.add(registry.wrong("a registry is written `schema.table`; use `query` for anything else"));
    }
    // PostgreSQL takes a setting of the user's own only with a prefix.
    if let Some(setting) = tenants.get("setting")
        && !setting.text().is_none_or(dotted)
    {
        found.add(setting.wrong("a setting is written `prefix.name`, such as \"app.current_tenant\""));
    }
    if let Some(entry) = tenants.get("register") {
        register(tenants, entry, found);
    }
}

/// What stands for something in a column of the registry.
const WORDS: [&str; 3] = ["slug", "name", "tier"];

fn register(tenants: Node<'_>, entry: Node<'_>, found: &mut Mistakes) {
    if tenants.get("registry").is_none() {
        found.add(entry.wrong("a new tenant is entered in a table: `register` needs `registry`"));
    }
    if tenants.list("runtime_roles").next().is_none() {
        found.add(
            entry.wrong("a new tenant's login reaches the tables through a role: `register` needs `runtime_roles`"),
        );
    }
    if tenants.get("reader").is_none() {
        found.add(
            entry.wrong(
                "a tenant is taken back only where nothing is its own: `register` needs `reader`, who sees that",
            ),
        );
    }
    for (_, _, value) in entry.get("columns").into_iter().flat_map(Node::entries) {
        let unknown = value
            .text()
            .and_then(|text| placeholders(text).find(|word| !WORDS.contains(word)));
        if let Some(word) = unknown {
            found.add(value.wrong(format!(
                "{{{word}}} stands for nothing: there are {{slug}}, {{name}} and {{tier}}"
            )));
        }
    }
}

/// The words that stand between braces.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(word, _)| word)
}

/// Two names with a dot between them.
fn dotted(name: &str) -> bool {
    name.split('.').count() == 2 && name.split('.').all(|part| !part.trim().is_empty())
}

fn pattern(pattern: Node<'_>, found: &mut Mistakes) {
    let Some(text) = pattern.text() else { return };
    match regex_lite::Regex::new(text) {
        Err(e) => found.add(pattern.wrong(format!("no regular expression: {e}"))),
        Ok(regex) if !regex.capture_names().flatten().any(|name| name == "tenant") => {
            found.add(pattern.wrong("a pattern needs a capture named `tenant`, such as \"^t_(?<tenant>.+)$\""));
        }
        Ok(_) => {}
    }
}
