//! The real loop in a pseudo-terminal: what is turned on is turned off again, and keys survive the line.
//!
//! The child is this test program itself, which plays one ignored test: the screen over a made-up fleet.

use std::{
    io::{Read, Write},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tenantry::{
    config::{Depth, Places, Theme},
    model::{Fault, FaultKind},
    tui::{Reveal, Surroundings, serve},
};
use tokio::sync::watch;

use super::support::{Tenant, setup, some_tenants, tenant, world};

/// How the child is told what to play.
const PLAY: &str = "TENANTRY_TEST_PLAY";

#[test]
#[ignore = "played by the other tests of this file, in a terminal of their own"]
fn child() {
    let play = std::env::var(PLAY).unwrap_or_default();
    let mut setup = setup();
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
        line: None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let (keep, seen) = watch::channel(Arc::new(world(tenants(&play))));
    let ended = runtime.block_on(async {
        if play == "panic" {
            tokio::spawn(async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                panic!("a part of the program failed");
            });
        }
        serve(setup, surroundings, seen, |_| {}, nobody()).await
    });
    drop(keep);
    println!("ended: {ended:?}");
}

/// No statement can be asked for here.
fn nobody() -> Reveal {
    let refused = || Err(Fault::new(FaultKind::Refused, "nobody is there"));
    Box::new(move |_, _| Box::pin(async move { refused() }))
}

/// A fleet; of ten thousand tenants for measuring from outside.
fn tenants(play: &str) -> Vec<Tenant> {
    match play {
        "many" => (0..10_000).map(|n| tenant(&format!("tenant-{n:05}"))).collect(),
        _ => some_tenants(),
    }
}

struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<Mutex<(vt100::Parser, Vec<u8>)>>,
}

impl Terminal {
    fn start(play: &str) -> Self {
        let size = PtySize {
            rows: 24,
            cols: 80,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--exact", "pty::child", "--ignored", "--nocapture"]);
        command.env(PLAY, play);
        command.env("RUST_BACKTRACE", "0");
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let some = |n| std::num::NonZero::new(n).unwrap();
        let seen = Arc::new(Mutex::new((vt100::Parser::new(some(24), some(80), 0), Vec::new())));
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let mut seen = shared.lock().unwrap();
                seen.0.process(&bytes[..count]);
                seen.1.extend_from_slice(&bytes[..count]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self {
            master: pair.master,
            keys,
            child,
            seen,
        }
    }

    fn send(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn screen<T>(&self, look: impl Fn(&vt100::Screen) -> T) -> T {
        look(self.seen.lock().unwrap().0.screen())
    }

    #[track_caller]
    fn until(&self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        while !self.screen(&holds) {
            assert!(
                Instant::now() < end,
                "{what} never came:\n{}",
                self.screen(vt100::Screen::contents)
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[track_caller]
    fn sees(&self, words: &str) {
        self.until(words, |screen| screen.contents().contains(words));
    }

    /// Which row of the list is shown reversed.
    #[track_caller]
    fn chosen(&self, name: &str) {
        let reversed = |screen: &vt100::Screen, y| screen.cell(y, 3).is_some_and(vt100::Cell::inverse);
        let row = |screen: &vt100::Screen, y: u16| screen.rows(0, 80).nth(usize::from(y)).unwrap_or_default();
        self.until(&format!("{name} under the cursor"), |screen| {
            (4..22).any(|y| reversed(screen, y) && row(screen, y).contains(name))
        });
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.process_id().unwrap()).unwrap())
    }

    /// Nothing of what was turned on is left on.
    #[track_caller]
    fn whole(&self) {
        self.until("a whole terminal", |screen| {
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
        });
        let seen = self.seen.lock().unwrap();
        let bytes = String::from_utf8_lossy(&seen.1);
        let count = |sequence: &str| bytes.matches(sequence).count();
        assert_eq!(count("\u{1b}[>1u"), count("\u{1b}[<1u"), "keyboard flags");
        assert_eq!(count("\u{1b}[22;2t"), count("\u{1b}[23;2t"), "titles");
        let termios = self.master.as_raw_fd().map(|_| self.master.get_termios());
        if let Some(Some(termios)) = termios {
            assert!(
                format!("{:?}", termios.local_flags).contains("ICANON"),
                "raw mode is left on"
            );
        }
    }

    #[track_caller]
    fn ends(&mut self) {
        let end = Instant::now() + Duration::from_secs(20);
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < end, "it does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn an_arrow_that_arrives_in_two_pieces_is_an_arrow() {
    let mut terminal = Terminal::start("patient");
    terminal.chosen("acme");
    terminal.send("jj");
    terminal.chosen("cedar");
    terminal.send("\u{1b}");
    // The pieces must be read apart; it is not the outcome that is waited for here.
    thread::sleep(Duration::from_millis(60));
    terminal.send("[A");
    terminal.chosen("blue harbour");
    terminal.sees("2/6");
}

#[test]
fn escape_alone_is_escape() {
    let mut terminal = Terminal::start("");
    terminal.chosen("acme");
    terminal.send("\r");
    terminal.sees("credential");
    terminal.send("\u{1b}");
    terminal.chosen("acme");
}

#[test]
fn whoever_leaves_gets_a_whole_terminal() {
    let mut terminal = Terminal::start("");
    terminal.chosen("acme");
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
        let mut terminal = Terminal::start("");
        terminal.chosen("acme");
        kill(terminal.pid(), signal).unwrap();
        terminal.ends();
        terminal.sees(&format!("ended: Ok(Signal({}))", signal as i32));
        terminal.whole();
    }
}

#[test]
fn a_stopped_console_hands_the_terminal_back_and_takes_it_again() {
    let mut terminal = Terminal::start("");
    terminal.chosen("acme");
    kill(terminal.pid(), Signal::SIGTSTP).unwrap();
    terminal.whole();
    kill(terminal.pid(), Signal::SIGCONT).unwrap();
    terminal.until("the alternate screen", vt100::Screen::alternate_screen);
    terminal.chosen("acme");
    terminal.send("j");
    terminal.chosen("blue harbour");
}

#[test]
fn ctrl_z_without_a_shell_says_so() {
    let mut terminal = Terminal::start("");
    terminal.chosen("acme");
    terminal.send("\u{1a}");
    terminal.sees("there is no shell to go back to");
}

#[test]
fn a_panic_is_read_on_a_whole_terminal() {
    let mut terminal = Terminal::start("panic");
    terminal.ends();
    terminal.sees("a part of the program failed");
    terminal.sees("ended: Ok(Panicked)");
    terminal.whole();
}

#[test]
fn without_colour_the_row_under_the_cursor_is_still_seen() {
    let mut terminal = Terminal::start("mono");
    terminal.chosen("acme");
    terminal.send("j");
    terminal.chosen("blue harbour");
}

#[test]
fn a_new_size_is_drawn() {
    let mut terminal = Terminal::start("");
    terminal.chosen("acme");
    let size = |rows, cols| PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    };
    terminal.master.resize(size(10, 50)).unwrap();
    terminal.sees("too small");
    terminal.master.resize(size(24, 80)).unwrap();
    terminal.chosen("acme");
    terminal.send("G");
    terminal.chosen("日本");
}

#[test]
fn a_name_is_sent_to_the_clipboard_and_the_title_names_the_environment() {
    let mut terminal = Terminal::start("");
    terminal.chosen("acme");
    terminal.send("Y");
    terminal.sees("sent to the terminal's clipboard: tenant atlas/app/acme");
    let seen = terminal.seen.lock().unwrap();
    let bytes = String::from_utf8_lossy(&seen.1).into_owned();
    assert!(
        bytes.contains("\u{1b}]52;c;dGVuYW50IGF0bGFzL2FwcC9hY21l"),
        "no OSC 52 in {bytes:?}"
    );
    assert!(
        bytes.contains("\u{1b}]2;production orders - tenantry\u{1b}\\"),
        "no title in {bytes:?}"
    );
    drop(seen);
}
