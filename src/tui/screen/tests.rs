//! Frames through an independent parser, and their price.

use ratatui::{
    layout::Position,
    style::{Color, Modifier, Style},
};

use super::Screen;

fn terminal(rows: u16, columns: u16) -> vt100::Parser {
    let some = |n| std::num::NonZero::new(n).expect("not zero");
    vt100::Parser::new(some(rows), some(columns), 0)
}

fn feed(parser: &mut vt100::Parser, screen: &mut Screen, cursor: Option<Position>) -> usize {
    let mut out = Vec::new();
    let written = screen.present(cursor, &mut out).expect("a vector takes all");
    assert_eq!(written, out.len());
    parser.process(&out);
    written
}

/// What the parser shows equals the frame that was drawn, cell by cell.
fn same(parser: &vt100::Parser, screen: &Screen) {
    let area = screen.shown.area;
    for (at, want) in screen.shown.content.iter().enumerate() {
        let (x, y) = screen.shown.pos_of(at);
        let cell = parser.screen().cell(y, x).expect("inside");
        if cell.is_wide_continuation() {
            continue;
        }
        let got = if cell.contents().is_empty() {
            " "
        } else {
            cell.contents()
        };
        assert_eq!(got, want.symbol(), "at {x},{y} of {area}");
        assert_eq!(cell.bgcolor(), colour(want.bg), "background at {x},{y}");
        if got != " " {
            assert_eq!(cell.fgcolor(), colour(want.fg), "foreground at {x},{y}");
            let inverse = want.modifier.contains(Modifier::REVERSED);
            assert_eq!(cell.inverse(), inverse, "inverse at {x},{y}");
            let heavy = want.modifier & (Modifier::BOLD | Modifier::DIM);
            // The parser knows one weight at a time, terminals know two.
            if heavy != Modifier::BOLD | Modifier::DIM {
                assert_eq!(cell.bold(), heavy == Modifier::BOLD, "bold at {x},{y}");
                assert_eq!(cell.dim(), heavy == Modifier::DIM, "dim at {x},{y}");
            }
        }
    }
}

fn colour(colour: Color) -> vt100::Color {
    match colour {
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        Color::Indexed(n) => vt100::Color::Idx(n),
        Color::Red => vt100::Color::Idx(1),
        Color::LightBlue => vt100::Color::Idx(12),
        _ => vt100::Color::Default,
    }
}

#[test]
fn nothing_is_written_when_nothing_changed() {
    let mut screen = Screen::new(80, 24);
    let mut parser = terminal(24, 80);
    screen.frame().set_string(3, 3, "hello", Style::new().fg(Color::Red));
    assert!(feed(&mut parser, &mut screen, None) > 0);
    screen.frame().set_string(3, 3, "hello", Style::new().fg(Color::Red));
    assert_eq!(feed(&mut parser, &mut screen, None), 0);
}

#[test]
fn a_tick_of_a_clock_costs_a_jump_and_a_digit() {
    let mut screen = Screen::new(120, 40);
    let mut parser = terminal(40, 120);
    screen.frame().set_string(100, 0, "03:14:15", Style::new());
    feed(&mut parser, &mut screen, None);
    screen.frame().set_string(100, 0, "03:14:16", Style::new());
    assert_eq!(feed(&mut parser, &mut screen, None), "\x1b[1;108H6".len());
    same(&parser, &screen);
}

#[test]
fn a_wide_character_that_goes_leaves_no_half_behind() {
    let mut screen = Screen::new(20, 2);
    let mut parser = terminal(2, 20);
    for text in ["日本語 x", "a本語 x", "日b語 x", "日本語 x", "x日本語", ""] {
        screen.frame().set_string(0, 1, text, Style::new());
        feed(&mut parser, &mut screen, None);
        same(&parser, &screen);
    }
}

#[test]
fn the_cursor_is_moved_and_shown_only_when_that_changes() {
    let mut screen = Screen::new(20, 4);
    let mut parser = terminal(4, 20);
    let at = |x, y| Some(Position { x, y });
    screen.frame().set_string(0, 3, ":", Style::new());
    feed(&mut parser, &mut screen, at(1, 3));
    assert!(!parser.screen().hide_cursor());
    assert_eq!(parser.screen().cursor_position(), (3, 1));
    screen.frame().set_string(0, 3, ":t", Style::new());
    assert_eq!(feed(&mut parser, &mut screen, at(2, 3)), "\x1b[4;2Ht".len());
    assert_eq!(parser.screen().cursor_position(), (3, 2));
    screen.frame().set_string(0, 3, ":t", Style::new());
    assert_eq!(feed(&mut parser, &mut screen, at(2, 3)), 0);
    screen.frame().set_string(0, 3, ":t", Style::new());
    feed(&mut parser, &mut screen, None);
    assert!(parser.screen().hide_cursor());
}

mod any_two_frames {
    use proptest::prelude::*;
    use ratatui::style::{Color, Modifier, Style};

    use super::{Screen, feed, same, terminal};

    fn style() -> impl Strategy<Value = Style> {
        let colour = || {
            prop::sample::select(vec![
                Color::Reset,
                Color::Red,
                Color::LightBlue,
                Color::Indexed(99),
                Color::Rgb(1, 2, 3),
            ])
        };
        (
            colour(),
            colour(),
            prop::sample::select(vec![0_u16, 1, 2, 4, 5, 8, 9, 12]),
        )
            .prop_map(|(fg, bg, bits)| {
                let pick = |bit: u16, modifier| if bits & bit > 0 { modifier } else { Modifier::empty() };
                let modifier = pick(1, Modifier::BOLD) | pick(2, Modifier::DIM) | pick(4, Modifier::REVERSED);
                Style::new()
                    .fg(fg)
                    .bg(bg)
                    .add_modifier(modifier | pick(8, Modifier::UNDERLINED))
            })
    }

    fn words() -> impl Strategy<Value = Vec<(u16, u16, String, Style)>> {
        let text = prop::sample::select(vec!["a", "lag 5.0 MB", "日本", "  ", "─────", "é", "          "]);
        prop::collection::vec((0_u16..30, 0_u16..6, text.prop_map(String::from), style()), 0..12)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn reach_the_terminal_as_drawn(frames in prop::collection::vec(words(), 1..5)) {
            let mut screen = Screen::new(30, 6);
            let mut parser = terminal(6, 30);
            for frame in frames {
                let buffer = screen.frame();
                for (x, y, text, style) in frame {
                    buffer.set_string(x, y, text, style);
                }
                feed(&mut parser, &mut screen, None);
                same(&parser, &screen);
            }
        }
    }
}
