//! The policy of the house: what operators of this bastion may do with the console. No user can loosen it.

mod check;
mod farewell;
mod file;
mod judge;
mod trust;

use std::path::PathBuf;

use jiff::SignedDuration;
use serde_json::Value as Json;

pub use self::farewell::Purge;
use self::file::PolicyFile;
pub use self::judge::{Asked, Denied, Verdict};
use super::{Mistakes, Origin, Places, Shown, node::Node, shape, source::Source, span::span, values::values};
use crate::model::Environment;

/// What operators may do. The default is that of a bastion without a policy file: everybody may do everything, alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether syslog is told of runs too, where there is a socket for it.
    pub syslog: bool,
    /// How long an approval by a second person holds.
    pub within: SignedDuration,
    /// How long rows of tenants are kept that runs have sent.
    pub keep: SignedDuration,
    /// What goes before a tenant's data is taken away for good, and stays behind.
    pub purge: Purge,
    runs: Option<PathBuf>,
    rules: Vec<Rule>,
    /// Decides where no other does.
    rest: Rule,
}

/// Who may do what, to how many at once, how often, and whether alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Where it stands: a line of the policy file, or the default.
    pub source: Origin,
    /// Whether anybody may.
    pub allow: bool,
    /// Unix users who may. Everybody, where there are no groups either.
    pub users: Vec<String>,
    /// Unix groups whose members may.
    pub groups: Vec<String>,
    /// So many targets at once at most.
    pub targets: Option<usize>,
    /// How many must agree: 1, or 2 where a second person must approve.
    pub persons: u8,
    /// So many runs by this rule a day at most, of all operators together.
    pub cap: Option<usize>,
    /// Names, or beginnings with a `*`. All, where there are none.
    operations: Vec<String>,
    /// All, where there are none.
    environments: Vec<Environment>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            syslog: true,
            within: SignedDuration::from_mins(15),
            keep: SignedDuration::from_hours(30 * 24),
            purge: Purge::default(),
            runs: None,
            rules: Vec::new(),
            rest: Rule::default(),
        }
    }
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            source: Origin::Default,
            allow: true,
            users: Vec::new(),
            groups: Vec::new(),
            targets: None,
            persons: 1,
            cap: None,
            operations: Vec::new(),
            environments: Vec::new(),
        }
    }
}

impl Policy {
    /// The rule that decides: the first that matches, or the default.
    pub fn rule(&self, operation: &str, environment: Environment) -> &Rule {
        let matches = |rule: &&Rule| rule.covers(operation, environment);
        self.rules.iter().find(matches).unwrap_or(&self.rest)
    }

    /// Where journals of runs are kept: where the policy says, or where this operator keeps them.
    pub fn runs(&self, places: &Places) -> Option<PathBuf> {
        self.runs.clone().or_else(|| places.runs())
    }

    /// Whether everybody's journals are in one place.
    pub fn is_shared(&self) -> bool {
        self.runs.is_some()
    }
}

impl Rule {
    fn covers(&self, operation: &str, environment: Environment) -> bool {
        let named = |pattern: &String| names(pattern, operation);
        (self.operations.is_empty() || self.operations.iter().any(named))
            && (self.environments.is_empty() || self.environments.contains(&environment))
    }
}

/// Reads the policy file that [`Places::policy`] names; the default where there is none. `operations` are the names of
/// all that can be done.
///
/// # Errors
/// Everything that is wrong in it, or somebody who is not trusted with it could have written it. Then nobody may act.
pub fn load(places: &Places, operations: &[&str]) -> Result<Policy, Mistakes> {
    parse(&read(places)?, operations)
}

/// The JSON schema of the policy file.
pub fn schema() -> Json {
    schemars::schema_for!(PolicyFile).to_value()
}

/// Every value of the policy, written or not, with where it comes from.
///
/// # Errors
/// As [`load`].
pub(super) fn show(places: &Places, operations: &[&str]) -> Result<Vec<Shown>, Mistakes> {
    let source = read(places)?;
    parse(&source, operations)?;
    let tree = source.tree()?;
    Ok(values(&schema(), Node::new(&source, &tree), "policy."))
}

/// Its text; none where there is no file.
fn read(places: &Places) -> Result<Source, Mistakes> {
    let file = &places.policy;
    trust::directory(file)?;
    Ok(Source::read_if(file, trust::owner)?.unwrap_or_else(|| Source::new(file, "")))
}

fn parse(source: &Source, operations: &[&str]) -> Result<Policy, Mistakes> {
    let tree = source.tree()?;
    let root = Node::new(source, &tree);
    let mut found = check::check(operations, root);
    for mistake in shape::check(&schema(), root).iter() {
        // What the check says of a value says more than its bounds.
        if !found.told(mistake) {
            found.add(mistake.clone());
        }
    }
    found.or(())?;
    let policy = settle(root, source.typed()?);
    check::reached(root, &policy.rules).or(policy)
}

fn settle(root: Node<'_>, file: PolicyFile) -> Policy {
    let default = Policy::default();
    let rules = root.list("rules").zip(file.rules);
    Policy {
        syslog: file.syslog,
        within: check::span(&file.approval.within).unwrap_or(default.within),
        keep: span(&file.rows.keep).unwrap_or(default.keep),
        purge: Purge {
            wait: span(&file.purge.wait).unwrap_or(default.purge.wait),
            keep: span(&file.purge.keep).unwrap_or(default.purge.keep),
        },
        runs: file.runs,
        rules: rules.map(|(node, rule)| rule_of(node.origin(), rule)).collect(),
        rest: default.rest,
    }
}

fn rule_of(source: Origin, rule: file::Rule) -> Rule {
    Rule {
        source,
        allow: rule.allow,
        users: rule.users.unwrap_or_default(),
        groups: rule.groups.unwrap_or_default(),
        targets: rule.targets,
        persons: rule.persons,
        cap: rule.cap,
        operations: rule.operations.unwrap_or_default(),
        environments: rule.environments.unwrap_or_default(),
    }
}

/// Whether a name of an operation, or a beginning with a `*`, means this operation.
fn names(pattern: &str, operation: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => operation.starts_with(beginning),
        None => operation == pattern,
    }
}
