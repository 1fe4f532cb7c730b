//! Everything known of one thing, without a terminal.

use std::io::{self, Write};

use serde_json::json;

use super::{Exit, Form, json};
use crate::{
    model::{Detail, Kind, Target},
    store::Snapshot,
    views,
};

/// Writes the detail of the thing of this kind whose path is `name`, or whose last part is.
///
/// # Errors
/// Where the other end is gone.
pub fn describe(
    kind: Kind,
    name: &str,
    form: Form,
    world: &Snapshot,
    out: &mut dyn Write,
    told: &mut dyn Write,
) -> io::Result<Exit> {
    let found = find(kind, name, world);
    match found.as_slice() {
        [] => {
            writeln!(
                told,
                "no {} {name:?} was seen; its path is the one in `target` of `show … --json`",
                kind.word()
            )?;
            Ok(Exit::Failed)
        }
        [detail] => {
            if form == Form::Json {
                let mut value = detail.json();
                value["schema"] = json!(1);
                json::print(out, &value)?;
            } else {
                write(out, detail, world)?;
            }
            Ok(Exit::Done)
        }
        many => {
            writeln!(told, "{name:?} is the name of several:")?;
            many.iter()
                .try_for_each(|detail| writeln!(told, "  {}", path(&detail.target)))?;
            Ok(Exit::Usage)
        }
    }
}

/// By its whole path, else by the last part of any target that a view shows or links to.
fn find(kind: Kind, name: &str, world: &Snapshot) -> Vec<Detail> {
    let whole = Target::new(kind, name.split('/').filter(|_| !name.is_empty()));
    if let Some(detail) = views::detail(&whole, world) {
        return vec![detail];
    }
    let tables = views::ALL.iter().flat_map(|view| view.table(world).rows);
    let mut rows: Vec<(Target, String)> = tables
        .filter(|row| row.target.kind() == kind)
        .map(|row| {
            (
                row.target,
                row.cells
                    .first()
                    .map(|cell| cell.value.words(world.taken))
                    .unwrap_or_default(),
            )
        })
        .filter(|(target, shown)| target.name().raw() == name || shown == name || path(target) == name)
        .collect();
    rows.sort();
    rows.dedup();
    rows.iter()
        .filter_map(|(target, _)| views::detail(target, world))
        .collect()
}

fn path(target: &Target) -> String {
    target
        .path()
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("/")
}

fn write(out: &mut dyn Write, detail: &Detail, world: &Snapshot) -> io::Result<()> {
    writeln!(out, "{}", detail.target)?;
    for section in &detail.sections {
        writeln!(out, "\n{}", section.title)?;
        let labels: Vec<String> = section.lines.iter().map(|line| line.label.to_string()).collect();
        let width = labels
            .iter()
            .map(|label| unicode_width::UnicodeWidthStr::width(label.as_str()))
            .max()
            .unwrap_or(0);
        for (line, label) in section.lines.iter().zip(labels) {
            let gap = " ".repeat(width - unicode_width::UnicodeWidthStr::width(label.as_str()));
            writeln!(out, "  {label}{gap}  {}", line.cell.value.words(world.taken))?;
        }
    }
    Ok(())
}
