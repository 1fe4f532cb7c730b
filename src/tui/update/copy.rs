//! Words for the clipboard. They are escaped as on screen: what is pasted into a shell must not surprise.

use crate::{
    config::Action,
    model::{Severity, Target, Text},
    tui::app::{App, Effect, Layer, Listing, Page},
};

/// Shows the page as bare words, for the terminal's own selection.
pub(super) fn bare(app: &mut App) -> Vec<Effect> {
    app.layer = Layer::Plain(page(app));
    vec![Effect::Redraw]
}

/// Copies the name, the row, the identity, or the command that shows the same.
pub(super) fn copy(app: &mut App, action: &Action) -> Vec<Effect> {
    let words = match action {
        Action::CopyRow => row(app),
        Action::CopyCommand => Some(command(app)),
        Action::CopyId => identity(app),
        _ => name(app),
    };
    if words.is_none() {
        app.say(Severity::Notice, "nothing is chosen");
    }
    words.map(Effect::Copy).into_iter().collect()
}

/// The marked names, or the one under the cursor; the value, in a detail.
fn name(app: &App) -> Option<String> {
    match app.trail.page() {
        Page::List(listing) if !listing.marks.is_empty() => {
            let names: Vec<_> = listing.marks.iter().map(|mark| mark.name().to_string()).collect();
            Some(names.join("\n"))
        }
        Page::List(listing) => Some(listing.row()?.target.name().to_string()),
        Page::Thing(reading) => Some(reading.line()?.cell.value.words(app.now)),
    }
}

fn identity(app: &App) -> Option<String> {
    match app.trail.page() {
        Page::List(listing) => Some(path(&listing.row()?.target)),
        Page::Thing(reading) => Some(path(&reading.target)),
    }
}

fn row(app: &App) -> Option<String> {
    match app.trail.page() {
        Page::List(listing) => words(app, listing, listing.at),
        Page::Thing(reading) => {
            let line = reading.line()?;
            Some(format!("{}\t{}", line.label, line.cell.value.words(app.now)))
        }
    }
}

fn words(app: &App, listing: &Listing, at: usize) -> Option<String> {
    let row = listing.row_at(at)?;
    let shown = listing.shown();
    let cells = shown.iter().filter_map(|column| row.cells.get(*column));
    Some(
        cells
            .map(|cell| cell.value.words(app.now))
            .collect::<Vec<_>>()
            .join("\t"),
    )
}

/// What prints the same without the screen.
fn command(app: &App) -> String {
    match app.trail.page() {
        Page::List(listing) => {
            let line = listing.query.to_string();
            let (view, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let rest = if rest.is_empty() {
                String::new()
            } else {
                format!(" {}", quoted(rest))
            };
            format!("tenantry show {view}{rest}")
        }
        Page::Thing(reading) => format!("tenantry describe {}", path(&reading.target)),
    }
}

fn path(target: &Target) -> String {
    let path: Vec<_> = target.path().iter().map(Text::to_string).collect();
    format!("{} {}", target.kind().word(), quoted(&path.join("/")))
}

/// As one word of a POSIX shell.
fn quoted(words: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:,=@%+".contains(c);
    if !words.is_empty() && words.chars().all(plain) {
        return words.to_owned();
    }
    format!("'{}'", words.replace('\'', "'\\''"))
}

/// The page as lines of words, without anything beside them.
fn page(app: &App) -> Vec<String> {
    match app.trail.page() {
        Page::List(listing) => {
            let (top, height) = (listing.top, usize::from(app.size.1));
            (top..).take(height).map_while(|at| words(app, listing, at)).collect()
        }
        Page::Thing(reading) => {
            let line = |line: &crate::model::Line| format!("{}: {}", line.label, line.cell.value.words(app.now));
            reading.lines().map(line).collect()
        }
    }
}
