//! What is looked at before it is confirmed, in words: a plan, a run that is taken up, what an abort would do.

use crate::{
    facts::runs::{Brief, Several},
    model::{Approval, Plan, Value, plural},
    ops::paper::{self, Line, Mark},
};

/// Characters of what is sent exactly that are shown.
const LONG: usize = 2000;

fn put(mark: Mark, depth: usize, words: impl Into<String>) -> Line {
    let words = words.into();
    Line { mark, depth, words }
}

/// The plan in words, worst first: with every target, and with who else must confirm it.
pub fn lines(plan: &Plan) -> Vec<Line> {
    let others = |approval: Approval| {
        let others = approval.persons.saturating_sub(1);
        format!(
            "{others} more must confirm it within {}: tenantry run --resume RUN",
            minutes(approval)
        )
    };
    whole(plan, plan.approval.map(others))
}

/// The plan of a run that is taken up, after where the run stands and who confirmed it before.
pub fn taken_up(plan: &Plan, run: &Brief) -> Vec<Line> {
    let mut all = vec![put(Mark::Heading, 0, format!("run {}", run.id))];
    all.push(put(Mark::Words, 1, format!("stands: {}", run.state)));
    all.extend(run.why.as_ref().map(|why| put(Mark::Loss, 1, why.to_string())));
    if run.aborts {
        all.push(put(
            Mark::Loss,
            1,
            "it was told to abort: what was done is taken back, and nothing else is done",
        ));
    }
    all.push(put(
        Mark::Words,
        1,
        format!("done: {} of {} steps", run.done, run.total),
    ));
    all.push(put(Mark::Words, 1, format!("digest of its plan: {}", run.digest)));
    all.push(put(Mark::Heading, 0, "confirmed before"));
    let said = |(at, words): &_| put(Mark::Words, 1, format!("{}: {words}", Value::At(*at).words(*at)));
    all.extend(run.said.iter().map(said));
    let persons = |approval: Approval| {
        format!(
            "{} must confirm it, within {}",
            plural(approval.persons.into(), "person"),
            minutes(approval)
        )
    };
    all.extend(whole(plan, plan.approval.map(persons)));
    all
}

fn minutes(approval: Approval) -> String {
    format!("{} minutes", approval.within.div_ceil(60))
}

fn whole(plan: &Plan, others: Option<String>) -> Vec<Line> {
    let mut all = paper::lines(plan);
    all.iter_mut().filter(|line| line.mark == Mark::Exact).for_each(cut);
    let does = |line: &Line| line.mark == Mark::Heading && line.words == paper::DOES;
    let at = all.iter().position(does).unwrap_or(all.len());
    let mut more = vec![put(Mark::Heading, 0, "targets")];
    let targets = plan.request.targets.iter();
    more.extend(targets.map(|target| put(Mark::Words, 1, target.to_string())));
    if let Some(others) = others {
        more.extend([
            put(Mark::Heading, 0, "who else"),
            put(Mark::Words, 1, others),
            put(
                Mark::Words,
                1,
                "this is advice, unless the credential that acts needs them itself",
            ),
        ]);
    }
    all.splice(at..at, more);
    all
}

/// Cuts what is sent where nobody would read on.
fn cut(line: &mut Line) {
    if let Some((end, _)) = line.words.char_indices().nth(LONG) {
        let (kept, rest) = line.words.split_at(end);
        let more = rest.chars().count();
        line.words = format!("{kept}… and {more} more characters: tenantry plan tells all");
    }
}

/// What would come of telling this run to stop, as it stands now. What stays comes first.
pub fn abort(run: &Brief) -> Vec<Line> {
    let mut all = Vec::new();
    part(&mut all, Mark::Loss, "stays", "without a way back", &run.stays);
    part(&mut all, Mark::Words, "is taken back", "the last first", &run.back);
    all.push(put(Mark::Heading, 0, "and"));
    for words in [
        "what is under way ends first and is read back; nothing new is begun",
        "an abort is final: the run does not go on after it",
    ] {
        all.push(put(Mark::Words, 1, words));
    }
    all
}

fn part(all: &mut Vec<Line>, mark: Mark, title: &str, more: &str, steps: &Several) {
    if steps.count == 0 {
        return all.push(put(Mark::Heading, 0, format!("{title}: nothing")));
    }
    let count = plural(steps.count, "step");
    all.push(put(Mark::Heading, 0, format!("{title}: {count}, {more}")));
    all.extend(steps.first.iter().map(|step| put(mark, 1, step.to_string())));
    let others = steps.count - steps.first.len();
    if others > 0 {
        all.push(put(mark, 1, format!("and {}", plural(others, "other step"))));
    }
}
