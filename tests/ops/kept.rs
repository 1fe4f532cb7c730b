//! Rows that a run sends are kept apart from its journal: for the run itself, for whoever is written down as their reader, and
//! no longer than the policy says.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::Mutex,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use jiff::SignedDuration;
use tenantry::{
    config::Policy,
    model::{
        Act, Answer, Carrier, Check, Entry, Fault, Kind, Plan, Question, Rows, Step, Target, Transact, Tree, Undo,
        Words,
    },
    ops::{
        Scribe,
        carry::{self, Bench, Errand, Reply, What},
        digest,
        engine::Hands,
        house::Person,
        journal::{self, Journal, Lines},
        kept::{self, Reader},
        record::Record,
    },
};

use crate::{
    journal::Directory,
    plans,
    sim::{block_on, confirmed, said},
};

const FORTH: &str = "insert into customer values ('Grace Hopper')";
const BACK: &str = "delete from customer where name = 'Grace Hopper'";

/// Hands that only remember the texts with rows that they are given.
#[derive(Default)]
struct Remembers(Mutex<Vec<Option<String>>>);

#[async_trait]
impl Hands for Remembers {
    async fn take(&self, _: &str, _: &Plan) -> Result<(), Fault> {
        Ok(())
    }

    async fn introduce(&self, _: Option<&str>) -> Vec<Entry> {
        Vec::new()
    }

    async fn let_go(&self) {}

    async fn act(&self, act: &Act, _: &Scribe) -> Answer {
        let Act::Transact(transact) = act else {
            panic!("{act:?}")
        };
        let text = |words: &Words| match words {
            Words::Rows(rows) => rows.text().map(ToOwned::to_owned),
            other => panic!("{other:?}"),
        };
        self.0.lock().unwrap().extend(transact.statements.iter().map(text));
        Answer::Yes
    }

    async fn check(&self, _: &Check, _: &Scribe) -> Answer {
        Answer::Yes
    }
}

fn transact(text: &str) -> Act {
    let place = plans::place();
    Act::Transact(Transact {
        statements: vec![Words::Rows(Rows::of(text.into()))],
        ..Transact::on(place)
    })
}

/// A plan that sends rows, and would send others to take that back.
fn plan() -> Plan {
    let step = Step {
        name: "write them".into(),
        act: transact(FORTH),
        again: true,
        check: Check {
            ask: Question::All(vec![]),
            within: 0,
        },
        undo: Undo::Act(transact(BACK)),
    };
    Plan {
        difference: Some(Rows::of("insert name=Grace Hopper".into())),
        ..plans::plan(Tree::step(step))
    }
}

fn carried(directory: &Directory, what: What) -> (Option<Reply>, Vec<Option<String>>) {
    let mut policy = Policy::default();
    policy.syslog = false;
    let person = Person {
        user: "ada".into(),
        groups: vec![],
    };
    let hands = Remembers::default();
    let bench = Bench {
        journals: &directory.0,
        policy: &policy,
        person: &person,
        by: Carrier::default(),
        hands: &hands,
    };
    let errand = Errand {
        what,
        said: said(&plan()),
    };
    // As it comes over the pipe.
    let errand = serde_json::from_str(&serde_json::to_string(&errand).unwrap()).unwrap();
    let mut heard = None;
    let mut reply = |reply: Reply| heard = Some(reply);
    block_on(carry::carry(errand, &bench, &mut reply)).unwrap();
    (heard, hands.0.into_inner().unwrap())
}

/// Begins it: the run's name.
fn begun(directory: &Directory) -> String {
    let (reply, sent) = carried(directory, What::begin(plan(), digest(&plan())));
    assert_eq!(sent, [Some(FORTH.to_owned())]);
    match reply {
        Some(Reply::Begun(id)) => id,
        other => panic!("{other:?}"),
    }
}

fn reader(why: &str) -> Reader {
    Reader {
        by: "bob".into(),
        from: Some("10.0.0.7".into()),
        why: why.into(),
        at: "2026-11-27T03:00:00Z".parse().unwrap(),
    }
}

fn recorded(directory: &Directory, id: &str) -> Plan {
    let path = journal::path(&directory.0, id);
    let written = fs::read_to_string(&path).unwrap();
    assert!(!written.contains("Hopper"), "{written}");
    Record::read(id.into(), &path).unwrap().plan().unwrap()
}

#[test]
fn no_row_is_in_the_journal_and_each_reader_is_written_down() {
    let directory = Directory::new("rows");
    let id = begun(&directory);
    let file = directory.0.join(format!("{id}.rows"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let mut read = recorded(&directory, &id);
    assert!(read.lacks_rows());
    assert_eq!(kept::readers(&directory.0, &id), []);
    kept::fill(&mut read, &directory.0, Some(&id), &reader("to look")).unwrap();
    assert_eq!(read.rows(), plan().rows());
    assert!(!read.lacks_rows());
    assert_eq!(kept::readers(&directory.0, &id), [reader("to look")]);
    // What another plan does with them is found by the run that it is about.
    let mut undo = plan();
    undo.request.targets = vec![Target::new(Kind::Run, [id.as_str()])];
    let mut undo: Plan = serde_json::from_str(&serde_json::to_string(&undo).unwrap()).unwrap();
    kept::fill(&mut undo, &directory.0, None, &reader("to plan undo")).unwrap();
    assert!(!undo.lacks_rows());
    assert_eq!(kept::readers(&directory.0, &id).len(), 2);
    // Where it cannot be written down nothing is read.
    let readers = directory.0.join(format!("{id}.readers"));
    fs::remove_file(&readers).unwrap();
    fs::create_dir(&readers).unwrap();
    let mut read = recorded(&directory, &id);
    assert!(kept::fill(&mut read, &directory.0, Some(&id), &reader("to look")).is_err());
    assert!(read.lacks_rows());
}

#[test]
fn a_run_that_is_taken_up_sends_what_was_kept_and_one_without_its_rows_begins_not() {
    let directory = Directory::new("rows-again");
    // It was begun, and died before it did anything.
    let mut lines = Lines::create(&directory.0, "run", false).unwrap();
    lines
        .write(&confirmed(&plan()).opened("run", Carrier::default()))
        .unwrap();
    drop(lines);
    kept::keep(&directory.0, "run", &plan().rows(), false).unwrap();
    let (reply, sent) = carried(&directory, What::Resume("run".into(), None));
    assert_eq!(reply, Some(Reply::Begun("run".into())));
    assert_eq!(sent, [Some(FORTH.to_owned())]);
    assert_eq!(kept::readers(&directory.0, "run"), [], "the run itself is no reader");
    let bare: Plan = serde_json::from_str(&serde_json::to_string(&plan()).unwrap()).unwrap();
    assert_eq!(digest(&bare), digest(&plan()));
    let (reply, sent) = carried(&directory, What::begin(bare, digest(&plan())));
    assert!(matches!(reply, Some(Reply::Forbidden(..))), "{reply:?}");
    assert_eq!(sent, []);
    assert_eq!(journal::list(&directory.0).unwrap().len(), 1);
}

#[test]
fn what_was_kept_long_enough_goes_and_what_an_open_run_needs_stays() {
    let directory = Directory::new("rows-old");
    let id = begun(&directory);
    let mut lines = Lines::create(&directory.0, "open", false).unwrap();
    lines
        .write(&confirmed(&plan()).opened("open", Carrier::default()))
        .unwrap();
    drop(lines);
    kept::keep(&directory.0, "open", &plan().rows(), false).unwrap();
    let keep = SignedDuration::from_hours(24);
    let later = |hours: u64| SystemTime::now() + Duration::from_secs(hours * 3600);
    assert_eq!(
        kept::clear(&directory.0, keep, later(23)).unwrap(),
        Vec::<String>::new()
    );
    assert_eq!(
        kept::clear(&directory.0, keep, later(25)).unwrap(),
        std::slice::from_ref(&id)
    );
    let mut read = recorded(&directory, &id);
    let why = kept::fill(&mut read, &directory.0, Some(&id), &reader("to look")).unwrap_err();
    assert!(why.what.contains("are not kept") && why.hint.unwrap().contains("rows.keep"));
    assert!(directory.0.join("open.rows").exists());
}
