//! The look in which the terminal writes, and the shortest way to another.

use ratatui::{
    buffer::Cell,
    style::{Color, Modifier},
};

/// Colours and modifiers as the terminal has them now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pen {
    pub fg: Color,
    pub bg: Color,
    pub modifier: Modifier,
}

/// Modifiers with the codes that turn them on and off. Bold and dim go out together, so they are set apart below.
const MODIFIERS: [(Modifier, &str, &str); 6] = [
    (Modifier::ITALIC, "3", "23"),
    (Modifier::UNDERLINED, "4", "24"),
    (Modifier::SLOW_BLINK, "5", "25"),
    (Modifier::REVERSED, "7", "27"),
    (Modifier::HIDDEN, "8", "28"),
    (Modifier::CROSSED_OUT, "9", "29"),
];

/// What shows on a blank besides its background.
const SEEN_ON_BLANK: Modifier = Modifier::UNDERLINED
    .union(Modifier::REVERSED)
    .union(Modifier::CROSSED_OUT);

impl Pen {
    /// The pen for this cell, given the pen at hand: a blank does not care about what cannot be seen on it.
    pub fn of(cell: &Cell, at_hand: Self) -> Self {
        let own = Self {
            fg: cell.fg,
            bg: cell.bg,
            modifier: cell.modifier,
        };
        if cell.symbol() != " " || cell.modifier.intersects(SEEN_ON_BLANK) {
            return own;
        }
        Self {
            bg: cell.bg,
            modifier: at_hand.modifier.difference(SEEN_ON_BLANK),
            ..at_hand
        }
    }

    /// Changes the terminal's look to `self`.
    pub fn change_from(self, old: &mut Self, out: &mut Vec<u8>) {
        if *old == self {
            return;
        }
        let delta = self.delta(*old);
        let fresh = self.fresh();
        out.extend_from_slice(b"\x1b[");
        out.extend_from_slice(if delta.len() <= fresh.len() { &delta } else { &fresh });
        out.push(b'm');
        *old = self;
    }

    /// Codes that turn `old` into `self`.
    fn delta(self, old: Self) -> Vec<u8> {
        let mut codes = Codes::default();
        let heavy = Modifier::BOLD | Modifier::DIM;
        let (was, is) = (old.modifier & heavy, self.modifier & heavy);
        if !is.contains(was) {
            codes.push("22");
        }
        let missing = if is.contains(was) { is - was } else { is };
        codes.heavy(missing);
        for (modifier, on, off) in MODIFIERS {
            match (old.modifier.contains(modifier), self.modifier.contains(modifier)) {
                (false, true) => codes.push(on),
                (true, false) => codes.push(off),
                _ => {}
            }
        }
        if old.fg != self.fg {
            codes.colour(self.fg, 30);
        }
        if old.bg != self.bg {
            codes.colour(self.bg, 40);
        }
        codes.0
    }

    /// Codes that set `self` whatever was: an empty first code resets.
    fn fresh(self) -> Vec<u8> {
        let mut codes = Codes::default();
        codes.heavy(self.modifier & (Modifier::BOLD | Modifier::DIM));
        for (modifier, on, _) in MODIFIERS {
            if self.modifier.contains(modifier) {
                codes.push(on);
            }
        }
        if self.fg != Color::Reset {
            codes.colour(self.fg, 30);
        }
        if self.bg != Color::Reset {
            codes.colour(self.bg, 40);
        }
        if !codes.0.is_empty() {
            codes.0.insert(0, b';');
        }
        codes.0
    }
}

/// Parameters of one SGR sequence.
#[derive(Default)]
struct Codes(Vec<u8>);

impl Codes {
    fn push(&mut self, code: &str) {
        if !self.0.is_empty() {
            self.0.push(b';');
        }
        self.0.extend_from_slice(code.as_bytes());
    }

    fn heavy(&mut self, modifier: Modifier) {
        if modifier.contains(Modifier::BOLD) {
            self.push("1");
        }
        if modifier.contains(Modifier::DIM) {
            self.push("2");
        }
    }

    /// A colour; `base` is 30 for the foreground and 40 for the background.
    fn colour(&mut self, colour: Color, base: u8) {
        let named = |n: u8| if n < 8 { base + n } else { base + 52 + n };
        let code = match colour {
            Color::Reset => (base + 9).to_string(),
            Color::Rgb(r, g, b) => format!("{};2;{r};{g};{b}", base + 8),
            Color::Indexed(n) => format!("{};5;{n}", base + 8),
            Color::Black => named(0).to_string(),
            Color::Red => named(1).to_string(),
            Color::Green => named(2).to_string(),
            Color::Yellow => named(3).to_string(),
            Color::Blue => named(4).to_string(),
            Color::Magenta => named(5).to_string(),
            Color::Cyan => named(6).to_string(),
            Color::Gray => named(7).to_string(),
            Color::DarkGray => named(8).to_string(),
            Color::LightRed => named(9).to_string(),
            Color::LightGreen => named(10).to_string(),
            Color::LightYellow => named(11).to_string(),
            Color::LightBlue => named(12).to_string(),
            Color::LightMagenta => named(13).to_string(),
            Color::LightCyan => named(14).to_string(),
            Color::White => named(15).to_string(),
        };
        self.push(&code);
    }
}
