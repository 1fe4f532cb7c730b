//! The terminal is borrowed, and handed back whole: after the end, a panic, a signal, and while suspended.

use std::{
    io::{self, Write},
    panic,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crossterm::terminal;
use tokio::sync::Notify;

/// What is turned on besides the alternate screen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Modes {
    /// Clicks and the wheel go to the console; the terminal's own selection then needs shift.
    pub mouse: bool,
    /// Whether the terminal is told to send escape as a sequence of its own.
    pub keys: bool,
}

impl Modes {
    /// What suits the terminal that `TERM` names. The kitty protocol's first flag is pushed without asking: a terminal
    /// that does not know it ignores it, and an answer would cost a round trip before the first key. The Linux console
    /// prints what it does not know.
    pub fn of(term: &str, mouse: bool) -> Self {
        let keys = !matches!(term, "linux" | "dumb" | "");
        Self { mouse, keys }
    }

    fn on(self) -> String {
        let keys = if self.keys { "\x1b[>1u" } else { "" };
        let mouse = if self.mouse { MOUSE_ON } else { "" };
        format!("\x1b[22;2t\x1b[?1049h\x1b[?2004h\x1b[?25l{keys}{mouse}")
    }

    fn off(self) -> String {
        let keys = if self.keys { "\x1b[<1u" } else { "" };
        format!("\x1b[?2026l\x1b[m{MOUSE_OFF}{keys}\x1b[?2004l\x1b[?1049l\x1b[?25h\x1b[23;2t")
    }
}

const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// The borrowed terminal. Hands it back when dropped.
#[derive(Debug)]
pub struct Terminal {
    modes: Modes,
    taken: Arc<AtomicBool>,
    panicked: Arc<Notify>,
}

impl Terminal {
    /// Takes the terminal: raw mode, alternate screen, bracketed paste, and a hook that hands all of it back before a
    /// panic is reported.
    ///
    /// # Errors
    /// Where standard input or output is no terminal.
    pub fn take(modes: Modes) -> io::Result<Self> {
        let taken = Arc::new(AtomicBool::new(false));
        let panicked = Arc::new(Notify::new());
        let mut this = Self { modes, taken, panicked };
        this.guard_panics();
        this.resume()?;
        Ok(this)
    }

    /// Takes the terminal again after [`Terminal::release`]. Harmless if it was never released.
    ///
    /// # Errors
    /// What the terminal's file answers.
    pub fn resume(&mut self) -> io::Result<()> {
        terminal::enable_raw_mode()?;
        self.taken.store(true, Ordering::SeqCst);
        write(&self.modes.on())
    }

    /// Hands the terminal back. Harmless if that was done before.
    pub fn release(&mut self) {
        release(&self.taken, self.modes);
    }

    /// Turns the mouse on or off.
    ///
    /// # Errors
    /// What the terminal's file answers.
    pub fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.modes.mouse = on;
        write(if on { MOUSE_ON } else { MOUSE_OFF })
    }

    /// Sets the window's title. `words` must be escaped already.
    ///
    /// # Errors
    /// What the terminal's file answers.
    pub fn title(&self, words: &str) -> io::Result<()> {
        let words: String = words.chars().filter(|c| !c.is_control()).collect();
        write(&format!("\x1b]2;{words}\x1b\\"))
    }

    /// Ends when any part of the program has panicked; the terminal is whole by then.
    pub async fn panicked(&self) {
        self.panicked.notified().await;
    }

    fn guard_panics(&self) {
        let (taken, panicked, modes) = (Arc::clone(&self.taken), Arc::clone(&self.panicked), self.modes);
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            release(&taken, modes);
            panicked.notify_one();
            before(panic);
        }));
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.release();
    }
}

/// Nothing can be done about a terminal that is gone, so errors are not looked at.
fn release(taken: &AtomicBool, modes: Modes) {
    if taken.swap(false, Ordering::SeqCst) {
        write(&modes.off()).ok();
        terminal::disable_raw_mode().ok();
    }
}

fn write(words: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(words.as_bytes())?;
    out.flush()
}
