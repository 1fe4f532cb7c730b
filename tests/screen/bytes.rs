//! What frames cost, in bytes over the line.

use tenantry::{
    config::{Depth, Places, Theme},
    tui::{app::Memory, screen::Screen},
};

use super::support::{Console, setup, tenant, world};

fn console() -> Console {
    let mut setup = setup();
    setup.theme = Theme::load("base16", &Places::default(), Depth::Sixteen, false).unwrap();
    let tenants = (0..200).map(|n| tenant(&format!("tenant-{n:03}"))).collect();
    Console::with(setup, world(tenants), Memory::default(), (120, 40))
}

fn cost(console: &Console, screen: &mut Screen) -> usize {
    screen.frame().merge(&console.buffer());
    screen.present(None, &mut Vec::new()).unwrap()
}

#[test]
fn frames_cost_little() {
    let mut console = console();
    let mut screen = Screen::new(120, 40);
    let whole = cost(&console, &mut screen);
    assert!(whole < 6_000, "a whole frame: {whole}");
    assert_eq!(cost(&console, &mut screen), 0, "nothing changed");
    console.press("down");
    let step = cost(&console, &mut screen);
    assert!(step < 300, "one row down: {step}");
    console.press("/").types("tenant-00").press("enter");
    // The first tick makes 59m59s of 1h00m, which takes another cell.
    console.later(1);
    cost(&console, &mut screen);
    console.later(1);
    let tick = cost(&console, &mut screen);
    assert!(tick < 10 * 24, "ten countdowns: {tick}");
}
