//! What an operation asks, and below it or beside it what is clear of it so far.

use ratatui::layout::{Position, Rect};
use tui_input::Input;

use super::{
    acting::{look, to, whose},
    brush::Brush,
};
use crate::{
    config::Token,
    model::plural,
    ops::paper::Line,
    tui::{
        app::{About, Acting, App, Field, Form, Says, broken},
        grid::width,
        layout::Layout,
    },
};

/// Lines besides the questions: the frame, whose fleet, to what, the keys, and what keeps them apart.
const BESIDES: usize = 5;

/// Between the form and what stands beside it.
const GAP: u16 = 3;

/// The questions, an answer beside each.
pub(super) fn draw(app: &App, acting: &Acting, layout: &Layout, brush: &mut Brush<'_>) -> Option<Position> {
    let form = &acting.form;
    let told = acting.outcome(app.is_drafting());
    let (area, left) = area(acting, &told, layout);
    brush.frame(area, acting.does.name());
    whose(app, area, brush);
    let (x, room) = (area.x + 2, area.width.saturating_sub(4));
    let (top, bottom) = (area.y + 4, area.bottom().saturating_sub(2));
    let title = match acting.does.makes() {
        Some(_) => acting.does.about().to_owned(),
        None => to(&acting.targets).words,
    };
    brush.put(x, area.y + 2, room, &title, Token::Text);
    let whole = Rect::new(x, top, room, bottom.saturating_sub(top));
    let (own, rest) = shared(acting, &told, whole, left);
    let cursor = fields(form, own, brush);
    if form.fields.len() > usize::from(own.height) {
        let place = format!("{}/{}", form.at + 1, form.fields.len());
        brush.put_right(x, area.y + 2, room, &place, brush.theme.style(Token::Dim));
    }
    outcome(&told, rest, brush);
    let keys = "enter goes on to the plan   left, right choose   tab next   esc leaves it";
    brush.put(x, bottom, room, keys, Token::Hint);
    cursor
}

/// Where it stands, and how wide the form is where something stands beside it. What is typed into stays in its place while what
/// is below it grows.
fn area(acting: &Acting, told: &[Line], layout: &Layout) -> (Rect, Option<u16>) {
    if acting.does.makes().is_some() {
        return layout.desk();
    }
    let own = acting.form.fields.len() + BESIDES;
    let (least, most) = (layout.dialog(own), layout.dialog(usize::from(u16::MAX)));
    let lines = broken(told, least.width.saturating_sub(4)).len();
    let whole = if lines == 0 {
        least
    } else {
        layout.dialog(own + lines + 1)
    };
    let y = least.y.min(most.bottom().saturating_sub(whole.height));
    (Rect { y, ..whole }, None)
}

/// Room for the questions, and beside or below them for what is clear. Below, the questions give way to a part of it.
fn shared(acting: &Acting, told: &[Line], whole: Rect, left: Option<u16>) -> (Rect, Rect) {
    let Rect { x, y, width, height } = whole;
    if let Some(left) = left {
        let rest = width.saturating_sub(left + GAP);
        let height = height.saturating_sub(1);
        return (
            Rect::new(x, y, left, height),
            Rect::new(x + left + GAP, y, rest, height),
        );
    }
    let told = u16::try_from(broken(told, width).len()).unwrap_or(u16::MAX);
    let told = if told == 0 {
        0
    } else {
        told.saturating_add(1).min(height / 3)
    };
    let asked = u16::try_from(acting.form.fields.len()).unwrap_or(u16::MAX);
    let own = asked.min(height - told);
    let below = (own + 1).min(height);
    (
        Rect { height: own, ..whole },
        Rect::new(x, y + below, width, height - below),
    )
}

/// What is clear of it, as far as there is room.
fn outcome(told: &[Line], area: Rect, brush: &mut Brush<'_>) {
    let lines = broken(told, area.width);
    let room = usize::from(area.height);
    let fits = if lines.len() > room {
        room.saturating_sub(1)
    } else {
        room
    };
    for (y, (mark, words)) in (area.y..area.bottom()).zip(lines.iter().take(fits)) {
        brush.put(area.x, y, area.width, words, look(*mark));
    }
    if lines.len() > room && room > 0 {
        let more = plural(lines.len() - fits, "more line");
        brush.put_right(
            area.x,
            area.bottom() - 1,
            area.width,
            &more,
            brush.theme.style(Token::Notice),
        );
    }
}

fn fields(form: &Form, area: Rect, brush: &mut Brush<'_>) -> Option<Position> {
    let name = form.fields.iter().map(|field| width(field.name())).max().unwrap_or(0);
    let answers: Vec<String> = form
        .fields
        .iter()
        .enumerate()
        .map(|(at, field)| said(field, at == form.at))
        .collect();
    let answer = answers
        .iter()
        .map(|words| width(words))
        .max()
        .unwrap_or(0)
        .clamp(12, 24);
    let mut cursor = None;
    // The one that is answered is in sight.
    let top = (form.at + 1).saturating_sub(usize::from(area.height));
    for ((at, field), y) in form.fields.iter().enumerate().skip(top).zip(area.y..area.bottom()) {
        let here = at == form.at;
        let look = if here { Token::Key } else { Token::Dim };
        brush.put(area.x, y, name, field.name(), look);
        let x = area.x + name + 2;
        let about = name + answer + 4;
        let room = area.width.saturating_sub(about);
        brush.put(area.x + about, y, room, field.means(), Token::Dim);
        if let Says::Text(input) = &field.says
            && here
        {
            let (seen, column) = seen(input, answer);
            brush.put(x, y, answer, &seen, Token::Text);
            brush.tint(Rect::new(x, y, answer + 1, 1), Token::Selected);
            cursor = Some(Position { x: x + column, y });
            continue;
        }
        brush.put(x, y, answer, &answers[at], Token::Text);
        if here {
            brush.tint(Rect::new(x, y, width(&answers[at]), 1), Token::Selected);
        }
    }
    cursor
}

/// The answer, or that there is none.
fn said(field: &Field, here: bool) -> String {
    match (&field.says, field.about) {
        (Says::Word(_), _) => format!("< {} >", field.words()),
        (Says::Text(input), about) if input.value().is_empty() && !here => match about {
            About::Made(_) => "(wanted)".to_owned(),
            About::Ask(_) => "(nothing)".to_owned(),
        },
        (Says::Text(input), _) => input.value().to_owned(),
    }
}

/// The part of a line that is typed in which the cursor is, and where in it.
fn seen(input: &Input, room: u16) -> (String, u16) {
    let scroll = u16::try_from(input.visual_scroll(usize::from(room))).unwrap_or(0);
    let mut left_out = 0;
    let seen = input.value().chars().skip_while(|c| {
        let out = left_out < scroll;
        left_out += if out { width(c.encode_utf8(&mut [0; 4])) } else { 0 };
        out
    });
    let seen: String = seen.collect();
    let column = u16::try_from(input.visual_cursor()).unwrap_or(0).saturating_sub(scroll);
    (seen, column.min(room))
}
