//! The real loop in a pseudo-terminal: what is turned on is turned off again, and keys survive the line.
//!
//! The child is this test program itself, which plays one ignored test: the screen over a made-up fleet.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use nix::sys::signal::{Signal, kill};
use portable_pty::CommandBuilder;
use tenantry::{
    config::{Depth, Places, Theme},
    model::{Fault, FaultKind},
    ops,
    tui::{Calls, Surroundings, app::Prepared, serve},
};
use tokio::sync::watch;

use super::{
    desk,
    support::{Tenant, setup, some_tenants, tenant, world},
    terminal::Terminal,
    views,
};

/// How the child is told what to play.
const PLAY: &str = "TENANTRY_TEST_PLAY";

#[test]
#[ignore = "played by the other tests of this file, in a terminal of their own"]
fn child() {
    let play = std::env::var(PLAY).unwrap_or_default();
    let acts = play == "acts";
    let mut setup = if acts { views::setup() } else { setup() };
    if acts {
        setup.hand = desk::hand(&desk::worst());
    }
    let theme = if play == "mono" { "mono" } else { "base16" };
    setup.theme = Theme::load(theme, &Places::default(), Depth::Sixteen, false).unwrap();
    let surroundings = Surroundings {
        term: "xterm-256color".into(),
        remote: false,
        tmux: false,
        escape: Duration::from_millis(if play == "patient" { 20_000 } else { 25 }),
        memory: None,
        wardrobe: (Places::default(), Depth::Sixteen),
        mutes: ("/nowhere/mutes.toml".into(), "ada".into()),
        line: acts.then(|| "sessions".into()),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let fleet = if acts { desk::worst() } else { world(tenants(&play)) };
    let (keep, seen) = watch::channel(Arc::new(fleet));
    let ended = runtime.block_on(async {
        if play == "panic" {
            tokio::spawn(async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                panic!("a part of the program failed");
            });
        }
        serve(setup, surroundings, seen, |_| {}, calls()).await
    });
    drop(keep);
    println!("ended: {ended:?}");
}

/// Plans are made on the fleet as it is seen. Nothing else can be asked for here, and nothing is begun.
fn calls() -> Calls {
    let fault = || Fault::new(FaultKind::Refused, "nobody is there");
    Calls {
        reveal: Box::new(move |_, _| Box::pin(async move { Err(fault()) })),
        prepare: Box::new(|request, world| {
            Box::pin(async move {
                let plan = ops::plan(&request, &world)?;
                Ok(Prepared { plan, evidence: None })
            })
        }),
        recall: Box::new(|_| Box::pin(async { Err(ops::Refusal::new("nobody is there")) })),
        tell: Box::new(|_, _| Box::pin(async { Err(ops::Refusal::new("nobody is there")) })),
        begin: Box::new(move |_| Box::pin(async move { Err(fault()) })),
    }
}

/// A fleet; of ten thousand tenants for measuring from outside.
fn tenants(play: &str) -> Vec<Tenant> {
    match play {
        "many" => (0..10_000).map(|n| tenant(&format!("tenant-{n:05}"))).collect(),
        _ => some_tenants(),
    }
}

/// This test program, playing.
fn play(play: &str) -> Terminal {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", "pty::child", "--ignored", "--nocapture"]);
    command.env(PLAY, play);
    command.env("RUST_BACKTRACE", "0");
    Terminal::start(command, (80, 24))
}

/// Waits until this row of the list is shown reversed.
#[track_caller]
fn chosen(terminal: &Terminal, name: &str) {
    let reversed = |screen: &vt100::Screen, y| screen.cell(y, 3).is_some_and(vt100::Cell::inverse);
    let row = |screen: &vt100::Screen, y: u16| screen.rows(0, 80).nth(usize::from(y)).unwrap_or_default();
    terminal.until(&format!("{name} under the cursor"), |screen| {
        (4..22).any(|y| reversed(screen, y) && row(screen, y).contains(name))
    });
}

#[test]
fn an_arrow_that_arrives_in_two_pieces_is_an_arrow() {
    let mut terminal = play("patient");
    chosen(&terminal, "acme");
    terminal.send("jj");
    chosen(&terminal, "cedar");
    terminal.send("\u{1b}");
    // The pieces must be read apart; it is not the outcome that is waited for here.
    thread::sleep(Duration::from_millis(60));
    terminal.send("[A");
    chosen(&terminal, "blue harbour");
    terminal.sees("2/6");
}

#[test]
fn escape_alone_is_escape() {
    let mut terminal = play("");
    chosen(&terminal, "acme");
    terminal.send("\r");
    terminal.sees("credential");
    terminal.send("\u{1b}");
    chosen(&terminal, "acme");
}

#[test]
fn whoever_leaves_gets_a_whole_terminal() {
    let mut terminal = play("");
    chosen(&terminal, "acme");
    assert!(terminal.screen(|screen| screen.alternate_screen() && screen.bracketed_paste()));
    terminal.send("q");
    terminal.sees("leave the console");
    terminal.send("y");
    terminal.ends();
    terminal.sees("ended: Ok(Left)");
    terminal.whole();
}

#[test]
fn a_signal_to_end_ends_whole() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        let mut terminal = play("");
        chosen(&terminal, "acme");
        kill(terminal.pid(), signal).unwrap();
        terminal.ends();
        terminal.sees(&format!("ended: Ok(Signal({}))", signal as i32));
        terminal.whole();
    }
}

#[test]
fn a_stopped_console_hands_the_terminal_back_and_takes_it_again() {
    let mut terminal = play("");
    chosen(&terminal, "acme");
    kill(terminal.pid(), Signal::SIGTSTP).unwrap();
    terminal.whole();
    kill(terminal.pid(), Signal::SIGCONT).unwrap();
    terminal.until("the alternate screen", vt100::Screen::alternate_screen);
    chosen(&terminal, "acme");
    terminal.send("j");
    chosen(&terminal, "blue harbour");
}

#[test]
fn ctrl_z_without_a_shell_says_so() {
    let mut terminal = play("");
    chosen(&terminal, "acme");
    terminal.send("\u{1a}");
    terminal.sees("there is no shell to go back to");
}

#[test]
fn a_panic_is_read_on_a_whole_terminal() {
    let mut terminal = play("panic");
    terminal.ends();
    terminal.sees("a part of the program failed");
    terminal.sees("ended: Ok(Panicked)");
    terminal.whole();
}

#[test]
fn without_colour_the_row_under_the_cursor_is_still_seen() {
    let mut terminal = play("mono");
    chosen(&terminal, "acme");
    terminal.send("j");
    chosen(&terminal, "blue harbour");
}

#[test]
fn a_new_size_is_drawn() {
    let mut terminal = play("");
    chosen(&terminal, "acme");
    terminal.resize(50, 10);
    terminal.sees("too small");
    terminal.resize(80, 24);
    chosen(&terminal, "acme");
    terminal.send("G");
    chosen(&terminal, "日本");
}

#[test]
fn a_size_that_changes_while_it_starts_is_not_missed() {
    for after in (0..40).step_by(2) {
        let terminal = play("");
        terminal.until("the alternate screen", vt100::Screen::alternate_screen);
        // The moment is what is tried here; the outcome is waited for.
        thread::sleep(Duration::from_micros(after * 250));
        terminal.resize(50, 10);
        terminal.sees("too small");
    }
}

#[test]
fn a_name_is_sent_to_the_clipboard_and_the_title_names_the_environment() {
    let mut terminal = play("");
    chosen(&terminal, "acme");
    terminal.send("Y");
    terminal.sees("sent to the terminal's clipboard: tenant atlas/app/acme");
    let bytes = terminal.bytes();
    assert!(
        bytes.contains("\u{1b}]52;c;dGVuYW50IGF0bGFzL2FwcC9hY21l"),
        "no OSC 52 in {bytes:?}"
    );
    assert!(
        bytes.contains("\u{1b}]2;production orders - tenantry\u{1b}\\"),
        "no title in {bytes:?}"
    );
}

#[test]
fn a_plan_is_confirmed_by_a_key_after_a_moment_and_never_by_what_comes_at_once() {
    let mut terminal = play("acts");
    terminal.sees("orders_batch");
    terminal.send(":write 15m OPS-7\r");
    terminal.sees("WRITE 1");
    // All at once, as a hand that knows the way types it before it has seen anything.
    terminal.send("xe\ry");
    terminal.sees("enter cancels, y confirms");
    terminal.send("yy");
    terminal.sees("type it");
    // The moment is the console's own: until it is over the key is dropped.
    let deadline = Instant::now() + Duration::from_secs(10);
    let told = |screen: &vt100::Screen| screen.contents().contains("nothing was begun");
    while !terminal.screen(told) {
        assert!(
            Instant::now() < deadline,
            "{}",
            terminal.screen(vt100::Screen::contents)
        );
        terminal.send("y");
        thread::sleep(Duration::from_millis(50));
    }
    terminal.sees("nobody is there");
    terminal.send("\u{3}");
    terminal.until("the page again", |screen| !told(screen));
}
