//! Names that other people chose never reach the terminal as anything but printable characters.

use tenantry::tui::screen::Screen;

use super::support::{Console, tenant, world};

/// What a hostile name may be made of: each is shown spelled out.
const HOSTILE: [&str; 16] = [
    "\u{1b}[31mred",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]52;c;cm0gLXJmIC8=\u{7}",
    "\u{1b}P+q544e\u{1b}\\",
    "\u{9b}2J",
    "\u{9d}0;x\u{9c}",
    "a\u{8}\u{8}b",
    "a\rb",
    "a\nb",
    "a\tb",
    "pr\u{202e}od",
    "pr\u{200b}od",
    "pr\u{2066}od\u{2069}",
    "e\u{301}\u{301}\u{301}",
    "\u{7f}\u{0}x",
    "\u{e0041}\u{fe0f}\u{3164}x",
];

#[test]
fn no_cell_holds_a_control_or_an_invisible_character() {
    let tenants: Vec<_> = HOSTILE.iter().map(|name| tenant(name)).collect();
    for keys in ["", "enter", "/ 2", "ctrl-p", "space"] {
        let mut console = Console::sized(world(tenants.clone()), 120, 40);
        if !keys.is_empty() {
            console.press(keys);
        }
        for cell in &console.buffer().content {
            for c in cell.symbol().chars() {
                let plain = c.is_ascii_graphic() || c == ' ' || "…─│┌┐└┘●·▲■~✓❯↑↓›‹".contains(c);
                assert!(plain, "{c:?} in a cell after {keys:?}");
            }
        }
    }
}

#[test]
fn different_names_look_different() {
    let mut names: Vec<&str> = HOSTILE.to_vec();
    names.push("prod");
    let console = Console::sized(world(names.iter().map(|name| tenant(name)).collect()), 140, 40);
    let mut lines: Vec<String> = console
        .text()
        .lines()
        .skip(4)
        .take(names.len())
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), names.len());
}

#[test]
fn bytes_for_the_terminal_hold_only_sequences_of_ours() {
    let tenants: Vec<_> = HOSTILE.iter().map(|name| tenant(name)).collect();
    let console = Console::sized(world(tenants), 120, 40);
    let mut screen = Screen::new(120, 40);
    screen.frame().merge(&console.buffer());
    let mut out = Vec::new();
    screen.present(None, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let ours = regex_lite::Regex::new("\u{1b}\\[(\\?2026[hl]|\\?25l|2J|[0-9;]*[mHCK])").unwrap();
    let rest = ours.replace_all(&text, "").replace("\r\n", "");
    let wrong: Vec<char> = rest.chars().filter(|c| c.is_control()).collect();
    assert!(wrong.is_empty(), "{wrong:?} in {rest:?}");
}
