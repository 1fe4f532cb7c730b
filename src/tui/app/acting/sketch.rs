//! What is clear of an operation while it asks: said with every key, and asked of nobody.

use super::{Acting, Does, Sight};
use crate::{
    model::Text,
    ops::{
        self, Refusal,
        paper::{Line, Mark},
    },
    store::Snapshot,
};

/// What is clear of it so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sketch {
    /// Nothing to tell.
    #[default]
    Blank,
    /// Something is wanted first, and this is what.
    Wanted(String),
    /// There will be no plan, as far as so much is seen.
    Refused(Refusal, Sight),
    /// What it comes to, label and words.
    Clear(Vec<(String, String)>),
}

impl Sketch {
    /// Of what is filled in, on this fleet. Nothing is wrong yet with what nobody has touched.
    pub fn of(acting: &Acting, world: &Snapshot) -> Self {
        let Does::Operation(operation) = acting.does else {
            return Self::Blank;
        };
        if acting.is_nameless() {
            return Self::Wanted(format!("{}: its name is wanted first", operation.takes().word()));
        }
        match ops::sketch(&acting.request(), world) {
            Ok(parts) => Self::Clear(parts),
            Err(_) if !acting.form.touched => Self::Blank,
            // What is chosen next is no mistake.
            Err(Refusal {
                what, choose: Some(_), ..
            }) => Self::Wanted(format!("{what}: enter goes on to choose one")),
            Err(refusal) => Self::Refused(refusal, Sight::of(acting.does, world)),
        }
    }

    /// In words; that somebody is looking at what it would do is one of them.
    pub fn lines(&self, looking: bool) -> Vec<Line> {
        let put = |mark, depth, words: &str| Line {
            mark,
            depth,
            words: words.to_owned(),
        };
        match self {
            Self::Blank => Vec::new(),
            Self::Wanted(what) => vec![put(Mark::Words, 0, what)],
            Self::Refused(refusal, sight) => {
                let (heading, mark) = match sight {
                    Sight::Part => ("not all that it follows from was seen yet", Mark::Words),
                    Sight::Whole => ("it would not be done", Mark::Loss),
                };
                let hint = refusal.hint.iter().map(|hint| put(Mark::Words, 1, hint));
                let mut all = vec![put(Mark::Heading, 0, heading), put(mark, 1, &refusal.what)];
                all.extend(hint);
                all
            }
            Self::Clear(parts) => {
                let words = if looking {
                    "so far; looking at what it would do"
                } else {
                    "so far"
                };
                let heading = (!parts.is_empty()).then(|| put(Mark::Heading, 0, words));
                let part = |(label, words): &(String, String)| {
                    put(Mark::Words, 1, &format!("{}: {words}", Text::from(label.as_str())))
                };
                heading.into_iter().chain(parts.iter().map(part)).collect()
            }
        }
    }
}
