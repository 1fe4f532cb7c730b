//! From which moment: out of a copy that is there, out of one that is made first, or none is chosen yet.

use crate::{
    model::{Copies, Moment, Plan, Request, Target},
    ops::{Operation, Refusal, copies::Beside, refusal::fresh},
    store::Snapshot,
};

/// Asks for the moment.
pub const MOMENT: &str = "moment";
/// Asks for the copy.
pub const FROM: &str = "from";

/// Where what is restored comes from.
pub enum Way {
    /// Out of a copy that is there: the request names it.
    Copy(Request),
    /// Out of a copy that is made first: the request for it.
    Make(Request),
    /// Nobody has said yet.
    Choose,
}

impl Way {
    /// What a request says.
    ///
    /// # Errors
    /// Where it says no moment, or copies were not seen.
    pub fn of(request: &Request, world: &Snapshot) -> Result<Self, Refusal> {
        let said = |name: &str| {
            request
                .arguments
                .get(name)
                .map(|said| said.trim())
                .filter(|said| !said.is_empty())
        };
        if said(FROM).is_some() {
            return Ok(Self::Copy(request.clone()));
        }
        let (Some(moment), [target]) = (said(MOMENT), request.targets.as_slice()) else {
            return Ok(Self::Choose);
        };
        let moment: Moment = moment.parse().map_err(Refusal::new)?;
        let instance = Target::instance(target.part(0));
        let there = fresh::<Copies>(world, &instance)?.value.copies.iter();
        // The latest moment is another each time.
        let mut same = there.filter(|copy| copy.can_be_read() && copy.moment == moment && moment != Moment::Latest);
        Ok(match same.next() {
            Some(copy) => Self::Copy(out_of(request, copy.id.raw())),
            None => Self::Make(Request {
                operation: Beside.name().to_owned(),
                targets: vec![instance],
                arguments: [(MOMENT.to_owned(), moment.to_string())].into(),
            }),
        })
    }
}

/// The same request, out of this copy.
fn out_of(request: &Request, copy: &str) -> Request {
    let mut request = request.clone();
    request.arguments.remove(MOMENT);
    request.arguments.insert(FROM.to_owned(), copy.to_owned());
    request
}

/// The first half: the copy is made, and then it is shown what would change.
///
/// # Errors
/// Where no copy can be made.
pub fn first(request: &Request, copy: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
    let plan = Beside.plan(copy, world)?;
    let steps = plan.steps.steps();
    let made = steps
        .iter()
        .rev()
        .flat_map(|step| step.check.ask.places())
        .find(|place| place.is_copy());
    let made = made.map(|place| place.server.part(1).to_owned()).unwrap_or_default();
    let tenant = request
        .targets
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let mut touches = plan.touches.clone();
    touches.push((
        "then".into(),
        format!("what would change for {tenant} is shown, and nothing is written before that is confirmed"),
    ));
    Ok(Plan {
        request: request.clone(),
        title: format!("first half of a restore: {}", plan.title),
        touches,
        then: Some(out_of(request, &made)),
        ..plan
    })
}
