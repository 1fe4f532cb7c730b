//! All that the terminal remembers. Changed by `update` only.

mod acting;
mod listing;
mod memory;
mod menu;
mod prompt;
mod reading;
mod trail;

use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};

pub use acting::{
    About, Acting, Choice, Choosing, Does, Draft, Field, Focus, Form, Prepared, Says, Sheet, Shown, Sight, Sketch,
    Stage, abort, broken, lines, made, outlined, taken_up,
};
pub use listing::Listing;
pub use memory::Memory;
pub use menu::{Deed, Item, Menu, Purpose};
pub use prompt::{Asks, Prompt};
pub use reading::{Part, Reading};
pub use trail::{Page, Place, Step, Trail};

use super::setup::Setup;
use crate::{
    config::Chord,
    facts::{
        runs::{Brief, Runs},
        sessions::{Masked, Revealed},
    },
    model::{Command, Fault, Permit, Request, Severity, Target},
    ops::carry::Errand,
    store::Snapshot,
    views::{
        query::{Noun, Query},
        sources::Sources,
    },
};

/// The state of the screen. A view adds nothing to it.
pub struct App {
    /// What does not change while the program runs, but for the theme.
    pub setup: Setup,
    /// The fleet as last seen.
    pub world: Arc<Snapshot>,
    /// The fleet as seen since the picture is held still; `None` while it is not.
    pub held: Option<Arc<Snapshot>>,
    /// The moment that ages and countdowns are counted to.
    pub now: Timestamp,
    /// The moment that it is, also while the picture is held still.
    pub clock: Timestamp,
    /// Leave to write, while there is one. Reading is the rule.
    pub permit: Option<Permit>,
    /// How many dialogs of operations were opened.
    pub acted: u64,
    /// Plans that are being made, by the numbers of who waits for them.
    pub surveys: BTreeSet<u64>,
    /// The one of them that nobody has asked for yet, and of what it is: its form is still being filled in.
    pub drafting: Option<(u64, Request)>,
    /// A run that was begun, whose page is opened as soon as there is one.
    pub awaited: Option<Target>,
    /// Who answers.
    pub sources: Sources,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Where the operator is, and was.
    pub trail: Trail,
    /// What lies over the page and has the keys.
    pub layer: Layer,
    /// The beginning of a sequence of keys.
    pub pending: Vec<Chord>,
    /// Whether the ways to go on with it are shown.
    pub hinting: bool,
    /// What was just done or refused.
    pub note: Option<Note>,
    /// What is kept between runs.
    pub memory: Memory,
    /// Whether the frame on the terminal may be another than would be drawn now.
    pub dirty: bool,
    /// The last keys were the first of the two that leave.
    pub leaving: bool,
}

/// What lies over the page.
#[derive(Default)]
pub enum Layer {
    /// Nothing.
    #[default]
    Page,
    /// A line is typed.
    Prompt(Prompt),
    /// Something is chosen from a list.
    Menu(Menu),
    /// Whether to leave is asked.
    Leave,
    /// Words that are shown once and never kept, under a title.
    Paper(String, Revealed),
    /// What can be done, each by its letter.
    Choices(Vec<Choice>),
    /// An operation on its way.
    Acting(Box<Acting>),
    /// Words that the terminal's own selection may take, without anything else on the screen.
    Plain(Vec<String>),
}

/// A sentence in the status line, until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Without a full stop.
    pub words: String,
    /// How bad it is.
    pub severity: Severity,
}

/// What the loop has to do for the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Hand the terminal to the shell.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Give these words to the terminal's clipboard.
    Copy(String),
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Write to disk what is kept between runs.
    Save,
    /// Dress the screen in the theme of this name.
    Dress(String),
    /// Keep quiet about a finding, by its id: for how long, and why.
    Mute(String, SignedDuration, String),
    /// Speak of a finding again.
    Unmute(String),
    /// Ask for the statement of a session, of which the operator sees this much, with its literals.
    Reveal(Target, Masked),
    /// Make the plan of this request, for the dialog of this number.
    Prepare(u64, Request),
    /// Read the plan of the run of this name from its journal, for the dialog of this number.
    Recall(u64, String),
    /// Tell the run of this name something.
    Tell(String, Command),
    /// Begin a confirmed plan, or take a run up, for the dialog of this number.
    Begin(u64, Box<Errand>),
}

impl App {
    /// The screen as it is first shown: the line that was open last, or the first view.
    pub fn new(setup: Setup, world: Arc<Snapshot>, memory: Memory, now: Timestamp, size: (u16, u16)) -> Self {
        let home = memory
            .last
            .as_deref()
            .and_then(|line| Query::parse(line, &nouns(&setup)).ok());
        let home = home.unwrap_or_else(|| Query::plain(nouns(&setup)[0]));
        let mut listing = Listing::of(&setup, home);
        listing.refresh(&world, now);
        Self {
            trail: Trail::new(Page::List(Box::new(listing))),
            sources: (setup.sources)(&world),
            permit: setup.hand.permit(now),
            setup,
            world,
            held: None,
            now,
            clock: now,
            acted: 0,
            surveys: BTreeSet::new(),
            drafting: None,
            awaited: None,
            size,
            layer: Layer::Page,
            pending: Vec::new(),
            hinting: false,
            note: None,
            memory,
            dirty: true,
            leaving: false,
        }
    }

    /// What a line may begin with.
    pub fn nouns(&self) -> Vec<Noun> {
        nouns(&self.setup)
    }

    /// The fleet as last seen, also while the picture is held still.
    pub fn latest(&self) -> &Arc<Snapshot> {
        self.held.as_ref().unwrap_or(&self.world)
    }

    /// How a run stands, as far as is known.
    pub fn run(&self, target: &Target) -> Option<&Brief> {
        let runs = self.latest().get::<Runs>(&Target::fleet())?.value;
        runs.runs.iter().find(|run| run.target() == *target)
    }

    /// The dialog of an operation, where one is open.
    pub fn acting(&self) -> Option<&Acting> {
        match &self.layer {
            Layer::Acting(acting) => Some(acting),
            _ => None,
        }
    }

    /// The dialog of an operation, to change it.
    pub fn acting_mut(&mut self) -> Option<&mut Acting> {
        match &mut self.layer {
            Layer::Acting(acting) => Some(acting),
            _ => None,
        }
    }

    /// Facts that the open pages and the open plan need.
    pub fn needs(&self) -> Vec<&'static str> {
        let mut needs: Vec<_> = self.trail.pages().iter().flat_map(Page::needs).copied().collect();
        needs.extend(self.acting().into_iter().flat_map(|acting| acting.does.needs()));
        needs.sort_unstable();
        needs.dedup();
        needs
    }

    /// The open list, where a list is open.
    pub fn listing(&self) -> Option<&Listing> {
        match self.trail.page() {
            Page::List(listing) => Some(listing),
            Page::Thing(_) => None,
        }
    }

    /// The sections of the keymap that hold here, the nearest first.
    pub fn context(&self) -> Vec<&str> {
        match self.listing() {
            Some(listing) => vec![&listing.section, "table", "global"],
            None => vec!["detail", "global"],
        }
    }

    /// Says something in the status line.
    pub fn say(&mut self, severity: Severity, words: impl Into<String>) {
        self.note = Some(Note {
            words: words.into(),
            severity,
        });
    }

    /// Whether something on the page changes with the clock alone.
    pub fn ticks(&self) -> bool {
        if self.permit.is_some() {
            return true;
        }
        match self.trail.page() {
            Page::List(listing) => listing.ticks,
            Page::Thing(reading) => reading.ticks(),
        }
    }

    /// Keeps the view that is open for the next run.
    pub fn remember(&mut self) {
        let mut pages = self.trail.pages().iter().rev();
        self.memory.last = pages.find_map(|page| match page {
            Page::List(listing) => Some(listing.query.to_string()),
            Page::Thing(_) => None,
        });
    }

    /// Why the row under the cursor shows old values, where it does.
    pub fn fault(&self) -> Option<&Fault> {
        self.listing()?.row()?.fault.as_ref()
    }
}

fn nouns(setup: &Setup) -> Vec<Noun> {
    setup.views.iter().map(|view| Noun::of(*view)).collect()
}
