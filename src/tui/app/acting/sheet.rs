//! A plan on the screen, and what is typed to confirm it.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use ratatui::layout::Rect;
use tui_input::Input;

use super::Prepared;
use crate::{
    model::{Confirm, Plan, Text},
    ops::{
        self,
        paper::{Line, Mark},
        survey::Evidence,
    },
    tui::{
        grid::{width, wrap},
        layout::Layout,
    },
};

/// Least size on which a plan is confirmed.
pub const LEAST: (u16, u16) = (60, 16);

/// What was found out is much beyond so many bytes, and a plan that is made from it is made anew so seldom.
const MUCH: usize = 256 << 10;
const SELDOM: SignedDuration = SignedDuration::from_secs(5);

/// So long after a plan was first painted keys are dropped: they were meant for what was there before.
const UNARMED: SignedDuration = SignedDuration::from_millis(500);

/// A plan, as it was looked at.
pub struct Shown {
    /// The plan.
    pub plan: Plan,
    /// Its digest.
    pub digest: String,
    /// What was found out for it.
    pub evidence: Option<Evidence>,
}

/// What is looked at before it is confirmed.
pub struct Sheet {
    /// What it does, in a sentence.
    pub title: String,
    /// What has to be typed.
    pub confirm: Confirm,
    /// The plan that is confirmed; none where none is begun or taken up.
    pub shown: Option<Shown>,
    /// It in words.
    lines: Vec<Line>,
    /// The first line in sight, after breaking.
    pub top: usize,
    /// The word that confirms.
    pub word: Input,
    /// Why.
    pub reason: Input,
    /// Where keys go.
    pub focus: Focus,
    /// When it was first painted.
    pub painted: Option<Timestamp>,
    /// Why it was not confirmed just now.
    pub said: Option<String>,
    /// When it was last made anew.
    pub checked: Option<Timestamp>,
    /// Its lines as they were broken last, and in how much room.
    laid: Mutex<Option<(u16, Broken)>>,
}

/// Lines as they are painted.
pub type Broken = Arc<[(Mark, String)]>;

/// What of the dialog keys go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// Leave everything as it is.
    Cancel,
    /// The word.
    Word,
    /// The reason.
    Reason,
    /// Do it.
    Confirm,
}

impl Sheet {
    /// A plan in these words, and a reason that is good enough until a better one is typed.
    pub fn new(prepared: Prepared, lines: Vec<Line>, reason: &str) -> Self {
        let Prepared { plan, evidence } = prepared;
        let (title, confirm, digest) = (plan.title.clone(), plan.confirm.clone(), ops::digest(&plan));
        Self {
            shown: Some(Shown { plan, digest, evidence }),
            reason: Input::new(reason.to_owned()),
            ..Self::bare(title, confirm, lines)
        }
    }

    /// Words without a plan.
    pub fn bare(title: String, confirm: Confirm, lines: Vec<Line>) -> Self {
        Self {
            title,
            confirm,
            shown: None,
            lines,
            top: 0,
            word: Input::default(),
            reason: Input::default(),
            focus: Focus::Cancel,
            painted: None,
            said: None,
            checked: None,
            laid: Mutex::default(),
        }
    }

    /// Whether it is time to make it anew: one that was made from much is not made anew with every look at the fleet. Before it
    /// is confirmed it always is.
    pub fn is_due(&mut self, now: Timestamp) -> bool {
        let found = self.shown.as_ref().and_then(|shown| shown.evidence.as_ref());
        let much = found.is_some_and(|evidence| evidence.size() > MUCH);
        let due = !much || self.checked.is_none_or(|at| now.duration_since(at) >= SELDOM);
        if due {
            self.checked = Some(now);
        }
        due
    }

    /// It in words.
    pub fn lines(&self) -> &Vec<Line> {
        &self.lines
    }

    /// Says something else from now on.
    pub fn says(&mut self, lines: Vec<Line>) {
        self.lines = lines;
        self.laid = Mutex::default();
    }

    /// Whether it was on the screen long enough for a key to be meant for it.
    pub fn is_armed(&self, now: Timestamp) -> bool {
        self.painted.is_some_and(|at| now.duration_since(at) >= UNARMED)
    }

    /// Whether what is typed confirms it.
    pub fn is_ready(&self) -> bool {
        let wanted = self.confirm.word();
        let typed = self.word.value();
        // A name that keyboards do not have is typed as it is shown.
        let says = typed == wanted || typed == Text::from(wanted.as_str()).to_string();
        match self.confirm {
            Confirm::Yes => true,
            Confirm::Count(_) => says,
            Confirm::Name(_) => says && !self.reason.value().trim().is_empty(),
        }
    }

    /// Goes to the next stop or to the one before, round the end.
    pub fn step(&mut self, forth: bool) {
        let stops: &[Focus] = match (&self.confirm, self.is_ready()) {
            (Confirm::Yes, _) => &[Focus::Cancel],
            (Confirm::Count(_), false) => &[Focus::Cancel, Focus::Word],
            (Confirm::Count(_), true) => &[Focus::Cancel, Focus::Word, Focus::Confirm],
            (Confirm::Name(_), false) => &[Focus::Cancel, Focus::Word, Focus::Reason],
            (Confirm::Name(_), true) => &[Focus::Cancel, Focus::Word, Focus::Reason, Focus::Confirm],
        };
        let here = stops.iter().position(|stop| *stop == self.focus).unwrap_or(0);
        self.focus = stops[(here + if forth { 1 } else { stops.len() - 1 }) % stops.len()];
    }

    /// The line that is typed into.
    pub fn input(&mut self) -> Option<&mut Input> {
        match self.focus {
            Focus::Word => Some(&mut self.word),
            Focus::Reason => Some(&mut self.reason),
            Focus::Cancel | Focus::Confirm => None,
        }
    }

    /// What has to be typed, in words.
    pub fn asks(&self) -> String {
        match &self.confirm {
            Confirm::Yes => "y confirms".into(),
            Confirm::Count(count) => format!("type {count}, the number of targets"),
            Confirm::Name(name) => format!("type {}", Text::from(name.as_str())),
        }
    }

    /// Lines beside those of the plan: environment, what is below, what has to be typed, where, buttons, what was said.
    fn fixed(&self) -> usize {
        match self.confirm {
            Confirm::Yes => 5,
            Confirm::Count(_) => 6,
            Confirm::Name(_) => 7,
        }
    }

    /// Where it stands on the screen, and how many of its lines are in sight.
    pub fn room(&self, layout: &Layout) -> (Rect, usize) {
        let lines = self.broken(layout).len();
        let area = layout.dialog(lines + self.fixed());
        (
            area,
            usize::from(area.height.saturating_sub(2)).saturating_sub(self.fixed()),
        )
    }

    /// Its lines, broken at the edge.
    pub fn broken(&self, layout: &Layout) -> Broken {
        let room = layout.dialog(0).width.saturating_sub(4);
        let mut laid = self.laid.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, broken)) = laid.as_ref().filter(|(known, _)| *known == room) {
            return Arc::clone(broken);
        }
        let lines: Broken = broken(&self.lines, room).into();
        *laid = Some((room, Arc::clone(&lines)));
        lines
    }

    /// Scrolls by so many lines.
    pub fn scroll(&mut self, by: isize, layout: &Layout) {
        let last = self.broken(layout).len().saturating_sub(self.room(layout).1);
        self.top = self.top.saturating_add_signed(by).min(last);
    }

    /// Why it cannot be confirmed on a screen of this size.
    pub fn too_small(&self, (columns, rows): (u16, u16)) -> Option<String> {
        let layout = Layout::of(columns, rows);
        let room = layout.map_or(0, |layout| layout.dialog(0).width.saturating_sub(4));
        let wanted = (LEAST.0.max(width(&self.asks()).saturating_add(4)), LEAST.1);
        let fits = columns >= LEAST.0 && rows >= LEAST.1 && width(&self.asks()) <= room;
        (!fits).then(|| {
            format!(
                "too small to confirm: {}x{} is wanted, {columns}x{rows} is there",
                wanted.0, wanted.1
            )
        })
    }
}

/// Lines as they are painted: indented, and broken at the edge.
pub fn broken(lines: &[Line], room: u16) -> Vec<(Mark, String)> {
    let mut all = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if line.mark == Mark::Heading && at > 0 {
            all.push((Mark::Words, String::new()));
        }
        let indent = u16::try_from(line.depth * 2).unwrap_or(0).min(room / 2);
        // What goes on stands a little deeper.
        for (n, part) in wrap(&line.words, room.saturating_sub(indent + 2), false)
            .into_iter()
            .enumerate()
        {
            let hang = if n == 0 { 0 } else { 2 };
            let blanks = " ".repeat(usize::from(indent) + hang);
            all.push((line.mark, format!("{blanks}{part}")));
        }
    }
    all
}
