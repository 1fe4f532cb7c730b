//! The dialog of an operation: what it asks, its plan, and what came of it.

use ratatui::layout::{Position, Rect};

use super::{brush::Brush, choosing, form, header::environment, sheet};
use crate::{
    config::Token,
    model::{Target, Text, plural},
    ops::paper::{Line, Mark},
    tui::{
        app::{Acting, App, Sight, Stage, broken},
        layout::Layout,
    },
};

/// The keys where it could be otherwise in a while.
const AGAIN: &str = "esc closes   r looks again";

pub(super) fn draw(app: &App, acting: &Acting, layout: &Layout, brush: &mut Brush<'_>) -> Option<Position> {
    let mut lines = vec![to(&acting.targets)];
    let more = |lines: &mut Vec<Line>, mark, words: &str| lines.push(line(mark, words));
    let keys = match &acting.stage {
        Stage::Plan(sheet) => return sheet::draw(app, sheet, layout, brush),
        Stage::Choose(choosing) => {
            choosing::draw(app, acting, choosing, layout, brush);
            return None;
        }
        Stage::Asks => return form::draw(app, acting, layout, brush),
        Stage::Planning(_) => {
            more(&mut lines, Mark::Words, "");
            more(&mut lines, Mark::Words, "looking at what it would do");
            "esc leaves it"
        }
        Stage::Starting => {
            more(&mut lines, Mark::Words, "");
            more(&mut lines, Mark::Words, "starting");
            "esc leaves the dialog; what was confirmed goes on"
        }
        Stage::Refused(refusal, sight) => {
            let (heading, keys) = match sight {
                Sight::Part => (
                    "not all that it follows from was seen yet",
                    "esc closes   it looks again by itself",
                ),
                Sight::Whole => ("it would not be done", AGAIN),
            };
            more(&mut lines, Mark::Heading, heading);
            more(&mut lines, Mark::Loss, &refusal.what);
            if let Some(hint) = &refusal.hint {
                more(&mut lines, Mark::Words, hint);
            }
            keys
        }
        Stage::Told(what, hint) => {
            more(&mut lines, Mark::Heading, "nothing was begun");
            more(&mut lines, Mark::Loss, what);
            if let Some(hint) = hint {
                more(&mut lines, Mark::Words, hint);
            }
            AGAIN
        }
        Stage::Void(changed) => {
            more(
                &mut lines,
                Mark::Heading,
                "void: what was shown is not what would be done now",
            );
            for words in changed {
                more(&mut lines, Mark::Loss, words);
            }
            AGAIN
        }
    };
    small(app, acting, &lines, keys, layout, brush);
    None
}

/// A few lines in a frame, with the environment over them and the keys under them.
fn small(app: &App, acting: &Acting, lines: &[Line], keys: &str, layout: &Layout, brush: &mut Brush<'_>) {
    let lines = broken(lines, layout.dialog(0).width.saturating_sub(4));
    let area = layout.dialog(lines.len() + 3);
    brush.frame(area, acting.does.name());
    whose(app, area, brush);
    let (x, room) = (area.x + 2, area.width.saturating_sub(4));
    for (y, (mark, words)) in (area.y + 2..area.bottom().saturating_sub(2)).zip(&lines) {
        brush.put(x, y, room, words, look(*mark));
    }
    brush.put(x, area.bottom().saturating_sub(2), room, keys, Token::Hint);
}

/// Whose fleet it is and what is at stake there, in the first line.
pub(super) fn whose(app: &App, area: Rect, brush: &mut Brush<'_>) {
    let fleet = &app.world.fleet;
    let word = format!(" {} ", fleet.environment.word().to_uppercase());
    let (x, room) = (area.x + 2, area.width.saturating_sub(4));
    let filled = brush.put(x, area.y + 1, room, &word, environment(fleet.environment));
    let name = format!("fleet {}", Text::from(fleet.name.as_str()));
    let x = x + filled + 1;
    brush.put(x, area.y + 1, area.right().saturating_sub(x + 2), &name, Token::Title);
}

/// The look of a line of a plan.
pub(super) fn look(mark: Mark) -> Token {
    match mark {
        Mark::Heading => Token::Heading,
        Mark::Words => Token::Text,
        Mark::Exact => Token::Link,
        Mark::Loss => Token::Warning,
    }
}

fn line(mark: Mark, words: &str) -> Line {
    let depth = usize::from(mark != Mark::Heading);
    let words = words.to_owned();
    Line { mark, depth, words }
}

/// To what it is done: one by its name, many by their number.
pub(super) fn to(targets: &[Target]) -> Line {
    let words = match targets {
        [one] => format!("to {one}"),
        many => {
            let kind = many.first().map_or("target", |target| target.kind().word());
            format!("to {}", plural(many.len(), kind))
        }
    };
    Line {
        mark: Mark::Words,
        depth: 0,
        words,
    }
}
