//! What new tenants get where nothing else is said, as the fleet file says it: `[onboarding]`.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    super::{Mistakes, mistake::meant, node::Node, size::size, span::span},
    check::unnamed,
};
use crate::model::{self, Bytes, Isolation};

/// How new tenants are brought in. Their credentials come from the secrets server, so it needs a `[vault]`.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Onboarding {
    /// The model of a new tenant where nothing is said.
    #[serde(default = "own_schema")]
    model: Isolation,
    /// The tier of a new tenant where nothing is said; left out, it must be said.
    tier: Option<String>,
    /// A role without login that becomes a member of every new tenant's owner: whom the console becomes to migrate and to
    /// restore it.
    admin_role: String,
    /// A role without login that may connect to databases that tenants share: each new tenant's roles become its members.
    /// Left out, `CONNECT` is granted to each of them.
    connect_role: Option<String>,
    /// How long a login lives that the secrets server issues for a new tenant, unless it is renewed.
    #[serde(default = "lease")]
    lease: String,
    /// How long it may live, however often it is renewed.
    #[serde(default = "max_lease")]
    max_lease: String,
    /// What each login of a tenant may take, by the name of the tier: lower-case letters, digits, `_`, `.` and `-`.
    tiers: BTreeMap<String, Tier>,
}

/// What each login of a tenant may take: settings of PostgreSQL, set on its role.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Tier {
    /// Connections at a time.
    #[schemars(range(min = 1, max = 262_143))]
    connections: u32,
    /// A statement that takes longer than this span is ended.
    statement_timeout: String,
    /// A session that waits longer than this span inside a transaction is ended.
    idle_in_transaction_session_timeout: String,
    /// What the temporary files of a session may take on disk: a number and `kB`, `MB`, `GB` or `TB`.
    temp_file_limit: String,
    /// Memory of each sort or hash of a statement, at least `64kB`.
    work_mem: String,
}

fn own_schema() -> Isolation {
    Isolation::Schema
}

fn lease() -> String {
    "1h".into()
}

fn max_lease() -> String {
    "24h".into()
}

/// The longest name that PostgreSQL does not cut, in bytes (`NAMEDATALEN - 1`).
const LONGEST_NAME: usize = 63;

/// What PostgreSQL counts a setting up to, in its unit: milliseconds of a span, kB of a size.
const MOST: u32 = i32::MAX.unsigned_abs();

/// Less is 0 to PostgreSQL, and as a timeout 0 is no bound.
const TIMEOUT: Unit = ("milliseconds", SignedDuration::from_millis(1));

/// Less is 0 to the secrets server, and 0 is its own default.
const LEASE: Unit = ("seconds", SignedDuration::from_secs(1));

/// What spans are counted in, with its name.
type Unit = (&'static str, SignedDuration);

/// PostgreSQL's own bound.
const LEAST_WORK_MEM: Bytes = Bytes(64 << 10);
const LARGEST: Bytes = Bytes((MOST as u64) << 10);

/// Everything wrong in `[onboarding]` that its shape does not show.
pub(super) fn check(root: Node<'_>, found: &mut Mistakes) {
    let Some(onboarding) = root.get("onboarding") else {
        return;
    };
    if root.get("vault").is_none() {
        found.add(onboarding.wrong("[onboarding] needs a [vault]: credentials of new tenants come from it"));
    }
    roles(onboarding, found);
    leases(onboarding, found);
    let tiers = onboarding.get("tiers").filter(|tiers| tiers.value().is_table());
    let Some(tiers) = tiers else { return };
    let names: Vec<&str> = tiers.entries().map(|(name, ..)| name).collect();
    if names.is_empty() {
        found.add(tiers.wrong("[onboarding] needs at least one tier, such as [onboarding.tiers.standard]"));
    }
    if let Some(tier) = onboarding.get("tier")
        && let Some(name) = tier.text().filter(|name| !names.contains(name))
    {
        let near = meant(name, names.iter().copied());
        found.add(tier.wrong(format!("there is no tier {name:?} in [onboarding.tiers]{near}")));
    }
    for (name, place, tier) in tiers.entries() {
        if let Some(what) = unnamed(name) {
            found.add(tier.wrong_at(&place, what));
        }
        self::tier(tier, found);
    }
}

fn roles(onboarding: Node<'_>, found: &mut Mistakes) {
    for role in ["admin_role", "connect_role"]
        .into_iter()
        .filter_map(|key| onboarding.get(key))
    {
        let name = |name: &str| !name.trim().is_empty() && name.len() <= LONGEST_NAME && !name.contains('\0');
        if !role.text().is_none_or(name) {
            found.add(role.wrong(format!(
                "this names no role; write the name of one without login, at most {LONGEST_NAME} bytes"
            )));
        }
    }
    // Each is to be a member of roles that are members of the other.
    if let (Some(admin), Some(connect)) = (onboarding.word("admin_role"), onboarding.get("connect_role"))
        && connect.text() == Some(admin)
    {
        found.add(
            connect.wrong("`connect_role` is another role than `admin_role`; leave it out, or name one of its own"),
        );
    }
}

fn leases(onboarding: Node<'_>, found: &mut Mistakes) {
    let mut said = |key: &str, default: String| match onboarding.get(key) {
        Some(node) => counted(node, LEASE, "\"1h\" or \"24h\"", found),
        None => span(&default),
    };
    let (lease, most) = (said("lease", self::lease()), said("max_lease", max_lease()));
    if let (Some(lease), Some(most)) = (lease, most)
        && lease > most
        && let Some(place) = onboarding.get("lease").or(onboarding.get("max_lease"))
    {
        found.add(place.wrong(format!(
            "`lease`, {lease:#}, is longer than `max_lease`, {most:#}; shorten the one or lengthen the other"
        )));
    }
}

fn tier(tier: Node<'_>, found: &mut Mistakes) {
    for span in ["statement_timeout", "idle_in_transaction_session_timeout"]
        .into_iter()
        .filter_map(|key| tier.get(key))
    {
        counted(span, TIMEOUT, "\"30s\" or \"5m\"", found);
    }
    for (key, least) in [("temp_file_limit", Bytes(0)), ("work_mem", LEAST_WORK_MEM)] {
        let Some(node) = tier.get(key) else { continue };
        let Some(text) = node.text() else { continue };
        if size(text).is_none_or(|size| size < least || size > LARGEST) {
            let least = if least == Bytes(0) {
                String::new()
            } else {
                format!("from {least} ")
            };
            found.add(node.wrong(format!(
                "{text:?} is no size {least}up to {LARGEST}; write a whole number and kB, MB, GB or TB, such as \"64MB\""
            )));
        }
    }
}

/// The span, where it is one that can be counted in the unit.
fn counted(node: Node<'_>, (name, unit): Unit, such: &str, found: &mut Mistakes) -> Option<SignedDuration> {
    let text = node.text()?;
    let whole = |span: &SignedDuration| span.as_nanos() % unit.as_nanos() == 0 && *span <= unit * MOST.cast_signed();
    let span = span(text).filter(whole);
    if span.is_none() {
        found.add(node.wrong(format!(
            "{text:?} is no span of whole {name} up to {MOST}; write one such as {such}"
        )));
    }
    span
}

/// What the fleet knows of it. The file was checked: a span or a size that is none cannot be met here.
pub(super) fn settle(file: Onboarding) -> model::Onboarding {
    let span = |text: &str| span(text).unwrap_or(SignedDuration::ZERO);
    let size = |text: &str| size(text).unwrap_or_default();
    let tier = |file: Tier| model::Tier {
        connections: file.connections,
        statement_timeout: span(&file.statement_timeout),
        idle_in_transaction_session_timeout: span(&file.idle_in_transaction_session_timeout),
        temp_file_limit: size(&file.temp_file_limit),
        work_mem: size(&file.work_mem),
    };
    model::Onboarding {
        model: file.model,
        tier: file.tier,
        admin_role: file.admin_role,
        connect_role: file.connect_role,
        lease: span(&file.lease),
        max_lease: span(&file.max_lease),
        tiers: file.tiers.into_iter().map(|(name, of)| (name, tier(of))).collect(),
    }
}
