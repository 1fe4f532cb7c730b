//! How far the many of a run have come, in a line; and which lines of its journal are told beside that.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::{
    facts::runs::{Left, Progress},
    model::{Answer, Deed, Entry, Headway, Value},
    ops::{Course, Run, watch::MANY},
};

/// Between two lines.
const BEAT: Duration = Duration::from_secs(1);

/// Says how the standbys stand beside a progress; none where they are not watched.
pub type Beside<'a> = &'a mut (dyn FnMut(&Progress) -> Option<String> + Send);

/// When progress was told last, and in which words.
#[derive(Default)]
pub(super) struct Told {
    last: Option<(Instant, String)>,
}

impl Told {
    /// The line that is to be told now: none too soon after the one before, or where it says the same.
    /// Beside it, as of now, what is said of the standbys.
    pub(super) fn next(&mut self, run: &Run, course: &Course, lives: bool, beside: Beside<'_>) -> Option<String> {
        let soon = self.last.as_ref().is_some_and(|(at, _)| at.elapsed() < BEAT);
        if !is_many(run, course) || (soon && lives) {
            return None;
        }
        let progress = course.progress(run, lives, Timestamp::now())?;
        let words = line(&progress);
        let known = self.last.as_ref().is_some_and(|(_, known)| *known == words);
        self.last = Some((Instant::now(), words.clone()));
        if known {
            return None;
        }
        // Once it has ended nothing waits for them.
        let standbys = lives.then(|| beside(&progress)).flatten();
        Some(standbys.map_or(words.clone(), |standbys| format!("{words}; {standbys}")))
    }
}

/// Whether a run has more steps than are told one by one.
fn is_many(run: &Run, course: &Course) -> bool {
    run.steps().len() > MANY && course.has_many()
}

/// Whether this line of the journal says no more than that one of the many goes well.
pub(super) fn goes_well(entry: &Entry, run: &Run, course: &Course) -> bool {
    match entry {
        Entry::Answer(Deed::Act(at) | Deed::Check(at), Answer::Yes) => is_many(run, course) && course.is_of_many(*at),
        // Each of the many says so.
        Entry::Note(note) => is_many(run, course) && note.starts_with("transaction ") && note.ends_with(" commits"),
        _ => false,
    }
}

/// `wave 2 of 5: 45/300, 2 failed, 6 under way (atlas 30/150, boreas 15/150); 3.2/s; 2.8/s in all; 1m20s left`.
fn line(progress: &Progress) -> String {
    let all = progress.headway();
    let begun = match progress.wave() {
        (0, _) => "the first".to_owned(),
        (wave, of) => format!("wave {wave} of {of}"),
    };
    let rate = |rate: f64| Value::Rate(rate).words(Timestamp::UNIX_EPOCH);
    let mut words = vec![format!("{begun}: {}{}", all.words(), instances(progress))];
    words.extend(progress.lately.map(|lately| format!("{}/s", rate(lately))));
    words.extend(progress.rate.map(|whole| format!("{}/s in all", rate(whole))));
    if all.ended() < all.of {
        words.push(left(&progress.left));
    }
    words.join("; ")
}

fn left(left: &Left) -> String {
    match left {
        Left::Seconds(seconds) => {
            let span = SignedDuration::try_from_secs_f64(*seconds).unwrap_or(SignedDuration::MAX);
            format!("{} left", Value::Span(span).words(Timestamp::UNIX_EPOCH))
        }
        Left::Unknown(why) => format!("time left unknown: {why}"),
    }
}

/// How many are done on each instance, where there are several.
fn instances(progress: &Progress) -> String {
    let names = progress.instances();
    if names.len() < 2 {
        return String::new();
    }
    let each = names.into_iter().map(|name| {
        let parts = progress
            .parts
            .iter()
            .filter(|part| part.instance.as_ref() == Some(name));
        let all = parts.map(|part| part.headway).fold(Headway::default(), Headway::and);
        format!("{name} {}/{}", all.done, all.of)
    });
    format!(" ({})", each.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::line;
    use crate::{
        facts::runs::{Left, Part, Progress},
        model::Headway,
    };

    #[test]
    fn a_line_says_where_it_is_how_fast_and_how_long() {
        let part = |wave, instance: &str, of, done| Part {
            wave,
            instance: Some(instance.into()),
            headway: Headway {
                of,
                done,
                ..Headway::default()
            },
        };
        let mut progress = Progress {
            parts: vec![
                part(0, "atlas", 1, 1),
                part(1, "atlas", 10, 4),
                part(2, "boreas", 20, 0),
            ],
            lately: Some(3.24),
            rate: Some(12.5),
            left: Left::Seconds(80.0),
            waits: vec![],
            failed: 1,
            failures: vec![],
        };
        progress.parts[1].headway.failed = 1;
        progress.parts[1].headway.under_way = 3;
        assert_eq!(
            line(&progress),
            "wave 1 of 2: 5/31, 1 failed, 3 under way (atlas 5/11, boreas 0/20); 3.2/s; 12/s in all; 1m20s left"
        );
        progress.parts.truncate(1);
        progress.parts[0].headway.done = 0;
        (progress.lately, progress.rate) = (None, None);
        progress.left = Left::Unknown("it is paused".into());
        assert_eq!(line(&progress), "the first: 0/1; time left unknown: it is paused");
    }
}
