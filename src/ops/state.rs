//! Where one step stands: what a fold over the journal makes of its deeds.

use crate::model::{Act, Answer, Fault, Step, Undo};

/// So often a step is begun at most.
const ATTEMPTS: u8 = 3;
/// So often a question is asked in vain before its answer is given up.
const QUESTIONS: u8 = 5;

/// A step on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Where it stands.
    pub stage: Stage,
    /// Why it failed, or is not known.
    pub why: Option<String>,
    attempts: u8,
    questions: u8,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Nothing was done.
    #[default]
    Waiting,
    /// It is being done.
    Acting,
    /// It was carried out and has not been read back.
    Acted,
    /// Nobody said whether it was carried out.
    Doubt,
    /// It was read back from the target.
    Done,
    /// The other side refused it: nothing was done.
    Refused,
    /// It was carried out and is not so.
    Failed,
    /// It is being taken back.
    Undoing,
    /// It was taken back.
    Undone,
    /// It could not be taken back.
    Kept,
    /// It cannot be known whether it was done.
    Unknown,
}

impl State {
    /// It is about to be done.
    pub fn begin(&mut self) {
        self.stage = Stage::Acting;
        self.attempts += 1;
        self.questions = 0;
    }

    /// It is about to be taken back.
    pub fn back(&mut self) {
        self.stage = Stage::Undoing;
    }

    /// The process died: what was being done may have been done, and what it held of what was done is gone.
    pub fn interrupt(&mut self, step: &Step) {
        if self.stage == Stage::Acting || (self.stage == Stage::Acted && step.again) {
            self.stage = Stage::Doubt;
        }
    }

    /// Somebody takes it up again: questions that were given up are asked again.
    pub fn take_up(&mut self, step: &Step) {
        self.questions = 0;
        self.stage = match self.stage {
            Stage::Unknown => Stage::Doubt,
            Stage::Kept => Stage::Undoing,
            // Nothing was done, and what was not so may be so now, or allowed.
            Stage::Refused => Stage::Waiting,
            Stage::Failed if step.act == Act::Look => Stage::Waiting,
            other => other,
        };
    }

    /// What came of doing it.
    pub fn acted(&mut self, answer: &Answer) {
        self.stage = match answer {
            Answer::Yes | Answer::No => Stage::Acted,
            Answer::Refused(fault) => self.because(fault, Stage::Refused),
            Answer::Halfway(fault) => self.because(fault, Stage::Failed),
            Answer::Silence(fault) => self.because(fault, Stage::Doubt),
        };
    }

    /// What came of reading it back.
    pub fn checked(&mut self, step: &Step, answer: &Answer) {
        self.stage = match (answer, self.stage) {
            (Answer::Yes, _) => {
                self.why = None;
                Stage::Done
            }
            (Answer::No, Stage::Doubt) if !step.again => {
                self.why = Some("nobody answered, and it is not so; it may still be under way".into());
                Stage::Unknown
            }
            (Answer::No, Stage::Doubt) if self.attempts < ATTEMPTS => Stage::Waiting,
            (Answer::No, before) => {
                // What was said when it was tried tells more.
                let said = self.why.take().filter(|_| before == Stage::Doubt);
                let what = if step.act == Act::Look {
                    "it is not so"
                } else {
                    "it was carried out, and it is not so"
                };
                self.why = said.or_else(|| Some(what.into()));
                Stage::Failed
            }
            (Answer::Halfway(fault), _) => self.because(fault, Stage::Failed),
            // What only looks has done nothing: what it does not see is not so.
            (Answer::Refused(fault), _) if step.act == Act::Look => self.because(fault, Stage::Failed),
            (Answer::Refused(fault) | Answer::Silence(fault), stage) => {
                self.questions += 1;
                let given_up = self.questions >= QUESTIONS;
                let unknown = if step.act == Act::Look {
                    Stage::Failed
                } else {
                    Stage::Unknown
                };
                self.because(fault, if given_up { unknown } else { stage })
            }
        };
    }

    /// What came of taking it back.
    pub fn undone(&mut self, answer: &Answer) {
        let why = match answer {
            Answer::Yes => {
                self.stage = Stage::Undone;
                return;
            }
            // Nothing reads it back: a program that says no has left something.
            Answer::No => "what was to take it back did not end well".to_owned(),
            Answer::Refused(fault) | Answer::Halfway(fault) | Answer::Silence(fault) => fault.to_string(),
        };
        self.questions += 1;
        self.why = Some(why);
        self.stage = if self.questions >= QUESTIONS {
            Stage::Kept
        } else {
            Stage::Undoing
        };
    }

    /// Whether something of it may be left on the target that has a way back, or should have one.
    pub fn leaves(&self, step: &Step) -> bool {
        match self.stage {
            Stage::Waiting | Stage::Refused | Stage::Undone => false,
            Stage::Acting
            | Stage::Acted
            | Stage::Doubt
            | Stage::Done
            | Stage::Failed
            | Stage::Undoing
            | Stage::Kept
            | Stage::Unknown => step.undo != Undo::Nothing,
        }
    }

    fn because(&mut self, fault: &Fault, stage: Stage) -> Stage {
        self.why = Some(fault.to_string());
        stage
    }
}

impl Stage {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Acting => "under way",
            Self::Acted => "carried out",
            Self::Doubt => "in doubt",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Undoing => "being undone",
            Self::Undone => "undone",
            Self::Kept => "not undone",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{QUESTIONS, Stage, State};
    use crate::model::{Act, Answer, Check, Fault, FaultKind, Place, Question, Sql, Step, Target, Undo};

    /// What was looked at and is not so is a failure that is taken back, and nothing that nobody knows.
    #[test]
    fn what_is_clearly_not_so_has_failed_at_once() {
        let sql = Sql {
            place: Place {
                server: Target::server("atlas", "atlas-a"),
                database: None,
                system: "77".into(),
                timeline: 1,
                recovery: false,
            },
            text: "select".into(),
        };
        let step = Step {
            name: "a login breaks in nowhere".into(),
            act: Act::Sql(sql.clone()),
            again: true,
            check: Check {
                ask: Question::Sql(sql),
                within: 1,
            },
            undo: Undo::Nothing,
        };
        let mut state = State {
            stage: Stage::Acted,
            ..State::default()
        };
        let fault = Fault::new(FaultKind::Refused, "it breaks in");
        state.checked(&step, &Answer::Halfway(fault));
        assert_eq!(
            (state.stage, state.why.as_deref()),
            (Stage::Failed, Some("it breaks in"))
        );
    }

    #[test]
    fn what_a_program_could_not_take_back_is_not_undone() {
        let mut state = State {
            stage: Stage::Failed,
            ..State::default()
        };
        for _ in 0..QUESTIONS {
            state.back();
            assert_eq!(state.stage, Stage::Undoing);
            state.undone(&Answer::No);
        }
        assert_eq!(state.stage, Stage::Kept);
        assert!(state.why.is_some_and(|why| why.contains("did not end well")));
    }
}
