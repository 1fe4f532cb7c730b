//! A plan on paper: everything that it would do, to what, whom it touches, and what confirms it.

use std::io::{self, Write};

use serde_json::json;

use super::{Exit, Form, json};
use crate::{
    model::{Act, Confirm, Plan, Request, Sql, Step, Target, Text, Tree, Undo},
    ops::{self, Refusal},
};

/// The request that these words make.
///
/// # Errors
/// Where there is no such operation.
pub fn request(operation: &str, targets: &[String], said: Vec<(String, String)>) -> Result<Request, Refusal> {
    let operation = ops::find(operation)?;
    let target = |path: &String| Target::new(operation.takes(), path.split('/'));
    Ok(Request {
        operation: operation.name().into(),
        targets: targets.iter().map(target).collect(),
        arguments: said.into_iter().collect(),
    })
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
            &json!({ "schema": 1, "plan": plan, "digest": digest, "confirm": confirm }),
        )?;
        return Ok(Exit::Unconfirmed);
    }
    writeln!(out, "{}, on {} ({})", plan.title, plan.fleet, plan.environment.word())?;
    writeln!(out, "\ndoes")?;
    tree(out, &plan.steps, 1, &mut 0)?;
    section(
        out,
        "touches",
        plan.touches.iter().map(|(what, words)| format!("{what}: {words}")),
    )?;
    section(out, "cannot be taken back", plan.lost.iter().cloned())?;
    let reason = if matches!(plan.confirm, Confirm::Name(_)) {
        " --reason WHY"
    } else {
        ""
    };
    writeln!(
        out,
        "\nnothing is done until it is confirmed: --confirm {}{reason} --digest {digest}",
        plan.confirm.word()
    )?;
    Ok(Exit::Unconfirmed)
}

fn section(out: &mut dyn Write, title: &str, lines: impl Iterator<Item = String>) -> io::Result<()> {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    lines.iter().try_for_each(|line| writeln!(out, "  {line}"))
}

fn tree(out: &mut dyn Write, tree: &Tree, depth: usize, number: &mut usize) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    match tree {
        Tree::Step(step) => {
            *number += 1;
            write_step(out, step, &indent, *number)
        }
        Tree::Seq(all) => all.iter().try_for_each(|child| self::tree(out, child, depth, number)),
        Tree::Each {
            cap,
            waves,
            gate,
            budget,
            over,
        } => {
            let sizes: Vec<String> = waves.iter().map(ToString::to_string).collect();
            let sizes = if sizes.is_empty() {
                "all".into()
            } else {
                sizes.join(", ")
            };
            let gate = if gate.is_some() { ", a gate between them" } else { "" };
            if over.len() > 1 {
                writeln!(
                    out,
                    "{indent}{} of them, at most {cap} at a time, in waves of {sizes}{gate}; {budget} may fail",
                    over.len()
                )?;
            }
            over.iter()
                .try_for_each(|child| self::tree(out, child, depth + 1, number))
        }
    }
}

fn write_step(out: &mut dyn Write, step: &Step, indent: &str, number: usize) -> io::Result<()> {
    let Act::Sql(act) = &step.act;
    writeln!(out, "{indent}{number}. {}, on {}", step.name, act.place.server)?;
    writeln!(out, "{indent}   {}", shown(act))?;
    writeln!(
        out,
        "{indent}   is done when, within {} s: {}",
        step.check.within,
        shown(&step.check.sql)
    )?;
    match &step.undo {
        Undo::Act(Act::Sql(undo)) => writeln!(out, "{indent}   is taken back by: {}", shown(undo)),
        Undo::Nothing => Ok(()),
        Undo::Never(why) => writeln!(out, "{indent}   cannot be taken back: {why}"),
    }
}

/// The statement, with nothing in it that a terminal would obey.
fn shown(sql: &Sql) -> Text {
    Text::from(sql.text.as_str())
}
