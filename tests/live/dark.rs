//! What the console shows when those whom it asks are gone: what was known, growing old, and why.

use std::time::Duration;

use tenantry::{facts::leases::Leases, model::Target};

use crate::{faults::Heals, ground::Ground};

/// The seconds that are left of the first lease on the screen, where it is marked as old.
fn left(screen: &vt100::Screen) -> Option<u64> {
    let line = screen.rows(0, 140).find(|line| line.contains(" ~ lease"))?;
    let (minutes, seconds) = line
        .split_whitespace()
        .find_map(|word| word.strip_suffix('s')?.split_once('m'))?;
    Some(minutes.parse::<u64>().ok()? * 60 + seconds.parse::<u64>().ok()?)
}

/// Leases and static roles keep their last known ends, which go on counting down.
pub fn sealed_vault(ground: &Ground) {
    ground.settle();
    let mut screen = ground.screen();
    screen.send(":credentials\r");
    screen.sees("OpenBao 2.7.2");
    let _heals = Heals(ground);
    ground.lab(&["fault", "seal-vault"]);
    screen.until("leases marked as old", |screen| left(screen).is_some());
    let before = screen.screen(left).expect("minutes and seconds");
    screen.until("their ends counting down", |screen| {
        left(screen).is_some_and(|left| left + 3 <= before)
    });
    screen.sees("sealed");
    let world = ground.wait("the list of leases is old, and kept", |world| {
        let seen = world.get::<Leases>(&Target::vault())?;
        seen.fault.is_some().then_some(seen.value.leases.len())
    });
    assert!(world > 0);
    ground.lab(&["heal", "seal-vault"]);
    screen.until("leases as good as new", |screen| {
        let lines: Vec<String> = screen.rows(0, 140).collect();
        lines.iter().any(|line| line.starts_with("   lease")) && !lines.iter().any(|line| line.contains(" ~ lease"))
    });
}

/// With every server stopped the console starts, says what is down and why, and answers keys at once.
pub fn everything(ground: &Ground) {
    ground.settle();
    let up = Up(ground);
    ground.lab(&["down"]);
    let mut console = ground.another_console();
    let drawn = console.sees("servers 0/8");
    console.sees("refused");
    for view in tenantry::views::ALL {
        console.send(&format!(":{}\r", view.name()));
        let shown = console.until(view.name(), |screen| {
            screen
                .contents()
                .lines()
                .any(|line| line.trim_start().starts_with(view.name()))
        });
        console.until(&format!("the reason on {}", view.name()), |screen| {
            let text = screen.contents();
            ["refused", "not seen", "answers", "does not answer"]
                .iter()
                .any(|why| text.contains(why))
        });
        println!(
            "{:>6.1} ms {} after its command",
            shown.as_secs_f64() * 1000.0,
            view.name()
        );
    }
    let start = std::time::Instant::now();
    console.send("?");
    console.sees("keys and commands");
    println!("{:>6.1} ms first frame, {:.1} ms help", ms(drawn), ms(start.elapsed()));
    drop(up);
    ground.settle();
}

/// Brings the lab up again when it goes.
struct Up<'a>(&'a Ground);

impl Drop for Up<'_> {
    fn drop(&mut self) {
        self.0.lab(&["up", "--yes"]);
    }
}

fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}
