//! One theme file becomes paints and glyphs, still by the names of its palette.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::{
    super::{Mistake, Mistakes, mistake::meant, node::Node, source::Source},
    token::{Glyph, Token},
};

/// The terminal's own colours, and its background or foreground as it is.
const NAMED: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("gray", Color::Gray),
    ("dark-gray", Color::DarkGray),
    ("light-red", Color::LightRed),
    ("light-green", Color::LightGreen),
    ("light-yellow", Color::LightYellow),
    ("light-blue", Color::LightBlue),
    ("light-magenta", Color::LightMagenta),
    ("light-cyan", Color::LightCyan),
    ("white", Color::White),
];

/// What makes a difference without colour. Nothing blinks.
const MODIFIERS: [(&str, Modifier); 6] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
    ("crossed-out", Modifier::CROSSED_OUT),
];

/// A colour as it is written, with the mistake it would be if the palette had no such name.
#[derive(Clone)]
struct Named {
    name: String,
    place: Mistake,
}

/// How a token is painted, by the names of colours.
#[derive(Clone, Default)]
struct Paint {
    fg: Option<Named>,
    bg: Option<Named>,
    modifiers: Modifier,
}

/// Files laid over each other, not yet resolved.
#[derive(Default)]
pub(super) struct Draft {
    palette: BTreeMap<String, Color>,
    paints: BTreeMap<Token, Paint>,
    pub(super) glyphs: BTreeMap<Glyph, String>,
}

impl Draft {
    /// Lays a file over what is there.
    pub(super) fn lay(&mut self, source: &Source) -> Result<(), Mistakes> {
        let tree = source.tree()?;
        let mut found = Mistakes::default();
        for (name, span, node) in Node::new(source, &tree).entries() {
            match (name, Token::ALL.iter().find(|(_, word)| *word == name)) {
                ("inherits", _) => {}
                ("about", _) => about(node, &mut found),
                ("palette", _) => self.palette(node, &mut found),
                ("glyphs", _) => self.glyphs(node, &mut found),
                (_, Some((token, _))) => {
                    self.paints.insert(*token, paint(node, &mut found));
                }
                (_, None) => {
                    let words = Token::ALL.iter().map(|(_, word)| *word);
                    let near = meant(name, words.chain(["about", "inherits", "palette", "glyphs"]));
                    found.add(node.wrong_at(&span, format!("there is no token {name:?}{near}")));
                }
            }
        }
        found.or(())
    }

    fn palette(&mut self, node: Node<'_>, found: &mut Mistakes) {
        for (name, span, value) in node.entries() {
            if NAMED.iter().any(|(known, _)| *known == name) {
                found.add(value.wrong_at(
                    &span,
                    format!("{name:?} is the terminal's own colour; choose another name"),
                ));
            }
            match value.text().and_then(rgb) {
                Some(color) => _ = self.palette.insert(name.to_owned(), color),
                None => found.add(value.wrong("a colour of the palette is written \"#rrggbb\" or \"#rgb\"")),
            }
        }
    }

    fn glyphs(&mut self, node: Node<'_>, found: &mut Mistakes) {
        for (name, span, value) in node.entries() {
            let Some((glyph, ..)) = Glyph::ALL.iter().find(|(_, word, ..)| *word == name) else {
                let near = meant(name, Glyph::ALL.iter().map(|(_, word, ..)| *word));
                found.add(value.wrong_at(&span, format!("there is no glyph {name:?}{near}")));
                continue;
            };
            let cells = match glyph {
                Glyph::Trend => 8,
                Glyph::Bar => 4,
                _ => 1,
            };
            match value.text() {
                Some(sign) if sign.width() == cells && sign.chars().count() == cells => {
                    self.glyphs.insert(*glyph, sign.to_owned());
                }
                _ => found.add(value.wrong(format!("{name:?} must be a string that takes {cells} in width"))),
            }
        }
    }

    /// The styles, once the palette is whole. Every token must have one.
    pub(super) fn styles(&self, file: &str) -> Result<BTreeMap<Token, Style>, Mistakes> {
        let mut found = Mistakes::default();
        let mut styles = BTreeMap::new();
        for (token, word) in Token::ALL {
            let Some(paint) = self.paints.get(&token) else {
                found.add(Mistake::of_file(
                    file,
                    format!("token {word:?} is missing; inherit a whole theme"),
                ));
                continue;
            };
            let style = Style {
                fg: self.color(paint.fg.as_ref(), &mut found),
                bg: self.color(paint.bg.as_ref(), &mut found),
                ..Style::new().add_modifier(paint.modifiers)
            };
            styles.insert(token, style);
        }
        found.or(styles)
    }

    fn color(&self, named: Option<&Named>, found: &mut Mistakes) -> Option<Color> {
        let Named { name, place } = named?;
        let own = NAMED.iter().find(|(known, _)| known == name).map(|(_, color)| *color);
        let color = rgb(name).or(own).or(self.palette.get(name).copied());
        if color.is_none() {
            let words = self
                .palette
                .keys()
                .map(String::as_str)
                .chain(NAMED.iter().map(|(known, _)| *known));
            let what = format!("there is no colour {name:?}{}", meant(name, words));
            found.add(Mistake { what, ..place.clone() });
        }
        color
    }
}

fn about(node: Node<'_>, found: &mut Mistakes) {
    if node.text().is_none() {
        found.add(node.wrong(format!("\"about\" must be a string, not {}", node.kind())));
    }
}

/// `"red"`, or `{ fg = "red", bg = "black", modifiers = ["bold"] }`.
fn paint(node: Node<'_>, found: &mut Mistakes) -> Paint {
    let mut paint = Paint::default();
    if node.value().as_table().is_none() {
        paint.fg = named(node, found);
        return paint;
    }
    for (key, span, value) in node.entries() {
        match key {
            "fg" => paint.fg = named(value, found),
            "bg" => paint.bg = named(value, found),
            "modifiers" => paint.modifiers = modifiers(value, found),
            _ => {
                let near = meant(key, ["fg", "bg", "modifiers"]);
                found.add(value.wrong_at(&span, format!("unknown key {key:?}{near}")));
            }
        }
    }
    paint
}

fn named(node: Node<'_>, found: &mut Mistakes) -> Option<Named> {
    let Some(name) = node.text() else {
        found.add(node.wrong(format!("a colour must be a string, not {}", node.kind())));
        return None;
    };
    Some(Named {
        name: name.to_owned(),
        place: node.wrong(""),
    })
}

fn modifiers(node: Node<'_>, found: &mut Mistakes) -> Modifier {
    if node.value().as_array().is_none() {
        found.add(node.wrong(format!("\"modifiers\" must be an array, not {}", node.kind())));
    }
    let mut all = Modifier::empty();
    for item in node.items() {
        let word = item.text().unwrap_or_default();
        if let Some((_, modifier)) = MODIFIERS.iter().find(|(known, _)| *known == word) {
            all |= *modifier;
        } else {
            let near = meant(word, MODIFIERS.iter().map(|(known, _)| *known));
            found.add(item.wrong(format!("there is no modifier {word:?}{near}")));
        }
    }
    all
}

/// `#rrggbb` or `#rgb`.
fn rgb(written: &str) -> Option<Color> {
    let digits = written
        .strip_prefix('#')
        .filter(|d| d.chars().all(|c| c.is_ascii_hexdigit()))?;
    let value = u32::from_str_radix(digits, 16).ok()?;
    match digits.len() {
        6 => Some(Color::from_u32(value)),
        3 => {
            let double = |shift: u32| (value >> shift & 0xf) * 0x11;
            Some(Color::from_u32(double(8) << 16 | double(4) << 8 | double(0)))
        }
        _ => None,
    }
}
