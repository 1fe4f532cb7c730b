//! How a command ended. The numbers are an interface: cron jobs and scripts act on them.

/// What a process returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All went well.
    #[default]
    Done = 0,
    /// It could not be done.
    Failed = 1,
    /// The command line or a file of the operator's is wrong.
    Usage = 2,
    /// `plan`, `run`: nothing was done, because nobody confirmed it.
    Unconfirmed = 3,
    /// `run`: it can go neither on nor back, and people are needed.
    Stuck = 4,
    /// Nothing could be seen: nobody answered.
    Unseen = 5,
    /// Somebody answered and refused the login.
    Refused = 6,
    /// `findings`, `doctor`: the worst is a warning.
    Warning = 10,
    /// `findings`, `doctor`: the worst is critical.
    Critical = 11,
    /// `findings`: nothing bad was found, but some checks could not see everything.
    Partly = 12,
}

impl Exit {
    /// Every ending with its number and what it means.
    pub const ALL: [(Self, &'static str); 10] = [
        (Self::Done, "all went well"),
        (Self::Failed, "it could not be done"),
        (Self::Usage, "the command line or a file is wrong"),
        (
            Self::Unconfirmed,
            "plan, run: nothing was done, because nobody confirmed it",
        ),
        (Self::Stuck, "run: it can go neither on nor back, and people are needed"),
        (Self::Unseen, "nothing could be seen: nobody answered"),
        (Self::Refused, "somebody answered and refused the login"),
        (Self::Warning, "findings, doctor: the worst is a warning"),
        (Self::Critical, "findings, doctor: the worst is critical"),
        (
            Self::Partly,
            "findings: nothing bad found, but not everything could be seen",
        ),
    ];
}
