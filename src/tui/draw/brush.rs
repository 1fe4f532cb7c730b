//! Puts words into cells, in the looks of the theme.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::{
    config::{Glyph, Theme, Token},
    model::Severity,
    tui::{
        grid::{cut, width},
        setup::Setup,
    },
};

/// A buffer, and the looks to draw with.
pub(super) struct Brush<'a> {
    pub theme: &'a Theme,
    ascii: bool,
    buffer: &'a mut Buffer,
}

impl<'a> Brush<'a> {
    pub(super) fn new(setup: &'a Setup, buffer: &'a mut Buffer) -> Self {
        Self {
            theme: &setup.theme,
            ascii: setup.ascii,
            buffer,
        }
    }

    /// A sign of the theme.
    pub(super) fn glyph(&self, glyph: Glyph) -> &'a str {
        self.theme.glyph(glyph)
    }

    /// Puts words at a place, cut to `room` cells. Says how many were filled.
    pub(super) fn put(&mut self, x: u16, y: u16, room: u16, words: &str, token: Token) -> u16 {
        self.put_styled(x, y, room, words, self.theme.style(token))
    }

    /// The same with a style that was made of several tokens.
    pub(super) fn put_styled(&mut self, x: u16, y: u16, room: u16, words: &str, style: Style) -> u16 {
        let area = self.buffer.area;
        let room = room.min(area.right().saturating_sub(x));
        if y >= area.bottom() || room == 0 {
            return 0;
        }
        let kept = cut(words, room, self.glyph(Glyph::Cut));
        let filled = width(&kept).min(room);
        if self.ascii && !kept.is_ascii() {
            let plain: String = kept.chars().map(flatten).collect();
            self.buffer.set_stringn(x, y, plain, usize::from(room), style);
        } else {
            self.buffer.set_stringn(x, y, &kept, usize::from(room), style);
        }
        filled
    }

    /// Puts words so that they end at the right edge of `room` cells.
    pub(super) fn put_right(&mut self, x: u16, y: u16, room: u16, words: &str, style: Style) {
        let filled = width(words).min(room);
        self.put_styled(x + room - filled, y, filled, words, style);
    }

    /// Gives cells that hold words already another look.
    pub(super) fn tint(&mut self, area: Rect, token: Token) {
        let style = self.theme.style(token);
        self.buffer.set_style(area.intersection(self.buffer.area), style);
    }

    /// Empties an area.
    pub(super) fn fill(&mut self, area: Rect, token: Token) {
        let style = self.theme.style(token);
        let area = area.intersection(self.buffer.area);
        for position in area.positions() {
            let cell = &mut self.buffer[position];
            cell.reset();
            cell.set_style(style);
        }
    }

    /// Empties an area and draws a frame round it, with a title.
    pub(super) fn frame(&mut self, area: Rect, title: &str) {
        self.fill(area, Token::Dialog);
        let [level, upright, corners @ ..] = if self.ascii { ASCII } else { LINES };
        let (right, bottom) = (area.right().saturating_sub(1), area.bottom().saturating_sub(1));
        for x in area.x + 1..right {
            self.put(x, area.y, 1, level, Token::Frame);
            self.put(x, bottom, 1, level, Token::Frame);
        }
        for y in area.y + 1..bottom {
            self.put(area.x, y, 1, upright, Token::Frame);
            self.put(right, y, 1, upright, Token::Frame);
        }
        let places = [(area.x, area.y), (right, area.y), (area.x, bottom), (right, bottom)];
        for ((x, y), corner) in places.into_iter().zip(corners) {
            self.put(x, y, 1, corner, Token::Frame);
        }
        let room = area.width.saturating_sub(4);
        self.put(area.x + 2, area.y, room, &format!(" {title} "), Token::Title);
    }
}

/// Level, upright, and the corners: top left, top right, bottom left, bottom right.
const LINES: [&str; 6] = ["─", "│", "┌", "┐", "└", "┘"];
const ASCII: [&str; 6] = ["-", "|", "+", "+", "+", "+"];

/// The token for a severity; what is well looks like any text.
pub(super) fn token(severity: Severity) -> Token {
    match severity {
        Severity::Ok => Token::Text,
        Severity::Notice => Token::Notice,
        Severity::Unseen => Token::Unseen,
        Severity::Warning => Token::Warning,
        Severity::Critical => Token::Critical,
    }
}

/// The sign for a severity; none where there is nothing to say.
pub(super) fn sign(theme: &Theme, severity: Severity) -> &str {
    match severity {
        Severity::Ok => " ",
        Severity::Notice => theme.glyph(Glyph::Notice),
        Severity::Unseen => theme.glyph(Glyph::Unseen),
        Severity::Warning => theme.glyph(Glyph::Warning),
        Severity::Critical => theme.glyph(Glyph::Critical),
    }
}

/// Signs of ours for terminals without them; names from outside keep their letters.
fn flatten(c: char) -> char {
    match c {
        '▁' => '_',
        '▂' => '.',
        '▃' => '-',
        '▄' => '=',
        '▅' => '+',
        '▆' => '*',
        '▇' => '%',
        '█' => '#',
        '·' => '.',
        '–' => '-',
        '→' | '›' => '>',
        '…' => '~',
        other => other,
    }
}
