//! What is done to a run by somebody who does not carry it out: what it can be told, what an abort is said to take back,
//! and the digest by which it is taken up.

use std::collections::BTreeSet;

use tenantry::{
    config::Policy,
    facts::runs::Stand,
    model::{Carrier, Command, Entry, Order, Plan},
    ops::{
        Outcome, Refusal, Run, Stage,
        carry::{self, Bench, Errand, Reply, What},
        digest,
        house::Person,
        journal::{self, Journal, Lines},
        orders,
        record::Record,
        watch,
    },
};

use crate::{
    journal::Directory,
    plans::{migrate, restore},
    sim::{Sim, block_on, confirmed, said},
};

fn order(what: Command) -> Order {
    Order {
        what,
        by: "bob".into(),
        at: "2026-11-24T03:00:00Z".parse().unwrap(),
    }
}

fn tell(directory: &Directory, what: Command) -> Result<(), Refusal> {
    orders::tell(&directory.0, "run", &order(what))
}

fn record(directory: &Directory) -> Record {
    Record::read("run".into(), &journal::path(&directory.0, "run")).unwrap()
}

/// The journal of a run that somebody has begun and holds.
fn begun(directory: &Directory, plan: &Plan) -> Lines {
    let mut lines = Lines::create(&directory.0, "run", false).unwrap();
    let opened = confirmed(plan).opened("run", Carrier::default());
    lines.write(&opened).unwrap();
    lines
}

#[test]
fn a_journal_that_is_read_on_tells_the_same_as_one_that_is_read_anew() {
    let plan = migrate(5, 1);
    let sim = Sim::of(&plan);
    let ended = block_on(sim.live(&confirmed(&plan))).unwrap().unwrap();
    assert_eq!(ended, Outcome::Done);
    let entries = sim.world.lock().unwrap().journal.clone();
    let directory = Directory::new("on");
    let path = journal::path(&directory.0, "run");
    let mut lines = Lines::create(&directory.0, "run", false).unwrap();
    let mut on = record(&directory);
    for entry in &entries {
        lines.write(entry).unwrap();
        on.read_on(&path).unwrap();
        let anew = record(&directory);
        assert!(on.lives && anew.lives);
        assert_eq!(on.reading, anew.reading);
        assert_eq!((&on.run, &on.course), (&anew.run, &anew.course), "after {entry:?}");
    }
    let progress = watch::brief(&on).progress.expect("many");
    assert_eq!((progress.headway().done, progress.headway().of), (5, 5));
    // A line that was changed is seen, and nothing after it counts.
    std::fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, b"{}\n"))
        .unwrap();
    on.read_on(&path).unwrap();
    assert_eq!(on.word(), "damaged");
    drop(lines);
    on.read_on(&path).unwrap();
    assert!(!on.lives);
}

#[test]
fn a_run_is_told_only_what_it_would_hear_and_heed() {
    use Command::{Abort, Continue, Pause};
    let directory = Directory::new("tell");
    let refused = |what| tell(&directory, what).expect_err("refused").what;
    assert!(refused(Pause).contains("No such file"), "{}", refused(Pause));
    let mut lines = begun(&directory, &restore());
    assert_eq!(watch::brief(&record(&directory)).stand, Stand::Goes);
    assert!(refused(Continue).ends_with("is not paused"));
    tell(&directory, Pause).expect("told");
    let given = std::fs::read_to_string(directory.0.join("run.orders")).unwrap();
    assert_eq!(given.lines().count(), 1, "what was refused is not written: {given}");
    // Only once it is in the journal it was heard.
    tell(&directory, Pause).expect("told again");
    lines.write(&Entry::Ordered(order(Pause))).unwrap();
    assert_eq!(watch::brief(&record(&directory)).stand, Stand::Waits);
    assert!(refused(Pause).ends_with("is paused already"));
    tell(&directory, Continue).expect("told");
    tell(&directory, Abort).expect("told");
    lines.write(&Entry::Ordered(order(Abort))).unwrap();
    // Nothing is done yet: it has ended, and is not heard any more.
    assert!(refused(Continue).contains("is not under way"), "{}", refused(Continue));
    drop(lines);
    for what in [Pause, Continue, Abort] {
        assert!(refused(what).contains("nobody would hear it"));
    }
    let given = std::fs::read_to_string(directory.0.join("run.orders")).unwrap();
    assert_eq!(given.lines().count(), 4, "{given}");
}

#[test]
fn what_an_abort_is_said_to_take_back_is_what_it_takes_back() {
    for (plan, deeds) in [(restore(), 5), (migrate(5, 1), 6)] {
        for deed in 0..deeds {
            let sim = Sim::of(&plan);
            sim.world.lock().unwrap().order_at_deed = Some((deed, Command::Abort));
            block_on(sim.live(&confirmed(&plan))).unwrap().unwrap();
            let journal = sim.world.lock().unwrap().journal.clone();
            let told = journal.iter().position(|entry| matches!(entry, Entry::Ordered(_)));
            let before = Run::replay(&journal[..told.unwrap()]).unwrap();
            let (back, stays) = before.way_back();
            let after = sim.run();
            let stands = |stage: Stage| -> BTreeSet<&str> {
                let steps = after.steps().filter(|(_, state)| state.stage == stage);
                steps.map(|(step, _)| step.name.as_str()).collect()
            };
            let names = |steps: &[&tenantry::model::Step]| -> BTreeSet<String> {
                steps.iter().map(|step| step.name.clone()).collect()
            };
            let back: BTreeSet<String> = names(&back);
            assert_eq!(back, stands(Stage::Undone).into_iter().map(String::from).collect());
            assert_eq!(
                names(&stays),
                stands(Stage::Done).into_iter().map(String::from).collect()
            );
            assert!(!back.is_empty());
        }
    }
}

/// Takes the run up by this digest; what was said to it, and how many lines its journal has then.
fn taken_up(directory: &Directory, plan: &Plan, shown: Option<String>) -> (Option<Reply>, usize) {
    let mut policy = Policy::default();
    policy.syslog = false;
    let person = Person {
        user: "ada".into(),
        groups: vec![],
    };
    let bench = Bench {
        journals: &directory.0,
        policy: &policy,
        person: &person,
        by: Carrier::default(),
        hands: &Sim::of(plan),
    };
    let errand = Errand {
        what: What::Resume("run".into(), shown),
        said: said(plan),
    };
    let mut heard = None;
    let mut reply = |reply: Reply| heard = Some(reply);
    block_on(carry::carry(errand, &bench, &mut reply)).unwrap();
    (heard, record(directory).reading.entries.len())
}

#[test]
fn a_run_is_taken_up_by_the_digest_that_was_looked_at() {
    let directory = Directory::new("digest");
    let plan = restore();
    drop(begun(&directory, &plan));
    assert_eq!(watch::brief(&record(&directory)).stand, Stand::Left);
    assert_eq!(record(&directory).plan().unwrap(), plan);
    let other = digest(&migrate(1, 0));
    let (reply, lines) = taken_up(&directory, &plan, Some(other.clone()));
    let Some(Reply::Unconfirmed(why)) = reply else {
        panic!("{reply:?}")
    };
    assert!(why.contains(&other) && why.contains(&digest(&plan)), "{why}");
    assert_eq!(lines, 1, "something was written");
    let (reply, lines) = taken_up(&directory, &plan, Some(digest(&plan)));
    assert_eq!(reply, Some(Reply::Begun("run".into())));
    assert!(lines > 1);
    let brief = watch::brief(&record(&directory));
    assert_eq!((brief.stand, brief.back.count, brief.stays.count), (Stand::Ended, 0, 0));
}

#[test]
fn a_plan_that_is_not_the_one_of_its_digest_is_not_looked_at() {
    let directory = Directory::new("other");
    let (plan, other) = (restore(), migrate(1, 0));
    let mut lines = Lines::create(&directory.0, "run", false).unwrap();
    let opened = Entry::Opened {
        id: "run".into(),
        plan: Box::new(plan.clone()),
        digest: digest(&other),
        said: said(&plan),
        by: Carrier::default(),
    };
    lines.write(&opened).unwrap();
    drop(lines);
    let why = record(&directory).plan().expect_err("refused").what;
    assert!(why.contains(&digest(&other)) && why.contains(&digest(&plan)), "{why}");
}
