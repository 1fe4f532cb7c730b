//! What restores have in common: from which moment, out of a copy that is there or of one that is made first.

use std::ops::ControlFlow;

use super::timeline;
use crate::{
    facts::{backups::Catalogue, pulse::Pulse, runs::Runs, server::Setup, tenants::Tenants},
    model::{Copies, Moment, Plan, Request, Target},
    ops::{
        Ask, Choose, Operation, Refusal,
        copies::{self, Beside},
        refusal::fresh,
        source,
        survey::Inquiries,
    },
    store::{Fact, Snapshot},
};

/// Asks for the moment.
pub const MOMENT: Ask = Ask {
    name: "moment",
    words: &[],
    about: "nothing shows them: a time with its zone, name:POINT, lsn:POSITION",
};
/// Asks for the copy.
pub const FROM: Ask = Ask {
    name: source::FROM,
    words: &[],
    about: "or a copy that is there, by its name",
};
/// Facts that a restore is planned from.
pub const NEEDS: [&str; 6] = [
    Catalogue::NAME,
    Copies::NAME,
    Pulse::NAME,
    Runs::NAME,
    Setup::NAME,
    Tenants::NAME,
];

/// Where what is restored comes from.
enum Way {
    /// Out of a copy that is there: the request names it.
    Copy(Request),
    /// Out of a copy that is made first: the request for it.
    Make(Request),
    /// Nobody has said yet.
    Choose,
}

impl Way {
    fn of(request: &Request, world: &Snapshot) -> Result<Self, Refusal> {
        if request.said(FROM.name).is_some() {
            return Ok(Self::Copy(request.clone()));
        }
        let (Some(moment), [target]) = (request.said(MOMENT.name), request.targets.as_slice()) else {
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
                arguments: [(MOMENT.name.to_owned(), moment.to_string())].into(),
                ..Request::default()
            }),
        })
    }
}

/// Goes on with the request that names its copy, once that was seen; until then, what there is to find out first.
///
/// # Errors
/// Where what it says makes no sense, or copies were not seen.
pub fn surveyed(request: &Request, world: &Snapshot) -> Result<ControlFlow<Inquiries, Request>, Refusal> {
    let request = match Way::of(request, world)? {
        Way::Copy(request) => request,
        Way::Make(copy) => return Beside.survey(&copy, world).map(ControlFlow::Break),
        Way::Choose => return timeline::ask(request, world).map(ControlFlow::Break),
    };
    let unseen = source::ask(&request, world);
    Ok(if unseen.is_empty() {
        ControlFlow::Continue(request)
    } else {
        ControlFlow::Break(unseen)
    })
}

/// Goes on with the request that names its copy; where there is none, the first half: the copy is made, and then it is shown
/// what would change.
///
/// # Errors
/// Where no moment is chosen yet, or no copy can be made.
pub fn planned(request: &Request, world: &Snapshot) -> Result<ControlFlow<Plan, Request>, Refusal> {
    match Way::of(request, world)? {
        Way::Copy(request) => Ok(ControlFlow::Continue(request)),
        Way::Make(copy) => first(request, &copy, world).map(ControlFlow::Break),
        Way::Choose => Err(Choose::moment(MOMENT.name, timeline::of(request, world)?)),
    }
}

/// The same request, out of this copy.
fn out_of(request: &Request, copy: &str) -> Request {
    let mut request = request.clone();
    request.arguments.remove(MOMENT.name);
    request.arguments.insert(FROM.name.to_owned(), copy.to_owned());
    request
}

fn first(request: &Request, copy: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
    let (plan, made) = copies::planned(copy, world)?;
    let tenants: Vec<String> = request.targets.iter().map(ToString::to_string).collect();
    let mut touches = plan.touches.clone();
    let words = format!(
        "what would change for {} is shown, and nothing is written before that is confirmed",
        tenants.join(", ")
    );
    touches.push(("then".into(), words));
    Ok(Plan {
        request: request.clone(),
        title: format!("first half of {}: {}", request.operation, plan.title),
        touches,
        then: Some(out_of(request, made.server.part(1))),
        ..plan
    })
}
