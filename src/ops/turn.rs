//! What can be done to a run that there is: it is told something, or taken up. Whether it can be follows from how it
//! stands.

use crate::{
    facts::runs::{Brief, Stand},
    model::Command,
};

/// One of the things that can be done to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is told to begin nothing new.
    Pause,
    /// It is told to go on.
    Continue,
    /// It is told to stop, and to take back what was done.
    Abort,
    /// Somebody takes it up whom nobody carries out any more.
    Resume,
    /// Another person confirms it.
    Confirm,
}

impl Turn {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pause, Self::Continue, Self::Abort, Self::Resume, Self::Confirm];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Continue => "continue",
            Self::Abort => "abort",
            Self::Resume => "resume",
            Self::Confirm => "confirm",
        }
    }

    /// The letter that chooses it: no operation has it either.
    pub fn letter(self) -> char {
        match self {
            Self::Pause => 'p',
            Self::Continue => 'c',
            Self::Abort => 'a',
            Self::Resume => 'g',
            Self::Confirm => 'n',
        }
    }

    /// What it does, one line.
    pub fn about(self) -> &'static str {
        match self {
            Self::Pause => "begin nothing new; what is under way is ended and read back",
            Self::Continue => "go on where it was paused",
            Self::Abort => "begin nothing new, and take back what was done",
            Self::Resume => "take up what nobody carries out any more",
            Self::Confirm => "be another person who confirms it",
        }
    }

    /// What a run is told by it; none where the run is taken up.
    pub fn command(self) -> Option<Command> {
        match self {
            Self::Pause => Some(Command::Pause),
            Self::Continue => Some(Command::Continue),
            Self::Abort => Some(Command::Abort),
            Self::Resume | Self::Confirm => None,
        }
    }

    /// Why a run that stands like this cannot be done this to by this person; said of the run.
    pub fn why_not(self, run: &Brief, person: &str) -> Option<String> {
        let words = match (self, run.stand) {
            (Self::Pause, Stand::Goes)
            | (Self::Continue, Stand::Waits)
            | (Self::Abort, Stand::Goes | Stand::Waits)
            | (Self::Resume, Stand::Left) => return None,
            (Self::Confirm, Stand::Awaits) => {
                let confirmed = run.persons.iter().any(|one| one.raw() == person);
                return confirmed.then(|| format!("awaits another person than {person}"));
            }
            (Self::Pause, Stand::Waits) => "is paused already",
            (Self::Continue, Stand::Goes) => "is not paused",
            (Self::Pause | Self::Continue, Stand::Returns) => "was told to abort, and that is final",
            (Self::Abort, Stand::Returns) => "was told to abort already",
            (Self::Pause | Self::Continue | Self::Abort, _) => "is not under way: nobody would hear it",
            (Self::Resume | Self::Confirm, Stand::Goes | Stand::Waits | Stand::Returns) => "is under way",
            (Self::Resume, Stand::Awaits) => "awaits another person, who may confirm it",
            (Self::Confirm, Stand::Left) => "awaits nobody: it may be resumed",
            (Self::Resume | Self::Confirm, Stand::Ended) => "has ended",
            (Self::Resume | Self::Confirm, Stand::Damaged) => "has a journal that cannot be gone on with",
        };
        Some(words.to_owned())
    }
}

impl From<Command> for Turn {
    fn from(command: Command) -> Self {
        match command {
            Command::Pause => Self::Pause,
            Command::Continue => Self::Continue,
            Command::Abort => Self::Abort,
        }
    }
}
