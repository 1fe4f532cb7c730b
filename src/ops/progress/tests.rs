//! A journal that is made up, line by line, and how far its many have come by then.

use jiff::{SignedDuration, Timestamp};

use super::{
    Course,
    made_up::{child, look, plan, said},
};
use crate::{
    facts::runs::{Left, Progress},
    model::{Answer, Carrier, Command, Deed, Entry, Fault, FaultKind, Headway, Order, Tree},
    ops::{Run, record},
};

/// A journal that grows, and what follows from it.
struct Journal {
    run: Option<Run>,
    course: Course,
    now: Timestamp,
}

impl Journal {
    /// One on atlas, then so many on atlas and on boreas by turns, in waves of 2, 4, 4, …
    fn of(many: usize) -> Self {
        let names = (0..many).map(|n| child(if n % 2 == 0 { "atlas" } else { "boreas" }, &format!("s{n}")));
        let each = |waves: &[usize], over| Tree::Each {
            cap: 2,
            waves: waves.to_vec(),
            gate: None,
            budget: 3,
            over,
        };
        let steps = Tree::Seq(vec![
            each(&[], vec![child("atlas", "first")]),
            Tree::step(look("atlas", "the servers bear more")),
            each(&[2, 4], names.collect()),
        ]);
        let mut journal = Self {
            run: None,
            course: Course::default(),
            now: "2026-11-24T03:00:00Z".parse().unwrap(),
        };
        journal.hears(Entry::Opened {
            id: "run".into(),
            plan: Box::new(plan(steps)),
            digest: String::new(),
            said: said(),
            by: Carrier::default(),
        });
        journal
    }

    fn hears(&mut self, entry: Entry) {
        record::follow(&mut self.run, &mut self.course, &entry, self.now);
    }

    fn passes(&mut self, millis: i64) -> &mut Self {
        self.now += SignedDuration::from_millis(millis);
        self
    }

    /// The step is begun and carried out, with this answer.
    fn acts(&mut self, at: usize, answer: Answer) {
        self.hears(Entry::Intent(Deed::Act(at)));
        self.hears(Entry::Answer(Deed::Act(at), answer));
    }

    /// The steps are done, one after the other.
    fn done(&mut self, steps: impl IntoIterator<Item = usize>) -> &mut Self {
        for at in steps {
            self.acts(at, Answer::Yes);
            self.hears(Entry::Intent(Deed::Check(at)));
            self.hears(Entry::Answer(Deed::Check(at), Answer::Yes));
        }
        self
    }

    fn told(&mut self, what: Command) {
        let (by, at) = ("bob".into(), self.now);
        self.hears(Entry::Ordered(Order { what, by, at }));
    }

    fn progress(&self) -> Progress {
        let run = self.run.as_ref().unwrap();
        self.course.progress(run, true, self.now).expect("many")
    }

    fn left(&self) -> Left {
        self.progress().left
    }

    /// `wave instance: words`, of those that were begun.
    fn parts(&self) -> Vec<String> {
        let begun = |headway: &Headway| headway.ended() + headway.under_way > 0;
        let parts = self.progress().parts.into_iter().filter(|part| begun(&part.headway));
        let words = parts.map(|part| format!("{} {}: {}", part.wave, part.instance.unwrap(), part.headway.words()));
        words.collect()
    }
}

fn refused(what: &str) -> Answer {
    Answer::Refused(Fault::new(FaultKind::Refused, what.to_owned()))
}

/// The numbers of the steps of the n-th of the waves.
fn steps(n: usize) -> [usize; 2] {
    [3 + 2 * n, 4 + 2 * n]
}

/// The first, and what is looked at after it.
fn begun(many: usize) -> Journal {
    let mut journal = Journal::of(many);
    journal.passes(1000).done([0, 1, 2]);
    journal
}

#[test]
fn each_is_counted_in_its_wave_and_on_its_instance() {
    let mut journal = begun(12);
    let waves: Vec<(usize, String, u64)> = journal
        .progress()
        .parts
        .iter()
        .map(|part| (part.wave, part.instance.as_ref().unwrap().to_string(), part.headway.of))
        .collect();
    let wanted = [
        (0, "atlas", 1),
        (1, "atlas", 1),
        (1, "boreas", 1),
        (2, "atlas", 2),
        (2, "boreas", 2),
        (3, "atlas", 2),
        (3, "boreas", 2),
        (4, "atlas", 1),
        (4, "boreas", 1),
    ];
    assert_eq!(waves, wanted.map(|(wave, name, of)| (wave, name.to_owned(), of)));
    assert_eq!(journal.parts(), ["0 atlas: 1/1"]);
    journal.done(steps(0)).done([steps(1)[0]]);
    assert_eq!(
        journal.parts(),
        ["0 atlas: 1/1", "1 atlas: 1/1", "1 boreas: 0/1, 1 under way"]
    );
    journal.done([steps(1)[1]]).done(steps(2));
    journal.acts(steps(4)[0], Answer::Yes);
    assert_eq!(journal.parts()[3..], ["2 atlas: 1/2, 1 under way"]);
    assert_eq!(journal.progress().wave(), (2, 4));
}

#[test]
fn who_fails_is_named_the_newest_first_and_is_none_that_failed_once_it_is_done() {
    let mut journal = begun(12);
    journal.done(steps(0)).done([steps(1)[0]]);
    journal.acts(steps(1)[1], refused("no lock"));
    journal.passes(500).done([steps(2)[0]]);
    journal.acts(steps(2)[1], refused("syntax"));
    let progress = journal.progress();
    let failures: Vec<(&str, &str)> = progress
        .failures
        .iter()
        .map(|one| (one.name.raw(), one.why.raw()))
        .collect();
    assert_eq!(failures, [("s2: file", "syntax"), ("s1: file", "no lock")]);
    assert_eq!(progress.failed, 2);
    assert_eq!(
        journal.parts()[1..],
        ["1 atlas: 1/1", "1 boreas: 0/1, 1 failed", "2 atlas: 0/2, 1 failed"]
    );
    // Taken up, what was refused is tried again.
    journal.passes(60_000).hears(Entry::Resumed {
        said: said(),
        by: Carrier::default(),
    });
    assert_eq!(journal.progress().failed, 0);
    assert_eq!(
        journal.parts()[2..],
        ["1 boreas: 0/1, 1 under way", "2 atlas: 0/2, 1 under way"]
    );
    journal.done([steps(1)[1]]);
    assert_eq!(journal.parts()[2], "1 boreas: 1/1");
}

#[test]
fn the_rate_is_of_ten_seconds_and_of_all_the_time_that_it_went_on() {
    let mut journal = Journal::of(60);
    assert_eq!(journal.left(), Left::Unknown("nothing is done yet".into()));
    assert_eq!((journal.progress().lately, journal.progress().rate), (None, None));
    journal.passes(1000).done([0, 1, 2]);
    for n in 0..19 {
        journal.passes(1000).done(steps(n));
    }
    // One a second, 20 of 61.
    let near = |found: Option<f64>, wanted: f64| assert!((found.unwrap() - wanted).abs() < 0.01, "{found:?}");
    near(journal.progress().lately, 1.0);
    near(journal.progress().rate, 1.0);
    assert_eq!(journal.left(), Left::Seconds(41.0));
    // Then four a second.
    for n in 19..39 {
        journal.passes(250).done(steps(n));
    }
    near(journal.progress().lately, 2.5);
    near(journal.progress().rate, 1.6);
    assert_eq!(journal.left(), Left::Seconds(21.0 / 2.5));
    // What stands still has no rate.
    journal.passes(11_000);
    near(journal.progress().lately, 0.0);
    assert_eq!(journal.left(), Left::Unknown("none was done for 11 s".into()));
}

#[test]
fn paused_left_and_stopped_nobody_can_tell_how_long_it_takes() {
    let mut journal = begun(12);
    for n in 0..9 {
        journal.passes(1000).done(steps(n));
    }
    assert_eq!(journal.left(), Left::Seconds(3.0));
    journal.told(Command::Pause);
    journal.passes(3_600_000);
    assert_eq!(journal.left(), Left::Unknown("it is paused".into()));
    assert_eq!(journal.progress().lately, None);
    assert_eq!(journal.progress().rate, Some(1.0), "an hour of pause is no work");
    journal.told(Command::Continue);
    assert_eq!(journal.left(), Left::Seconds(3.0));
    assert_eq!(journal.progress().rate, Some(1.0));
    // Its process dies, and somebody takes it up a day later.
    let (run, course) = (journal.run.clone().unwrap(), journal.course.clone());
    journal.passes(86_400_000);
    let left = course.progress(&run, false, journal.now).unwrap();
    assert_eq!(left.left, Left::Unknown("nobody carries it out".into()));
    assert_eq!(left.rate, Some(1.0));
    journal.hears(Entry::Resumed {
        said: said(),
        by: Carrier::default(),
    });
    assert_eq!(journal.progress().rate, Some(1.0));
    assert_eq!(journal.left(), Left::Seconds(3.0));
    journal.told(Command::Abort);
    assert_eq!(journal.left(), Left::Unknown("it was told to stop".into()));
}

#[test]
fn what_is_taken_back_has_not_failed() {
    let mut journal = begun(4);
    journal.done(steps(0)).done([steps(1)[0]]);
    journal.told(Command::Abort);
    assert_eq!(journal.parts()[1..], ["1 atlas: 1/1", "1 boreas: 0/1, 1 stopped"]);
    let deed = Deed::Undo(steps(0)[1]);
    journal.hears(Entry::Intent(deed));
    assert_eq!(journal.parts()[1], "1 atlas: 0/1, 1 under way");
    journal.hears(Entry::Answer(deed, Answer::Yes));
    assert_eq!(journal.parts()[1], "1 atlas: 0/1, 1 stopped");
    assert_eq!(journal.progress().failed, 0);
}

#[test]
fn what_is_waited_for_is_said_while_its_deed_is_under_way() {
    let note = |words: &str| Entry::Note(words.into());
    let mut journal = begun(12);
    journal.hears(Entry::Intent(Deed::Act(steps(0)[0])));
    journal.hears(Entry::Intent(Deed::Act(steps(1)[0])));
    journal.hears(Entry::Intent(Deed::Act(steps(2)[0])));
    journal
        .passes(10)
        .hears(note("waits for up to 600 s: s0: bears it: it is not so yet"));
    journal
        .passes(10)
        .hears(note("s1: bears it: try 1 of 21: no lock in 200 ms, kept by pid 7"));
    journal.passes(10).hears(note("s2: bears it: something else"));
    journal
        .passes(10)
        .hears(note("s1: bears it: try 2 of 21: no lock in 200 ms, kept by pid 8"));
    let waits = |journal: &Journal| -> Vec<(String, String)> {
        let all = journal.progress().waits.into_iter();
        all.map(|wait| {
            (
                wait.instance.map_or("all".into(), |name| name.to_string()),
                wait.what.to_string(),
            )
        })
        .collect()
    };
    let boreas = (
        "boreas".to_owned(),
        "s1: bears it: try 2 of 21: no lock in 200 ms, kept by pid 8".to_owned(),
    );
    let atlas = (
        "atlas".to_owned(),
        "waits for up to 600 s: s0: bears it: it is not so yet".to_owned(),
    );
    assert_eq!(waits(&journal), [boreas, atlas.clone()]);
    journal.hears(Entry::Answer(Deed::Act(steps(1)[0]), Answer::Yes));
    assert_eq!(waits(&journal), [atlas]);
    journal.hears(Entry::Answer(Deed::Act(steps(0)[0]), Answer::Yes));
    journal.hears(Entry::Intent(Deed::Gate(steps(2)[0])));
    journal.hears(note("waits for up to 600 s: the gate before a wave: it is not so yet"));
    let all = (
        "all".to_owned(),
        "waits for up to 600 s: the gate before a wave: it is not so yet".to_owned(),
    );
    assert_eq!(waits(&journal), [all]);
    journal.hears(Entry::Resumed {
        said: said(),
        by: Carrier::default(),
    });
    assert!(waits(&journal).is_empty());
}

#[test]
fn a_run_without_many_has_no_progress() {
    let one = Tree::Each {
        cap: 1,
        waves: vec![],
        gate: None,
        budget: 0,
        over: vec![child("atlas", "one")],
    };
    for steps in [Tree::step(look("atlas", "it")), one] {
        let entry = Entry::Opened {
            id: "run".into(),
            plan: Box::new(plan(steps)),
            digest: String::new(),
            said: said(),
            by: Carrier::default(),
        };
        let run = Run::replay(&[entry]).unwrap();
        let at = Timestamp::UNIX_EPOCH;
        assert_eq!(Course::of(&run, at).progress(&run, true, at), None);
    }
}

#[test]
fn a_hundred_thousand_lines_are_folded_line_by_line() {
    let many = 12_500;
    let mut journal = begun(many);
    let began = std::time::Instant::now();
    for n in 0..many {
        journal.passes(10).done(steps(n));
    }
    let all = journal.progress().headway();
    assert_eq!((all.done, all.of), (12_501, 12_501));
    // Work that grew with the square of the lines would take far longer.
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
}
