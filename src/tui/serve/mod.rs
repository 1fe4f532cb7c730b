//! The loop: keys before data, many messages, one frame. The only code of the screen that waits.

mod errands;

use std::{
    fs::File,
    io,
    os::fd::AsFd,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use crossterm::event::{Event, MouseEventKind};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::{
    select,
    sync::{mpsc, watch},
    time::sleep_until,
};

use super::{
    app::{App, Memory, Prepared},
    draw::draw,
    input::{self, Events, Repair},
    pace::Pace,
    screen::Screen,
    setup::Setup,
    signals::{self, Signals, Told},
    terminal::{Modes, Terminal},
    update::{Msg, update},
};
use crate::{
    config::{Depth, Places},
    facts::sessions::{Masked, Revealed},
    model::{Command, Fault, Request, Target, Text},
    ops::{
        Refusal,
        carry::{Errand, Reply},
    },
    store::Snapshot,
};

/// What the screen needs to know of the world outside it.
pub struct Surroundings {
    /// What `TERM` says.
    pub term: String,
    /// Whether the terminal is at the other end of a line: frames are rarer, escape waits longer.
    pub remote: bool,
    /// Whether tmux is in between, which takes the clipboard only by a command of its own.
    pub tmux: bool,
    /// How long an escape waits for the rest of its sequence.
    pub escape: Duration,
    /// Where what is kept between runs is; nowhere where there is no such place.
    pub memory: Option<PathBuf>,
    /// Where themes are looked for, and the colours that the terminal has.
    pub wardrobe: (Places, Depth),
    /// Where muted findings are kept, and the name of the operator.
    pub mutes: (PathBuf, String),
    /// The line to open instead of the one that was open last.
    pub line: Option<String>,
}

/// Asks for the statement of a session with its literals.
pub type Reveal = Box<dyn Fn(Target, Masked) -> BoxFuture<'static, Result<Revealed, Fault>>>;

/// Makes a plan on the fleet as it is seen, with what there is to find out for it.
pub type Prepare = Box<dyn Fn(Request, Arc<Snapshot>) -> BoxFuture<'static, Result<Prepared, Refusal>>>;

/// Reads the plan of a run from its journal.
pub type Recall = Box<dyn Fn(String) -> BoxFuture<'static, Result<Prepared, Refusal>>>;

/// Tells a run something.
pub type Tell = Box<dyn Fn(String, Command) -> BoxFuture<'static, Result<(), Refusal>>>;

/// Has a confirmed plan begun by a process of its own.
pub type Begin = Box<dyn Fn(Errand) -> BoxFuture<'static, Result<Reply, Fault>>>;

/// What the screen asks of others and does not wait for.
pub struct Calls {
    /// The statement of a session.
    pub reveal: Reveal,
    /// A plan.
    pub prepare: Prepare,
    /// The plan of a run that there is.
    pub recall: Recall,
    /// An order to a run.
    pub tell: Tell,
    /// A run.
    pub begin: Begin,
}

/// Why the screen was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The operator left.
    Left,
    /// A signal of this number said so.
    Signal(i32),
    /// Some part of the program panicked; it has been reported.
    Panicked,
}

/// Owns the terminal until the operator leaves. `interest` is told what the open page needs.
///
/// # Errors
/// Where there is no terminal, or it is gone.
pub async fn serve(
    setup: Setup,
    surroundings: Surroundings,
    mut world: watch::Receiver<Arc<Snapshot>>,
    interest: impl Fn(&[&'static str]),
    calls: Calls,
) -> io::Result<Ended> {
    let mut memory = surroundings.memory.as_deref().map(Memory::read).unwrap_or_default();
    if surroundings.line.is_some() {
        memory.last.clone_from(&surroundings.line);
    }
    // From here on no change of the size is missed; crossterm listens only once it reads the first key.
    let mut signals = Signals::listen()?;
    let size = crossterm::terminal::size()?;
    let now = Timestamp::now();
    let seen = Arc::clone(&world.borrow_and_update());
    let terminal = Terminal::take(Modes::of(&surroundings.term, setup.mouse))?;
    let app = App::new(setup, seen, memory, now, size);
    let mut stage = Stage::new(app, terminal, surroundings, calls)?;
    stage.begin()?;
    let ended = stage.turn(&mut signals, &mut world, &interest).await;
    stage.save();
    stage.terminal.release();
    ended
}

/// The terminal, what is on it, and what is about to be.
struct Stage {
    app: App,
    terminal: Terminal,
    screen: Screen,
    out: File,
    pace: Pace,
    repair: Repair,
    surroundings: Surroundings,
    told: (mpsc::Sender<Msg>, mpsc::Receiver<Msg>),
    away: bool,
    calls: Calls,
}

impl Stage {
    fn new(app: App, terminal: Terminal, surroundings: Surroundings, calls: Calls) -> io::Result<Self> {
        Ok(Self {
            screen: Screen::new(app.size.0, app.size.1),
            // Standard output of the library would cut a frame at its last line end.
            out: File::from(io::stdout().as_fd().try_clone_to_owned()?),
            pace: Pace::new(surroundings.remote),
            repair: Repair::new(surroundings.escape),
            told: mpsc::channel(16),
            away: false,
            calls,
            app,
            terminal,
            surroundings,
        })
    }

    /// The first frame, before anybody has answered.
    fn begin(&mut self) -> io::Result<()> {
        self.title()?;
        let (width, height) = self.app.size;
        update(&mut self.app, Msg::Resized(width, height));
        self.paint()
    }

    async fn turn(
        &mut self,
        signals: &mut Signals,
        world: &mut watch::Receiver<Arc<Snapshot>>,
        interest: &impl Fn(&[&'static str]),
    ) -> io::Result<Ended> {
        let mut events = input::listen();
        loop {
            interest(&self.app.needs());
            let rested = self.pace.rested();
            let wake = self.pace.wake(&self.app, self.repair.due());
            let msgs = select! {
                biased;
                told = signals.next() => match told {
                    Told::End(signal) => return Ok(Ended::Signal(signal)),
                    Told::Stop => { self.stop(); Vec::new() }
                    Told::Continue => { self.go_on()?; Vec::new() }
                    Told::Resized => {
                        let (width, height) = crossterm::terminal::size()?;
                        vec![Msg::Resized(width, height)]
                    }
                },
                () = self.terminal.panicked() => return Ok(Ended::Panicked),
                event = events.recv() => match event {
                    Some(event) => self.read(event?, &mut events)?,
                    None => return Ok(Ended::Left),
                },
                Some(msg) = self.told.1.recv() => vec![msg],
                () = sleep_until(wake.into()) => self.woken(),
                Ok(()) = world.changed(), if rested => vec![Msg::World(Arc::clone(&world.borrow_and_update()))],
            };
            if self.play(msgs)? {
                return Ok(Ended::Left);
            }
            if !self.away && self.pace.may_draw(&self.app) {
                self.paint()?;
            }
        }
    }

    /// What came in this read, and in every other that is over already.
    fn read(&mut self, first: Vec<Event>, events: &mut Events) -> io::Result<Vec<Msg>> {
        let mut msgs = self.certain(first);
        while let Ok(read) = events.try_recv() {
            msgs.extend(self.certain(read?));
        }
        Ok(msgs)
    }

    /// What came in one read, as far as it is certain what it is.
    fn certain(&mut self, read: Vec<Event>) -> Vec<Msg> {
        let now = Instant::now();
        let certain = read.into_iter().flat_map(|event| self.repair.take(event, now));
        messages(certain.collect())
    }

    /// The moment has come for an escape that waited, a tick, or the ways to go on with a sequence.
    fn woken(&mut self) -> Vec<Msg> {
        let now = Instant::now();
        let mut msgs = Vec::new();
        if self.repair.due().is_some_and(|due| due <= now) {
            msgs.extend(self.repair.release().into_iter().filter_map(message));
        }
        if self.pace.lingers(&self.app) {
            msgs.push(Msg::Linger);
        }
        msgs
    }

    /// Plays the messages; true where the operator leaves.
    fn play(&mut self, msgs: Vec<Msg>) -> io::Result<bool> {
        // Whether a key was meant for a plan is a matter of moments.
        let ticks = self.pace.ticked() || self.app.acting().is_some();
        let tick = ticks.then(|| Msg::Tick(Timestamp::now()));
        for msg in tick.into_iter().chain(msgs) {
            if let Msg::Resized(width, height) = msg {
                self.screen.resize(width, height);
            }
            let laid_out = matches!(msg, Msg::World(_)).then(Instant::now);
            let effects = update(&mut self.app, msg);
            if let Some(begun) = laid_out {
                self.pace.laid_out(begun.elapsed(), &self.app);
            }
            for effect in effects {
                if self.carry_out(effect)? {
                    return Ok(true);
                }
            }
        }
        self.pace.typed(&self.app);
        Ok(false)
    }

    fn paint(&mut self) -> io::Result<()> {
        let cursor = draw(&self.app, self.screen.frame());
        self.screen.present(cursor, &mut self.out)?;
        self.app.dirty = false;
        self.pace.drawn();
        update(&mut self.app, Msg::Painted(Timestamp::now()));
        Ok(())
    }

    fn stop(&mut self) {
        self.away = true;
        self.terminal.release();
        signals::stop_here();
    }

    fn go_on(&mut self) -> io::Result<()> {
        self.terminal.resume()?;
        self.title()?;
        self.away = false;
        let (width, height) = crossterm::terminal::size()?;
        self.screen.resize(width, height);
        update(&mut self.app, Msg::Resized(width, height));
        Ok(())
    }

    /// The fleet and its environment stand in the window's title.
    fn title(&self) -> io::Result<()> {
        let fleet = &self.app.world.fleet;
        let name = Text::from(fleet.name.as_str());
        self.terminal
            .title(&format!("{} {name} - tenantry", fleet.environment.word()))
    }
}

/// What the events of one read mean.
fn messages(events: Vec<Event>) -> Vec<Msg> {
    let mut msgs: Vec<Msg> = Vec::new();
    for msg in events.into_iter().filter_map(message) {
        let together = match (msgs.pop(), msg) {
            (Some(Msg::Key(first)), Msg::Key(key)) => Msg::Keys(vec![first, key]),
            (Some(Msg::Keys(mut keys)), Msg::Key(key)) => {
                keys.push(key);
                Msg::Keys(keys)
            }
            (before, msg) => {
                msgs.extend(before);
                msg
            }
        };
        msgs.push(together);
    }
    msgs
}

/// What an event of the terminal means.
fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => Some(Msg::Key(key)),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::ScrollUp => Some(Msg::Wheel(-3)),
            MouseEventKind::ScrollDown => Some(Msg::Wheel(3)),
            MouseEventKind::Down(_) => Some(Msg::Click(mouse.column, mouse.row)),
            _ => None,
        },
        // The size is told by the signal itself, which is never missed.
        Event::Resize(..) | Event::FocusGained | Event::FocusLost => None,
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

    use super::{Msg, messages};

    #[test]
    fn keys_of_one_read_stay_together() {
        let key = |c| Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        let told = |events: Vec<Event>| -> Vec<String> {
            let word = |msg| match msg {
                Msg::Key(_) => "key".to_owned(),
                Msg::Keys(keys) => format!("{} keys", keys.len()),
                Msg::Paste(text) => text,
                _ => "other".to_owned(),
            };
            messages(events).into_iter().map(word).collect()
        };
        assert_eq!(told(vec![key('a')]), ["key"]);
        assert_eq!(told(vec![key('a'), key('b'), key('c')]), ["3 keys"]);
        let paste = Event::Paste("pasted".into());
        assert_eq!(
            told(vec![key('a'), paste, key('b'), Event::FocusLost, key('c')]),
            ["key", "pasted", "2 keys"]
        );
    }
}
