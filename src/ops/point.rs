//! A restore point before what is dangerous: the moment just before it can be gone back to by its name.

use super::{
    engine::ID,
    may::{Caller, caller, who_calls},
    survey::{Inquiries, Inquiry, Known},
};
use crate::model::{Act, Check, Place, Plan, Question, Step, Transact, Tree, Undo};

const WITHIN: u64 = 3;
/// Under this and the name of the instance it is kept what the restore point is called.
const KEPT: &str = "point.";
const LABEL: &str = "restore point";

/// What the restore point of a run is called, on whatever server.
pub fn name(run: &str) -> String {
    format!("tenantry-{run}")
}

/// The instance where a step kept the name of a restore point that it took.
pub fn instance(kept: &str) -> Option<&str> {
    kept.strip_prefix(KEPT)
}

fn inquiry(place: &Place) -> String {
    format!("who on {} may take a restore point and may be become", place.server)
}

/// Which roles that may take one on these servers the login to act with may become.
pub(super) fn ask(places: &[Place]) -> Inquiries {
    let sql = who_calls("pg_catalog.pg_create_restore_point(text)");
    let one = |place: &Place| (inquiry(place), Inquiry::Rows(place.sql(sql.clone())));
    places.iter().map(one).collect()
}

/// The same plan, with a restore point on each of these servers before its first step. Where none can be taken it is told, and
/// goes on without: the moment at which it was begun can be gone back to all the same.
pub(super) fn before(plan: Plan, places: &[Place], known: Known<'_>) -> Plan {
    let (mut steps, mut touches) = (Vec::new(), plan.touches);
    for place in places {
        let server = place.server.name();
        let told = match known
            .rows(&inquiry(place))
            .map(|found| caller(found.unwrap_or_default()))
        {
            Ok(Some(Caller { role })) => {
                steps.push(Tree::step(taken(place, role)));
                format!("one is taken on {server} before anything is done, called after the run")
            }
            Ok(None) => format!(
                "none is taken on {server}, because the login to act with may not: grant execute on function \
                 pg_create_restore_point(text) to its role, in the maintenance database"
            ),
            Err(refusal) => format!("none is taken on {server}: {}", refusal.what),
        };
        touches.push((LABEL.to_owned(), told));
    }
    match plan.steps {
        Tree::Seq(all) => steps.extend(all),
        other => steps.push(other),
    }
    Plan {
        steps: Tree::Seq(steps),
        touches,
        ..plan
    }
}

/// A transaction that has a number flushes the log when it commits, and the restore point with it.
fn taken(place: &Place, role: Option<String>) -> Step {
    let point = format!("'{}' || :'{ID}'", name(""));
    Step {
        name: format!("take a restore point on {}", place.server.name()),
        act: Act::Transact(Transact {
            role,
            statements: vec![format!("select pg_create_restore_point({point})").into()],
            ..Transact::on(place.clone())
        }),
        // The first of two is the one that is met.
        again: true,
        check: Check {
            ask: Question::Take(
                format!("{KEPT}{}", place.server.part(0)),
                place.sql(format!("select {point}")),
            ),
            within: WITHIN,
        },
        undo: Undo::Nothing,
    }
}
