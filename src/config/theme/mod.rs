//! How a token looks: themes, the colours that a terminal has, and the signs that need none.

mod depth;
mod read;
mod token;

use std::collections::BTreeMap;

use ratatui::style::{Color, Style};

pub use self::{
    depth::{ColorChoice, Depth},
    token::{Glyph, Token},
};
use super::{Mistakes, Places, layers::Shelf};

/// The themes that come with the console.
pub(super) const SHELF: Shelf = Shelf {
    kind: "theme",
    directory: "themes",
    built_in: &[
        ("base16", include_str!("../../../themes/base16.toml")),
        ("mono", include_str!("../../../themes/mono.toml")),
        ("high-contrast", include_str!("../../../themes/high-contrast.toml")),
        (
            "modus-deuteranopia",
            include_str!("../../../themes/modus-deuteranopia.toml"),
        ),
        (
            "modus-tritanopia",
            include_str!("../../../themes/modus-tritanopia.toml"),
        ),
        ("catppuccin", include_str!("../../../themes/catppuccin.toml")),
        ("gruvbox", include_str!("../../../themes/gruvbox.toml")),
        ("solarized", include_str!("../../../themes/solarized.toml")),
        ("nord", include_str!("../../../themes/nord.toml")),
        ("production-red", include_str!("../../../themes/production-red.toml")),
    ],
};

/// A style for every token and a sign for every state.
#[derive(Clone, Debug)]
pub struct Theme {
    /// Its name.
    pub name: String,
    styles: BTreeMap<Token, Style>,
    glyphs: BTreeMap<Glyph, String>,
}

impl Theme {
    /// The theme of this name, with the operator's own lines over it, in colours that the terminal has.
    ///
    /// Without colours it is `mono`, whatever was asked: another theme's selection would be invisible.
    ///
    /// # Errors
    /// Everything that is wrong in any of its files.
    pub fn load(name: &str, places: &Places, depth: Depth, ascii: bool) -> Result<Self, Mistakes> {
        let mut theme = Self::whole(name, places)?;
        if depth == Depth::None && name != "mono" {
            theme = Self::whole("mono", places)?;
        }
        theme.reduce(depth);
        if ascii {
            theme.glyphs.clear();
            theme
                .glyphs
                .extend(Glyph::ALL.map(|(glyph, _, _, sign)| (glyph, sign.to_owned())));
        }
        Ok(theme)
    }

    /// Two colours that differ may have the same nearest one; then the word gives way to what is beneath it.
    fn reduce(&mut self, depth: Depth) {
        if depth == Depth::None {
            self.styles
                .values_mut()
                .for_each(|style| (style.fg, style.bg) = (None, None));
        }
        let palette = depth.palette();
        let ground = self.style(Token::Text).bg.map(|color| palette.nearest(color, None));
        for style in self.styles.values_mut() {
            style.bg = style.bg.map(|color| palette.nearest(color, None));
            let beneath = style.bg.or(ground);
            style.fg = style.fg.map(|color| palette.nearest(color, beneath));
        }
    }

    fn whole(name: &str, places: &Places) -> Result<Self, Mistakes> {
        let mut draft = read::Draft::default();
        let mut found = Mistakes::default();
        for layer in SHELF.layers(name, places)? {
            if let Err(mistakes) = draft.lay(&layer.source) {
                found.extend(mistakes);
            }
        }
        found.or(())?;
        Ok(Self {
            name: name.to_owned(),
            styles: draft.styles(&format!("themes/{name}.toml"))?,
            glyphs: usual_glyphs().into_iter().chain(draft.glyphs).collect(),
        })
    }

    /// Every token in a colour of its own, the colour's index being the token's place in [`Token::ALL`], so that a
    /// frame can be printed with its tokens and a change of style is a change of text.
    pub fn probe() -> Self {
        let styles = (0_u8..)
            .zip(Token::ALL)
            .map(|(n, (token, _))| (token, Style::new().fg(Color::Indexed(n))));
        Self {
            name: "probe".to_owned(),
            styles: styles.collect(),
            glyphs: usual_glyphs(),
        }
    }

    /// How a token looks, to be laid over what is beneath it.
    pub fn style(&self, token: Token) -> Style {
        self.styles.get(&token).copied().unwrap_or_default()
    }

    /// The sign of one cell; for [`Glyph::Trend`] a scale of eight, for [`Glyph::Bar`] the four kinds of cell.
    pub fn glyph(&self, glyph: Glyph) -> &str {
        self.glyphs.get(&glyph).map_or("", String::as_str)
    }
}

fn usual_glyphs() -> BTreeMap<Glyph, String> {
    Glyph::ALL
        .into_iter()
        .map(|(glyph, _, sign, _)| (glyph, sign.to_owned()))
        .collect()
}
