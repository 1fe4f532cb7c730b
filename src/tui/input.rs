//! What was typed. An arrow key that arrives in two pieces is put together again.
//!
//! crossterm takes an escape byte at the end of a read for the escape key (its issue 993), so that a split `ESC [ A`
//! becomes escape, `[`, `A`: over a slow line a dialog would close and two commands would run. Escape is therefore held
//! back for a moment, to see what follows.

use std::{
    io, thread,
    time::{Duration, Instant},
};

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc;

/// What comes from the terminal, in the order in which it came; what came in one read is together.
pub type Events = mpsc::Receiver<io::Result<Vec<Event>>>;

/// Reads the terminal in a thread of its own, until it cannot be read or nobody listens.
///
/// Not crossterm's `EventStream`: it keeps the waker of the first poll, so that draining it without waiting loses the
/// wake-up of the next key.
pub fn listen() -> Events {
    let (happened, events) = mpsc::channel(256);
    thread::spawn(move || {
        loop {
            let read = read_all();
            let broken = read.is_err();
            if happened.blocking_send(read).is_err() || broken {
                return;
            }
        }
    });
    events
}

/// Waits for an event, and takes those that came with it.
fn read_all() -> io::Result<Vec<Event>> {
    let mut all = vec![event::read()?];
    while event::poll(Duration::ZERO)? {
        all.push(event::read()?);
    }
    Ok(all)
}

/// Holds back what may be the beginning of a key.
#[derive(Debug)]
pub struct Repair {
    held: Vec<KeyEvent>,
    since: Option<Instant>,
    patience: Duration,
}

/// What a sequence without its escape may be.
enum Reading {
    Whole(KeyEvent),
    Beginning,
    Nothing,
}

impl Repair {
    /// Waits this long: some 25 ms locally, 100 over a line.
    pub fn new(patience: Duration) -> Self {
        Self {
            held: Vec::new(),
            since: None,
            patience,
        }
    }

    /// Takes an event that came at `now`; yields those that are certain.
    pub fn take(&mut self, event: Event, now: Instant) -> Vec<Event> {
        let key = match event {
            Event::Key(key) if key.kind == KeyEventKind::Release => return Vec::new(),
            Event::Key(key) => key,
            other => {
                let mut certain = self.release();
                certain.push(other);
                return certain;
            }
        };
        if self.held.is_empty() {
            return self.first(key, now);
        }
        self.held.push(key);
        match self.reading() {
            Reading::Whole(key) => {
                self.held.clear();
                self.since = None;
                vec![Event::Key(key)]
            }
            Reading::Beginning => {
                self.since = Some(now);
                Vec::new()
            }
            Reading::Nothing => {
                self.held.pop();
                let mut certain = self.release();
                certain.append(&mut self.first(key, now));
                certain
            }
        }
    }

    /// When what is held must be let go.
    pub fn due(&self) -> Option<Instant> {
        self.since.map(|since| since + self.patience)
    }

    /// Lets go of what is held: it was typed by hand.
    pub fn release(&mut self) -> Vec<Event> {
        self.since = None;
        self.held.drain(..).map(Event::Key).collect()
    }

    fn first(&mut self, key: KeyEvent, now: Instant) -> Vec<Event> {
        if key.code == KeyCode::Esc && key.modifiers.is_empty() {
            self.held.push(key);
            self.since = Some(now);
            return Vec::new();
        }
        vec![Event::Key(key)]
    }

    fn reading(&self) -> Reading {
        let plain = KeyModifiers::NONE | KeyModifiers::SHIFT;
        let character = |key: &KeyEvent| match key.code {
            KeyCode::Char(c) if plain.contains(key.modifiers) => Some(c),
            _ => None,
        };
        let typed: Option<String> = self.held[1..].iter().map(character).collect();
        typed.map_or(Reading::Nothing, |typed| read(&typed))
    }
}

/// The keys of ECMA-48 and xterm: `[A`, `OA`, `[1;5A`, `[5~`, `[5;5~`.
fn read(typed: &str) -> Reading {
    let Some(body) = typed.strip_prefix(['[', 'O']) else {
        return Reading::Nothing;
    };
    let parameters = body.trim_end_matches(|c: char| !(c.is_ascii_digit() || c == ';'));
    let last = &body[parameters.len()..];
    if last.is_empty() && parameters.len() <= 8 {
        return Reading::Beginning;
    }
    let mut numbers = parameters.split(';').map(|n| n.parse::<u8>().ok());
    let (first, second) = (numbers.next().flatten(), numbers.next().flatten());
    let code = match (last, first) {
        ("A", _) => KeyCode::Up,
        ("B", _) => KeyCode::Down,
        ("C", _) => KeyCode::Right,
        ("D", _) => KeyCode::Left,
        ("H", _) | ("~", Some(1 | 7)) => KeyCode::Home,
        ("F", _) | ("~", Some(4 | 8)) => KeyCode::End,
        ("Z", _) => KeyCode::BackTab,
        ("P", _) | ("~", Some(11)) => KeyCode::F(1),
        ("~", Some(2)) => KeyCode::Insert,
        ("~", Some(3)) => KeyCode::Delete,
        ("~", Some(5)) => KeyCode::PageUp,
        ("~", Some(6)) => KeyCode::PageDown,
        ("u", Some(27)) => KeyCode::Esc,
        _ => return Reading::Nothing,
    };
    let held = second.unwrap_or(1).saturating_sub(1);
    let modifier = |bit: u8, modifier| if held & bit > 0 { modifier } else { KeyModifiers::NONE };
    let modifiers =
        modifier(1, KeyModifiers::SHIFT) | modifier(2, KeyModifiers::ALT) | modifier(4, KeyModifiers::CONTROL);
    Reading::Whole(KeyEvent::new(code, modifiers))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode) -> Event {
        Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    fn typed(c: char) -> Event {
        let shift = if c.is_uppercase() {
            KeyModifiers::SHIFT
        } else {
            KeyModifiers::NONE
        };
        Event::Key(KeyEvent::new(KeyCode::Char(c), shift))
    }

    fn all(repair: &mut Repair, text: &str) -> Vec<Event> {
        let now = Instant::now();
        let event = |c| if c == '\u{1b}' { key(KeyCode::Esc) } else { typed(c) };
        text.chars().flat_map(|c| repair.take(event(c), now)).collect()
    }

    fn with(code: KeyCode, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn a_split_arrow_is_one_key() {
        for (text, whole) in [
            ("\u{1b}[A", key(KeyCode::Up)),
            ("\u{1b}OB", key(KeyCode::Down)),
            ("\u{1b}[5~", key(KeyCode::PageUp)),
            ("\u{1b}[1;5C", with(KeyCode::Right, KeyModifiers::CONTROL)),
            ("\u{1b}[27u", key(KeyCode::Esc)),
        ] {
            let mut repair = Repair::new(Duration::from_millis(25));
            assert_eq!(all(&mut repair, text), [whole], "{text:?}");
            assert_eq!(repair.due(), None);
        }
    }

    #[test]
    fn escape_alone_comes_after_its_time() {
        let mut repair = Repair::new(Duration::from_millis(25));
        assert_eq!(all(&mut repair, "\u{1b}"), []);
        assert!(repair.due().is_some());
        assert_eq!(repair.release(), [key(KeyCode::Esc)]);
        assert_eq!(repair.due(), None);
    }

    #[test]
    fn escape_and_a_letter_are_two_keys_and_nothing_is_lost() {
        let mut repair = Repair::new(Duration::from_millis(25));
        assert_eq!(all(&mut repair, "\u{1b}j"), [key(KeyCode::Esc), typed('j')]);
        assert_eq!(all(&mut repair, "\u{1b}\u{1b}"), [key(KeyCode::Esc)]);
        assert_eq!(all(&mut repair, "[A"), [key(KeyCode::Up)]);
        assert_eq!(
            all(&mut repair, "\u{1b}[x"),
            [key(KeyCode::Esc), typed('['), typed('x')]
        );
    }
}
