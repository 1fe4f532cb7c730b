//! Themes.

use ratatui::style::{Color, Modifier};
use tenantry::config::{Depth, Glyph, Theme, Token};

use crate::desk::Desk;

#[test]
fn the_default_theme_has_every_token_and_every_glyph() {
    let theme = Theme::load("base16", &Desk::new().places, Depth::True, false).unwrap();
    assert_eq!(theme.style(Token::Critical).fg, Some(Color::Red));
    for (glyph, ..) in Glyph::ALL {
        assert!(!theme.glyph(glyph).is_empty());
    }
}

#[test]
fn without_colours_every_theme_is_mono() {
    let theme = Theme::load("base16", &Desk::new().places, Depth::None, false).unwrap();
    assert_eq!(theme.name, "mono");
    for (token, word) in Token::ALL {
        let style = theme.style(token);
        assert_eq!((style.fg, style.bg), (None, None), "{word}");
    }
    assert!(theme.style(Token::Selected).add_modifier.contains(Modifier::REVERSED));
}
