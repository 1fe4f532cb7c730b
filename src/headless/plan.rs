//! A plan on paper, and what confirms it.

use std::io::{self, Write};

use serde_json::json;

use super::{Exit, Form, json, list::Listed};
use crate::{
    model::{Confirm, Event, Plan, Request, Target, Text, Value},
    ops::{
        self, Choose, Refusal,
        paper::{self, Mark},
    },
};

/// The request that these words make.
///
/// # Errors
/// Where there is no such operation.
pub fn request(operation: &str, listed: Listed, said: Vec<(String, String)>) -> Result<Request, Refusal> {
    let Listed { targets, each } = listed;
    Ok(Request {
        operation: ops::find(operation)?.name().into(),
        targets,
        arguments: said.into_iter().collect(),
        each,
    })
}

/// What these paths lead to, for an operation.
///
/// # Errors
/// Where there is no such operation.
pub fn targets(operation: &str, paths: &[String]) -> Result<Vec<Target>, Refusal> {
    let kind = ops::find(operation)?.takes();
    Ok(paths.iter().map(|path| Target::new(kind, path.split('/'))).collect())
}

/// Writes a plan. Nothing has been confirmed by that.
///
/// # Errors
/// Where the other end is gone.
pub fn plan(form: Form, plan: &Plan, out: &mut dyn Write) -> io::Result<Exit> {
    let digest = ops::digest(plan);
    if form == Form::Json {
        let confirm = json!({ "word": plan.confirm.word(), "reason": matches!(plan.confirm, Confirm::Name(_)) });
        json::print(
            out,
            &json!({ "schema": 1, "plan": plan, "rows": plan.rows(), "digest": digest, "confirm": confirm }),
        )?;
        return Ok(Exit::Unconfirmed);
    }
    on_paper(plan, out)?;
    let reason = if matches!(plan.confirm, Confirm::Name(_)) {
        " --reason WHY"
    } else {
        ""
    };
    writeln!(
        out,
        "\nnothing is done until it is confirmed: --write TICKET --confirm {}{reason} --digest {digest}",
        quoted(&plan.confirm.word())
    )?;
    Ok(Exit::Unconfirmed)
}

fn on_paper(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}, on {} ({})", plan.title, plan.fleet, plan.environment.word())?;
    for line in paper::lines(plan) {
        let indent = "  ".repeat(line.depth);
        match line.mark {
            Mark::Heading => writeln!(out, "\n{}", line.words)?,
            Mark::Words | Mark::Exact | Mark::Loss => writeln!(out, "{indent}{}", line.words)?,
        }
    }
    Ok(())
}

/// Writes the plan of a run with the rows that it sent; as JSON the rows alone, each text by its SHA-256.
///
/// # Errors
/// Where the other end is gone.
pub fn rows(form: Form, run: &str, plan: &Plan, out: &mut dyn Write) -> io::Result<Exit> {
    if form == Form::Json {
        json::print(out, &json!({ "schema": 1, "run": run, "rows": plan.rows() }))?;
    } else {
        on_paper(plan, out)?;
    }
    Ok(Exit::Done)
}

/// A request as it is typed.
pub fn line(request: &Request) -> String {
    let targets = request.targets.iter().map(|target| {
        let path: Vec<&str> = target.path().iter().map(Text::raw).collect();
        quoted(&path.join("/"))
    });
    let said = request
        .arguments
        .iter()
        .map(|(name, word)| format!("--set {name}={}", quoted(word)));
    std::iter::once(request.operation.clone())
        .chain(targets)
        .chain(said)
        .collect::<Vec<_>>()
        .join(" ")
}

/// What there is to choose from, a line each, with what to say for it.
pub fn choices(choose: &Choose) -> String {
    let line = &choose.among;
    let event = |event: &Event| {
        let at = event.at.strftime("%Y-%m-%d %H:%M:%S UTC");
        let ago = Value::Began(event.at).words(line.to);
        let say = quoted(&event.moment.to_string());
        format!(
            "{at}  {ago:>8} ago  {:<9}  --set {}={say}\n    {} ({})",
            event.kind.word(),
            choose.ask,
            event.words,
            event.source
        )
    };
    let unseen = line.unseen.iter().map(|why| format!("not seen: {why}"));
    let (from, archived) = (
        Value::At(line.from).words(line.to),
        Value::At(line.archived).words(line.to),
    );
    let span = format!("can be had: from {from} to now; archived so far up to {archived}");
    std::iter::once(span)
        .chain(line.events.iter().map(event))
        .chain(unseen)
        .collect::<Vec<_>>()
        .join("\n")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = word
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c));
    if plain {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
