//! Policies: whether each command of each application is bound to one tenant. Rules 3.9, 3.10, 3.11, 3.14, 3.15.

use super::{
    Rule,
    ground::Ground,
    runtime::Runtime,
    verdict::{Hole, Verdict},
};
use crate::{
    facts::policies::{Command, Condition, Policy, Relation},
    model::{Severity, quote},
};

/// What is made of the policies of one table.
pub struct Reading {
    pub verdict: Verdict,
    pub holes: Vec<Hole>,
}

/// How far a condition keeps to one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Bond {
    /// To the tenant that the session names.
    Setting,
    /// To the role of the session, which the application does not choose.
    Role,
    /// The catalogs do not tell.
    Doubtful(String),
    /// Not at all.
    None,
}

/// Judges every command of every application, and the policies themselves.
pub fn judge(ground: &Ground, table: &Relation, users: &[&Runtime]) -> Reading {
    let policies = ground.policies(table);
    let mut found = Found::default();
    if table.tenant.is_some() {
        for who in users {
            for command in [Command::Select, Command::Insert, Command::Update, Command::Delete] {
                found.command(ground, table, who, command);
            }
        }
    }
    let mut holes: Vec<Hole> = found.holes;
    holes.extend(unset(table, policies));
    holes.extend(immutable(ground, policies));
    let verdict = if holes.iter().any(Hole::leaks) {
        Verdict::Leaks
    } else if table.tenant.is_none() {
        Verdict::NotProved(format!("no column {}", ground.shown_column()))
    } else if let Some(why) = found.doubts.into_iter().next() {
        Verdict::NotProved(why)
    } else if users.is_empty() {
        Verdict::Isolated("no application reaches it".into())
    } else if found.trusting {
        Verdict::Trusting
    } else if found.bound {
        Verdict::Isolated("rows are bound to the role of the session".into())
    } else {
        Verdict::Isolated("no policy lets anybody in".into())
    };
    Reading { verdict, holes }
}

#[derive(Default)]
struct Found {
    holes: Vec<Hole>,
    doubts: Vec<String>,
    trusting: bool,
    bound: bool,
}

impl Found {
    fn command(&mut self, ground: &Ground, table: &Relation, who: &Runtime, command: Command) {
        let Some(privilege) = command.privilege() else { return };
        if !ground.granted(who, table).contains(&privilege) {
            return;
        }
        let applies = |policy: &&&Policy| {
            (policy.command == Command::All || policy.command == command)
                && policy.roles.iter().any(|role| who.reaches.contains(role))
        };
        let all: Vec<&Policy> = ground.policies(table).iter().filter(applies).copied().collect();
        let (lets, keeps): (Vec<&Policy>, Vec<&Policy>) = all.iter().partition(|policy| policy.permissive);
        if command != Command::Insert {
            self.side(ground, table, who, command, &lets, &keeps, Side::Reads);
        }
        if matches!(command, Command::Insert | Command::Update) {
            self.side(ground, table, who, command, &lets, &keeps, Side::Writes);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one question, spelled out")]
    fn side(
        &mut self,
        ground: &Ground,
        table: &Relation,
        who: &Runtime,
        command: Command,
        lets: &[&Policy],
        keeps: &[&Policy],
        side: Side,
    ) {
        let bonds = |policies: &[&Policy]| policies.iter().map(|policy| bond(policy, side)).collect::<Vec<_>>();
        let kept = bonds(keeps);
        if let Some(guard) = kept.iter().find(|bond| matches!(bond, Bond::Role | Bond::Setting)) {
            self.holds(guard);
            return;
        }
        let bonds = bonds(lets);
        let loose: Vec<&Policy> = lets
            .iter()
            .zip(&bonds)
            .filter(|(_, bond)| **bond == Bond::None)
            .map(|(one, _)| *one)
            .collect();
        for policy in &loose {
            let hole = unbound(ground, table, who, command, policy, side, loose.len() < lets.len());
            self.add(hole);
        }
        for bond in &bonds {
            self.holds(bond);
        }
        if loose.is_empty() && lets.len() > 1 {
            self.add(widened(ground, table, command, lets));
        }
    }

    fn holds(&mut self, bond: &Bond) {
        match bond {
            Bond::Setting => (self.trusting, self.bound) = (true, true),
            Bond::Role => self.bound = true,
            Bond::Doubtful(why) => self.doubts.push(why.clone()),
            Bond::None => {}
        }
    }

    /// The same rule is told once for a table, at its worst.
    fn add(&mut self, hole: Hole) {
        match self.holes.iter_mut().find(|known| known.rule == hole.rule) {
            Some(known) if known.severity >= hole.severity => {}
            Some(known) => *known = hole,
            None => self.holes.push(hole),
        }
    }
}

/// Which condition of a policy counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Rows that are there.
    Reads,
    /// Rows as they will be.
    Writes,
}

/// Without `WITH CHECK`, `USING` counts for what is written too.
fn bond(policy: &Policy, side: Side) -> Bond {
    let condition = match side {
        Side::Reads => policy.using.as_ref(),
        Side::Writes => policy.check.as_ref().or(policy.using.as_ref()),
    };
    let Some(condition) = condition else { return Bond::None };
    let name = &policy.name;
    match condition {
        Condition { column: false, .. } => Bond::None,
        Condition { loose: true, .. } => Bond::Doubtful(format!("policy {name} has an OR or a NOT")),
        Condition {
            role: true,
            setting: false,
            ..
        } => Bond::Role,
        Condition { setting: true, .. } => Bond::Setting,
        // What a function of theirs returns is taken for what the session says.
        _ if !policy.calls.is_empty() => Bond::Setting,
        _ => Bond::Doubtful(format!(
            "policy {name} compares the tenant with neither the setting, a function nor the role"
        )),
    }
}

fn unbound(
    ground: &Ground,
    table: &Relation,
    who: &Runtime,
    command: Command,
    policy: &Policy,
    side: Side,
    beside: bool,
) -> Hole {
    let (name, word, app) = (&policy.name, command.word(), &who.name);
    let sql = ground.sql(table);
    let on = format!("{} ON {sql}", quote::ident(policy.name.raw()));
    let own = side == Side::Writes && policy.check.is_some() && policy.command != Command::Select;
    let (rule, what, remedy) = if own {
        let what = format!("WITH CHECK of policy {name} lets {app} {word} rows of other tenants");
        (
            Rule::Check,
            what,
            format!("ALTER POLICY {on} WITH CHECK ({});", ground.condition(table)),
        )
    } else if beside {
        let what = format!("policy {name} is joined with OR and shows {app} rows of other tenants");
        (Rule::Widened, what, ground.guard(table))
    } else {
        let what = format!(
            "policy {name} does not name {}: {app} reaches every tenant's rows",
            ground.shown_column()
        );
        (Rule::Unbound, what, ground.guard(table))
    };
    Hole::new(rule, Severity::Critical, what, remedy)
        .evidence("policy", name)
        .evidence("for", word)
        .evidence("to", app)
}

/// All of them are bound today; the next one may not be.
fn widened(ground: &Ground, table: &Relation, command: Command, lets: &[&Policy]) -> Hole {
    let names: Vec<String> = lets.iter().map(|policy| policy.name.to_string()).collect();
    let what = format!(
        "{} permissive policies for {}, and no restrictive one that guards the tenant",
        names.len(),
        command.word()
    );
    Hole::new(Rule::Widened, Severity::Notice, what, ground.guard(table)).evidence("policies", names.join(", "))
}

/// `current_setting('x')` is an error on a fresh session; without `nullif` an empty setting is no uuid.
fn unset(table: &Relation, policies: &[&Policy]) -> Option<Hole> {
    let texty = table.tenant.as_ref().is_some_and(|column| column.texty);
    let errs = |condition: &Condition| condition.insists || condition.setting && !condition.nullif && !texty;
    let policy = policies
        .iter()
        .find(|policy| policy.using.iter().chain(&policy.check).any(errs))?;
    let what = format!(
        "policy {} is an error, not an empty answer, where no tenant is set",
        policy.name
    );
    let remedy = "write (SELECT nullif(current_setting('…', true), '')::uuid) in the policy";
    Some(Hole::new(Rule::Unset, Severity::Notice, what, remedy).evidence("policy", &policy.name))
}

/// A plan that was made for one tenant is used for the next, with the first one's value in it.
fn immutable(ground: &Ground, policies: &[&Policy]) -> Option<Hole> {
    let calls = policies
        .iter()
        .flat_map(|policy| policy.calls.iter().map(move |function| (policy, function)));
    let functions = calls.filter_map(|(policy, function)| Some((policy, ground.function(*function)?)));
    let (policy, function) = functions
        .filter(|(_, function)| function.immutable)
        .min_by_key(|(_, one)| one.takes)?;
    let name = format!("{}.{}", function.schema, function.name);
    // With arguments it may really depend on nothing else.
    let severity = if function.takes == 0 {
        Severity::Critical
    } else {
        Severity::Warning
    };
    let what = format!(
        "policy {} calls {name}, which is IMMUTABLE: a prepared statement keeps the first tenant's value for the next",
        policy.name
    );
    let sql = quote::qualified(function.schema.raw(), function.name.raw());
    let remedy = format!("ALTER FUNCTION {sql}({}) STABLE;", function.arguments);
    Some(Hole::new(Rule::Immutable, severity, what, remedy).evidence("function", name))
}
