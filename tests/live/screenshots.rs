//! `screenshots/*.svg`, from real screens on the lab. Written where `TENANTRY_SCREENSHOTS` is set, drawn always.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use ratatui::{
    buffer::{Buffer, Cell},
    layout::Rect,
    style::{Color, Modifier},
};
use tenantry::{
    config::{Depth, Keymap, Places, Theme},
    tui::{
        self,
        app::{App, Memory},
        draw::draw,
        setup::{Hand, Setup},
    },
    views,
};
use unicode_width::UnicodeWidthStr;

use crate::{
    faults::{Heals, beyond},
    ground::Ground,
    terminal::Terminal,
};

const SIZE: (u16, u16) = (120, 30);
/// Size of a cell, in units of the picture.
const CELL: (u16, u16) = (9, 19);

/// A frame has come where nothing changes for so long; the clock may turn meanwhile.
const STILL: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(5);

/// Two things that go wrong, so that there is something to see.
const TROUBLE: [(&str, &str); 2] = [("sever-replica", "boreas-b"), ("block", "atlas")];

/// Draws every view; a screen that stays empty is a failure.
pub fn all(ground: &Ground) {
    let planted = ground.settle();
    let _heals = Heals(ground);
    for (fault, target) in TROUBLE {
        ground.lab(&["fault", fault, target]);
    }
    ground.wait("both show", |world| {
        (beyond(world, &planted).len() >= TROUBLE.len()).then_some(())
    });
    for view in views::ALL {
        let buffer = screen(ground, view.name());
        let svg = svg(&buffer);
        assert!(svg.contains(view.name()), "{} is not on its own screen", view.name());
        keep(view.name(), &svg);
    }
}

/// Keeps a picture, where pictures are asked for.
fn keep(name: &str, svg: &str) {
    if std::env::var_os("TENANTRY_SCREENSHOTS").is_some() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(format!("{name}.svg")), svg).unwrap();
    }
}

/// What a terminal shows now, as a picture of this name: once a whole frame has come.
pub fn of(name: &str, terminal: &Terminal) {
    let end = Instant::now() + PATIENCE;
    let mut before = terminal.screen(shown);
    loop {
        thread::sleep(STILL);
        let now = terminal.screen(shown);
        if now == before || Instant::now() > end {
            return keep(name, &svg(&now));
        }
        before = now;
    }
}

/// A terminal's screen, cell by cell.
fn shown(screen: &vt100::Screen) -> Buffer {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
        let Some(cell) = screen.cell(y, x).filter(|cell| cell.has_contents()) else {
            continue;
        };
        let mut modifier = Modifier::empty();
        modifier.set(Modifier::BOLD, cell.bold());
        modifier.set(Modifier::REVERSED, cell.inverse());
        let there = &mut buffer[(x, y)];
        there.set_symbol(cell.contents());
        there.fg = painted(cell.fgcolor());
        there.bg = painted(cell.bgcolor());
        there.modifier = modifier;
    }
    buffer
}

fn painted(color: vt100::Color) -> Color {
    match color {
        vt100::Color::Rgb(r, g, b) => Color::Rgb(r, g, b),
        vt100::Color::Default | vt100::Color::Idx(_) => Color::Reset,
    }
}

fn screen(ground: &Ground, line: &str) -> Buffer {
    let places = Places::default();
    let words = tui::vocabulary(views::ALL);
    let setup = Setup {
        views: views::ALL,
        detail: views::detail,
        sources: views::sources::sources,
        theme: Theme::load("catppuccin", &places, Depth::True, false).unwrap(),
        keymap: Keymap::load("default", &places, &words).unwrap(),
        ascii: false,
        mouse: false,
        columns: BTreeMap::new(),
        themes: Vec::new(),
        hand: Hand::default(),
    };
    let memory = Memory {
        last: Some(line.into()),
        ..Memory::default()
    };
    let app = App::new(setup, ground.now(), memory, Timestamp::now(), SIZE);
    let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
    draw(&app, &mut buffer);
    buffer
}

/// A picture of a frame: a rectangle for each run of one background, a text for each run of one style.
fn svg(buffer: &Buffer) -> String {
    let (width, height) = (buffer.area.width * CELL.0, buffer.area.height * CELL.1);
    let ground = color(buffer[(0, 0)].bg, "#1e1e2e");
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"DejaVu Sans Mono, monospace\" \
         font-size=\"15\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"{ground}\"/>\n"
    );
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let (text, cells) = run(buffer, x, y);
            piece(&mut svg, &buffer[(x, y)], &text, (x, y, cells));
            x += cells;
        }
    }
    svg + "</svg>\n"
}

/// The cells from here on that look alike.
fn run(buffer: &Buffer, from: u16, y: u16) -> (String, u16) {
    let style = buffer[(from, y)].style();
    let mut text = String::new();
    let mut x = from;
    while x < buffer.area.width && buffer[(x, y)].style() == style {
        let symbol = buffer[(x, y)].symbol();
        text += symbol;
        x += u16::try_from(symbol.width()).unwrap_or(1).max(1);
    }
    (text, x - from)
}

fn piece(svg: &mut String, cell: &Cell, text: &str, (x, y, cells): (u16, u16, u16)) {
    let reversed = cell.modifier.contains(Modifier::REVERSED);
    let (mut fg, mut bg) = (color(cell.fg, "#cdd6f4"), color(cell.bg, "#1e1e2e"));
    if reversed {
        std::mem::swap(&mut fg, &mut bg);
    }
    let (left, top, width) = (x * CELL.0, y * CELL.1, cells * CELL.0);
    let words = text.trim();
    let before = u16::try_from(text.len() - text.trim_start().len()).unwrap_or_default();
    let length = u16::try_from(words.width()).unwrap_or_default() * CELL.0;
    if reversed || cell.bg != Color::Reset {
        writeln!(
            svg,
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{}\" fill=\"{bg}\"/>",
            CELL.1
        )
        .unwrap();
    }
    if words.is_empty() {
        return;
    }
    let bold = if cell.modifier.contains(Modifier::BOLD) {
        " font-weight=\"bold\""
    } else {
        ""
    };
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let left = left + before * CELL.0;
    writeln!(
        svg,
        "<text x=\"{left}\" y=\"{}\" textLength=\"{length}\" xml:space=\"preserve\" fill=\"{fg}\"{bold}>{words}</text>",
        top + 14
    )
    .unwrap();
}

fn color(color: Color, otherwise: &str) -> String {
    match color {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        _ => otherwise.into(),
    }
}
