//! Themes: whole, readable, and told apart by eyes that mix colours.

use std::collections::BTreeSet;

use ratatui::style::{Color, Modifier, Style};
use tenantry::config::{self, Depth, Glyph, Places, Theme, Token};

use crate::{
    desk::Desk,
    sight::{DEUTERANOPIA, TRITANOPIA, USUAL, contrast, distance},
};

fn names() -> Vec<String> {
    config::themes(&Places::default())
        .unwrap()
        .into_iter()
        .map(|theme| theme.name)
        .collect()
}

fn load(name: &str, depth: Depth) -> Theme {
    Theme::load(name, &Places::default(), depth, false).unwrap_or_else(|found| panic!("{found}"))
}

/// Themes whose colours are their own. Those of `base16` and `production-red` are the terminal's, so nobody but the
/// terminal can answer for them, and `mono` has none.
fn coloured() -> Vec<Theme> {
    let own = |theme: &Theme| matches!(theme.style(Token::Text).fg, Some(Color::Rgb(..)));
    names().iter().map(|name| load(name, Depth::True)).filter(own).collect()
}

/// A token's colours with what is beneath it.
fn pair(theme: &Theme, token: Token) -> (Color, Color) {
    let beneath = theme.style(Token::Text);
    let style = beneath.patch(theme.style(token));
    (style.fg.unwrap(), style.bg.unwrap())
}

#[test]
fn every_promised_theme_is_there() {
    let promised = [
        "base16",
        "mono",
        "high-contrast",
        "modus-deuteranopia",
        "modus-tritanopia",
        "catppuccin",
        "gruvbox",
        "solarized",
        "nord",
        "production-red",
    ];
    assert_eq!(names(), promised);
    let themes = config::themes(&Places::default()).unwrap();
    assert!(themes.iter().all(|theme| !theme.about.is_empty()));
    assert_eq!(coloured().len(), 7);
}

#[test]
fn every_token_and_every_glyph_is_in_every_theme() {
    for name in names() {
        // A missing token is a mistake of the theme, and loading would tell it.
        let theme = load(&name, Depth::True);
        assert_eq!(theme.name, name);
        let signs: BTreeSet<&str> = Glyph::ALL.iter().map(|(glyph, ..)| theme.glyph(*glyph)).collect();
        assert!(!signs.contains(""), "{name}");
    }
}

#[test]
fn every_state_has_a_sign_of_its_own_besides_its_colour() {
    let states = [
        Glyph::Ok,
        Glyph::Notice,
        Glyph::Unseen,
        Glyph::Warning,
        Glyph::Critical,
        Glyph::Stale,
    ];
    for name in names() {
        for ascii in [false, true] {
            let theme = Theme::load(&name, &Places::default(), Depth::True, ascii).unwrap();
            let signs: BTreeSet<&str> = states.iter().map(|state| theme.glyph(*state)).collect();
            assert_eq!(signs.len(), states.len(), "{name}");
            assert!(
                !ascii || Glyph::ALL.iter().all(|(glyph, ..)| theme.glyph(*glyph).is_ascii()),
                "{name}"
            );
        }
    }
}

#[test]
fn text_can_be_read_on_its_ground() {
    for theme in coloured() {
        let least = if theme.name == "high-contrast" { 7.0 } else { 4.5 };
        // Lines around things are not read.
        for (token, word) in Token::ALL.into_iter().filter(|(token, _)| *token != Token::Frame) {
            let (fg, bg) = pair(&theme, token);
            let found = contrast(fg, bg);
            assert!(
                found >= least,
                "{}: {word} has {found:.2}:1, less than {least}:1",
                theme.name
            );
        }
    }
}

#[test]
fn states_are_told_apart_by_eyes_that_mix_colours() {
    for theme in coloured() {
        let mut eyes = vec![("usual", USUAL, 0.05), ("deuteranopia", DEUTERANOPIA, 0.05)];
        match theme.name.as_str() {
            "modus-deuteranopia" => eyes.push(("deuteranopia", DEUTERANOPIA, 0.08)),
            "modus-tritanopia" => eyes.push(("tritanopia", TRITANOPIA, 0.08)),
            _ => {}
        }
        for (n, one) in Token::STATES.into_iter().enumerate() {
            for other in Token::STATES.into_iter().skip(n + 1) {
                for (sight, matrix, least) in &eyes {
                    let found = distance(pair(&theme, one).0, pair(&theme, other).0, matrix);
                    let (one, other) = (one.word(), other.word());
                    assert!(
                        found >= *least,
                        "{}, {sight}: {one} and {other} differ by {found:.3}",
                        theme.name
                    );
                }
            }
        }
    }
}

#[test]
fn the_simulation_knows_what_the_colour_blind_mix() {
    let (red, green) = (Color::Rgb(190, 90, 0), Color::Rgb(120, 120, 0));
    assert!(distance(red, green, &DEUTERANOPIA) < distance(red, green, &USUAL) / 2.0);
    let (blue, green) = (Color::Rgb(0, 140, 160), Color::Rgb(0, 150, 120));
    assert!(distance(blue, green, &TRITANOPIA) < distance(blue, green, &USUAL) / 2.0);
}

#[test]
fn mono_has_no_colour_and_without_colours_every_theme_is_mono() {
    for name in names() {
        let theme = load(&name, Depth::None);
        assert_eq!(theme.name, "mono");
        for (token, word) in Token::ALL {
            let style = theme.style(token);
            assert_eq!((style.fg, style.bg), (None, None), "{word}");
        }
        assert!(theme.style(Token::Selected).add_modifier.contains(Modifier::REVERSED));
    }
}

#[test]
fn no_colour_is_shown_where_none_is_wanted_even_if_mono_was_given_some() {
    let desk = Desk::new();
    desk.write(
        "themes/mono.toml",
        0o600,
        "link = { fg = \"red\", bg = \"#fff\", modifiers = [\"bold\"] }\n",
    );
    let theme = Theme::load("mono", &desk.places, Depth::None, false).unwrap();
    assert_eq!(theme.style(Token::Link), Style::new().add_modifier(Modifier::BOLD));
}

#[test]
fn fewer_colours_are_never_more_than_the_terminal_has() {
    for name in names() {
        let (indexed, sixteen) = (load(&name, Depth::Indexed), load(&name, Depth::Sixteen));
        for (token, word) in Token::ALL {
            let (indexed, sixteen) = (indexed.style(token), sixteen.style(token));
            let colours = |style: Style| [style.fg, style.bg].into_iter().flatten();
            assert!(colours(indexed).all(|c| !matches!(c, Color::Rgb(..))), "{name}: {word}");
            let more = |c| matches!(c, Color::Rgb(..) | Color::Indexed(_));
            assert!(!colours(sixteen).any(more), "{name}: {word}");
        }
    }
}

#[test]
fn with_sixteen_colours_a_word_is_never_the_colour_of_its_ground() {
    for name in names().into_iter().filter(|name| name != "mono") {
        let theme = load(&name, Depth::Sixteen);
        for (token, word) in Token::ALL {
            let style = theme.style(Token::Text).patch(theme.style(token));
            let reversed = style.add_modifier.contains(Modifier::REVERSED);
            let own = style.fg == Some(Color::Reset) && style.bg == Some(Color::Reset);
            assert!(style.fg != style.bg || own || reversed, "{name}: {word}");
        }
    }
}

#[test]
fn the_probe_gives_every_token_its_own_index() {
    let theme = Theme::probe();
    for (n, (token, _)) in (0..).zip(Token::ALL) {
        assert_eq!(theme.style(token).fg, Some(Color::Indexed(n)));
    }
}

#[test]
fn a_file_of_the_operator_lies_over_the_theme_of_its_name() {
    let desk = Desk::new();
    desk.write(
        "themes/nord.toml",
        0o600,
        "warning = { fg = \"#abc\", modifiers = [\"bold\"] }\n[palette]\ngood = \"#00ff00\"\n[glyphs]\nok = \"+\"\n",
    );
    let theme = Theme::load("nord", &desk.places, Depth::True, false).unwrap();
    let plain = load("nord", Depth::True);
    let bold = Style::new()
        .fg(Color::Rgb(0xaa, 0xbb, 0xcc))
        .add_modifier(Modifier::BOLD);
    assert_eq!(theme.style(Token::Warning), bold);
    assert_eq!(theme.style(Token::Ok).fg, Some(Color::Rgb(0, 255, 0)));
    assert_eq!(theme.style(Token::Critical), plain.style(Token::Critical));
    assert_eq!((theme.glyph(Glyph::Ok), theme.glyph(Glyph::Stale)), ("+", "~"));
}

#[test]
fn a_new_theme_inherits_what_it_does_not_say() {
    let desk = Desk::new();
    desk.write("themes/a.toml", 0o600, "inherits = \"b\"\ntitle = \"red\"\n");
    desk.write("themes/b.toml", 0o600, "inherits = \"gruvbox\"\nlink = \"red\"\n");
    let theme = Theme::load("a", &desk.places, Depth::True, false).unwrap();
    assert_eq!(theme.style(Token::Title).fg, Some(Color::Red));
    assert_eq!(theme.style(Token::Link).fg, Some(Color::Red));
    assert_eq!(
        theme.style(Token::Text),
        load("gruvbox", Depth::True).style(Token::Text)
    );
}

#[test]
fn each_mistake_is_told_with_its_place() {
    let desk = Desk::new();
    let text = "inherits = \"nord\"\nwaring = \"red\"\nlink = \"bleu\"\nkey = { fg = \"red\", modifers = [] }\n\
                hint = { modifiers = [\"blod\"] }\nok = 3\n[palette]\nred = \"#f00\"\nmine = \"#f0\"\n\
                [glyphs]\ncriticl = \"x\"\nok = \"日\"\ntrend = \"abc\"\n";
    desk.write("themes/mine.toml", 0o600, text);
    let found = Theme::load("mine", &desk.places, Depth::True, false).unwrap_err();
    assert_eq!(
        desk.told(&found),
        [
            "themes/mine.toml:2:1: there is no token \"waring\"; did you mean \"warning\"?",
            "themes/mine.toml:4:21: unknown key \"modifers\"; did you mean \"modifiers\"?",
            "themes/mine.toml:5:23: there is no modifier \"blod\"; did you mean \"bold\"?",
            "themes/mine.toml:6:6: a colour must be a string, not a whole number",
            "themes/mine.toml:8:1: \"red\" is the terminal's own colour; choose another name",
            "themes/mine.toml:9:8: a colour of the palette is written \"#rrggbb\" or \"#rgb\"",
            "themes/mine.toml:11:1: there is no glyph \"criticl\"; did you mean \"critical\"?",
            "themes/mine.toml:12:6: \"ok\" must be a string that takes 1 in width",
            "themes/mine.toml:13:9: \"trend\" must be a string that takes 8 in width",
        ]
    );
    desk.write(
        "themes/mine.toml",
        0o600,
        "inherits = \"nord\"\nlink = \"mien\"\n[palette]\nmine = \"#00f\"\n",
    );
    let found = Theme::load("mine", &desk.places, Depth::True, false).unwrap_err();
    assert_eq!(
        desk.told(&found),
        ["themes/mine.toml:2:8: there is no colour \"mien\"; did you mean \"mine\"?"]
    );
}

#[test]
fn a_theme_must_be_whole() {
    let desk = Desk::new();
    desk.write("themes/mine.toml", 0o600, "text = \"red\"\n");
    let found = Theme::load("mine", &desk.places, Depth::True, false).unwrap_err();
    let told = desk.told(&found);
    assert_eq!(told.len(), Token::ALL.len() - 1);
    assert!(told[0].contains("is missing; inherit a whole theme"), "{told:?}");
}

#[test]
fn a_circle_of_inheritance_is_refused() {
    let desk = Desk::new();
    desk.write("themes/a.toml", 0o600, "\ninherits = \"b\"\n");
    desk.write("themes/b.toml", 0o600, "inherits = \"a\"\n");
    let found = Theme::load("a", &desk.places, Depth::True, false).unwrap_err();
    assert_eq!(
        desk.told(&found),
        ["themes/b.toml:1:12: this inherits in a circle: a > b > a"]
    );
}

#[test]
fn what_is_inherited_must_exist() {
    let desk = Desk::new();
    desk.write("themes/a.toml", 0o600, "inherits = \"grovbox\"\n");
    let found = Theme::load("a", &desk.places, Depth::True, false).unwrap_err();
    assert_eq!(
        desk.told(&found),
        ["themes/a.toml:1:12: there is no theme \"grovbox\"; did you mean \"gruvbox\"?"]
    );
}
