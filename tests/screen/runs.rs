//! Runs are told to pause, to go on and to stop, taken up, and confirmed by another person, from their list and from
//! their page.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::SignedDuration;
use tenantry::{
    facts::runs::{Brief, Runs, Several, Stand},
    model::{Approval, Command, Environment, Plan, Request, Severity, Target},
    ops::{
        self, Refusal,
        carry::{Reply, What},
    },
    store::{Fact, Sealed, Snapshot},
    tui::{
        app::{Effect, Layer, Page, Prepared, Stage},
        update::Msg,
    },
};

use super::{
    desk::{at_stake, worst},
    evidence::surveyed,
    support::{Console, tokens},
};

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (140, 40);
const ID: &str = "20261125T231720.000451Z-77c1";

/// A plan on the recorded fleet.
fn plan(operation: &str, targets: Vec<Target>, environment: Environment) -> Plan {
    let request = Request {
        operation: operation.into(),
        targets,
        arguments: [].into(),
        ..Request::default()
    };
    let world = surveyed(&request, &Arc::new(at_stake(worst(), environment)));
    ops::plan(&request, &world).expect("a plan")
}

/// A statement of a lab is cancelled: `y` confirms.
pub fn light() -> Plan {
    let session = ["atlas", "atlas-a", "13909"];
    plan(
        "end-sessions",
        vec![Target::new(tenantry::model::Kind::Session, session)],
        Environment::Lab,
    )
}

/// A slot is dropped: its name and a reason confirm.
fn heavy() -> Plan {
    let slot = ["boreas", "boreas-a", "boreas_b"];
    plan(
        "drop-slot",
        vec![Target::new(tenantry::model::Kind::Slot, slot)],
        Environment::Lab,
    )
}

fn several(words: &[&str], count: usize) -> Several {
    Several {
        count,
        first: words.iter().map(|words| (*words).into()).collect(),
    }
}

/// A run of this plan that stands like this.
pub fn brief(plan: &Plan, stand: Stand) -> Brief {
    let now = worst().taken;
    let lives = matches!(stand, Stand::Goes | Stand::Waits | Stand::Returns);
    let state = match stand {
        Stand::Goes | Stand::Returns => "running",
        Stand::Waits => "paused",
        Stand::Left => "interrupted",
        Stand::Awaits => "awaits approval",
        Stand::Ended => "done",
        Stand::Damaged => "damaged",
    };
    Brief {
        id: ID.into(),
        state: state.into(),
        severity: Severity::Notice,
        why: None,
        lives,
        open: stand != Stand::Ended,
        stand,
        aborts: stand == Stand::Returns,
        persons: Vec::new(),
        back: several(&["let boreas-b wait"], 1),
        stays: several(
            &["rotate the password of legacy_app: the old password cannot be had back"],
            1,
        ),
        operation: plan.request.operation.as_str().into(),
        title: plan.title.as_str().into(),
        targets: plan.request.targets.clone(),
        digest: ops::digest(plan),
        said: vec![(
            now - SignedDuration::from_mins(3),
            "bob from 192.0.2.9 said \"1\"".into(),
        )],
        carrier: "pid 4711 on bastion".into(),
        began: Some(now),
        last: Some(now),
        done: 2,
        total: 3,
        steps: Vec::new(),
        stages: Vec::new(),
        progress: None,
        then: None,
        points: Vec::new(),
        notes: Vec::new(),
    }
}

pub fn with(world: &mut Snapshot, runs: Vec<Brief>) {
    let now = world.taken;
    let seen = Sealed::of(Runs { runs, older: 0 });
    world.take(Runs::NAME, &Target::fleet(), now, Ok(seen));
}

/// A console over this one run, without leave to write.
fn reading(run: Brief, size: (u16, u16)) -> Console {
    let mut world = worst();
    with(&mut world, vec![run]);
    Console::over(world, "runs", size)
}

/// The same with leave to write.
pub fn over(run: Brief, size: (u16, u16)) -> Console {
    let mut console = reading(run, size);
    console.permitted();
    console
}

/// A run of this plan that stands like this, with leave to write.
fn stands(plan: &Plan, stand: Stand) -> Console {
    over(brief(plan, stand), SMALL)
}

fn keys(text: &str) -> Msg {
    let key = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
    Msg::Keys(text.chars().map(key).collect())
}

/// What runs were told.
fn told(console: &Console) -> Vec<(String, Command)> {
    let tell = |effect: &Effect| match effect {
        Effect::Tell(run, what) => Some((run.clone(), *what)),
        _ => None,
    };
    console.effects.iter().filter_map(tell).collect()
}

fn once(what: Command) -> Vec<(String, Command)> {
    vec![(ID.to_owned(), what)]
}

/// The journal is read, and this plan stands in it.
#[track_caller]
fn reads(console: &mut Console, plan: &Plan) {
    let Some(Effect::Recall(number, run)) = console.effects.last().cloned() else {
        panic!("no journal is read: {:?}\n{}", console.effects, console.text())
    };
    assert_eq!(run, ID);
    let prepared = Prepared {
        plan: plan.clone(),
        evidence: None,
    };
    console.tell(Msg::Prepared(number, Box::new(Ok(prepared))));
}

#[track_caller]
fn shown(console: &mut Console, plan: &Plan) {
    reads(console, plan);
    console.painted().passes(500);
}

fn becomes(console: &mut Console, run: Brief) {
    console.sees_change(|world| with(world, vec![run]));
}

fn reasons(console: &mut Console) -> Vec<(char, &'static str, Option<String>)> {
    console.press("x");
    let Layer::Choices(choices) = &console.app.layer else {
        panic!("{}", console.text())
    };
    let reason =
        |choice: &tenantry::tui::app::Choice| (choice.does.letter(), choice.does.name(), choice.why_not.clone());
    choices.iter().map(reason).collect()
}

#[test]
fn the_menu_of_a_run_says_what_it_can_be_told_and_why_not() {
    let mut console = stands(&light(), Stand::Goes);
    console.press("x");
    insta::assert_snapshot!("menu_of_a_run_80x24", tokens(&console.buffer()));
    let nobody = "is not under way: nobody would hear it";
    for (stand, offered, told) in [
        (Stand::Goes, vec!["pause", "abort"], "is under way"),
        (Stand::Waits, vec!["continue", "abort"], "is paused already"),
        (Stand::Returns, vec![], "was told to abort, and that is final"),
        (Stand::Left, vec!["resume"], nobody),
        (
            Stand::Awaits,
            vec!["confirm"],
            "awaits another person, who may confirm it",
        ),
        (Stand::Ended, vec!["undo"], "has ended"),
        (Stand::Damaged, vec![], "has a journal that cannot be gone on with"),
    ] {
        for page in [false, true] {
            let mut console = stands(&light(), stand);
            if page {
                console.press("enter");
                assert!(matches!(console.app.trail.page(), Page::Thing(_)));
            }
            let all = reasons(&mut console);
            let names: Vec<_> = all.iter().map(|(_, name, _)| *name).collect();
            assert_eq!(names, ["undo", "pause", "continue", "abort", "resume", "confirm"]);
            let free: Vec<_> = all.iter().filter(|(.., why)| why.is_none()).collect();
            let free: Vec<_> = free.into_iter().map(|(_, name, _)| *name).collect();
            assert_eq!(free, offered, "{stand:?}");
            assert!(all.iter().any(|(.., why)| why.as_deref() == Some(told)), "{all:?}");
        }
    }
}

#[test]
fn a_menu_that_stays_open_follows_what_is_seen_and_is_about_the_same_thing() {
    for page in [false, true] {
        let mut console = stands(&light(), Stand::Goes);
        if page {
            console.press("enter");
        }
        console.press("x").sees("has not ended: it may be told to abort");
        becomes(&mut console, brief(&light(), Stand::Ended));
        console.misses("has not ended").sees("has ended");
        // What comes to the front while it is open is not what it is about.
        let mut other = brief(&light(), Stand::Goes);
        other.id = "20261125T231721.000451Z-77c2".into();
        console.sees_change(|world| with(world, vec![other.clone(), brief(&light(), Stand::Ended)]));
        console.misses("has not ended").press("u");
        let (_, request) = console.asked();
        assert_eq!(request.targets, [Target::new(tenantry::model::Kind::Run, [ID])]);
    }
}

#[test]
fn what_is_not_offered_is_not_done_by_its_letter() {
    for (stand, letters) in [
        (Stand::Goes, "csn"),
        (Stand::Waits, "psn"),
        (Stand::Left, "pcan"),
        (Stand::Awaits, "pcas"),
        (Stand::Ended, "pcasn"),
    ] {
        for letter in letters.chars() {
            let mut console = stands(&light(), stand);
            console.press("x").press(&letter.to_string());
            assert!(
                !console.is_acting() && console.effects.is_empty(),
                "{stand:?} {letter}: {:?}",
                console.effects
            );
        }
    }
}

#[test]
fn without_leave_to_write_no_run_is_told_anything() {
    for (stand, name, letter) in [
        (Stand::Goes, "pause", "p"),
        (Stand::Waits, "continue", "c"),
        (Stand::Goes, "abort", "a"),
        (Stand::Left, "resume", "g"),
        (Stand::Awaits, "confirm", "n"),
    ] {
        let mut console = reading(brief(&light(), stand), SMALL);
        console.press("x").sees("read-only: :write 15m TICKET").press(letter);
        console.sees(&format!("{name}: read-only: :write 15m TICKET"));
        console.line(&format!("do {name}")).sees("read-only");
        assert!(!console.is_acting() && console.effects.is_empty(), "{name}");
    }
}

#[test]
fn pause_and_continue_take_effect_at_once() {
    let mut console = stands(&light(), Stand::Goes);
    console.press("x p");
    assert_eq!(told(&console), once(Command::Pause));
    assert!(!console.is_acting());
    let mut console = stands(&light(), Stand::Waits);
    console.press("enter x c");
    assert_eq!(told(&console), once(Command::Continue));
    // By a line, and from the palette.
    let mut console = stands(&light(), Stand::Goes);
    console.line("do pause");
    assert_eq!(told(&console), once(Command::Pause));
    let mut console = stands(&light(), Stand::Waits);
    console.press("p").types("do: continue").press("enter");
    assert_eq!(told(&console), once(Command::Continue));
    console.press(":").types("do con").press("tab").sees(":do continue");
    console.press("tab").sees(":do confirm").press("esc");
    console.line("do pause how=now").sees("pause does not ask for");
}

#[test]
fn a_paste_tells_nothing() {
    let mut console = stands(&light(), Stand::Goes);
    console.tell(keys("xp")).sees("type it");
    console.press("x").tell(Msg::Paste("p".into()));
    console.tell(keys("pp")).press("esc");
    console.tell(keys("xay")).passes(5_000);
    assert_eq!(told(&console), []);
}

#[test]
fn an_abort_says_what_it_takes_back_and_what_stays_and_y_confirms_it() {
    let mut run = brief(&light(), Stand::Goes);
    run.back = several(&["step nine", "step eight"], 7);
    let mut console = over(run, SMALL);
    console.press("x a");
    insta::assert_snapshot!("abort_80x24", tokens(&console.buffer()));
    console
        .sees("abort: ")
        .sees("stays: 1 step, without a way back")
        .sees("rotate the password of legacy_app: the old password cannot be had back")
        .sees("is taken back: 7 steps, the last first")
        .sees("and 5 other steps");
    console.painted().passes(500).press("y");
    assert_eq!(told(&console), once(Command::Abort));
    assert!(!console.is_acting());
}

#[test]
fn nothing_but_y_confirms_an_abort() {
    let opened = || {
        let mut console = stands(&light(), Stand::Goes);
        console.press("x a");
        console
    };
    // Before it is painted, and just after.
    let mut console = opened();
    console.press("y").passes(5_000).press("y");
    console.painted().passes(499).press("y enter");
    assert!(told(&console).is_empty() && console.is_acting());
    console.passes(1).press("y");
    assert_eq!(told(&console), once(Command::Abort));
    // Enter cancels, and so does escape; a paste and other keys do nothing.
    for key in ["enter", "esc", "ctrl-c"] {
        let mut console = opened();
        console.painted().passes(500).press(key);
        assert!(!console.is_acting() && told(&console).is_empty(), "{key}");
    }
    let mut console = opened();
    console
        .painted()
        .passes(500)
        .tell(Msg::Paste("y".into()))
        .sees("type it");
    console.tell(keys("yy")).press("Y tab x space");
    assert!(console.is_acting() && told(&console).is_empty());
    // Leave to write that ended meanwhile.
    console
        .passes(15 * 60 * 1000)
        .press("y")
        .sees("read-only: nothing is changed");
    assert!(told(&console).is_empty());
}

#[test]
fn an_abort_follows_the_run_and_is_void_once_nobody_would_hear_it() {
    let mut console = stands(&light(), Stand::Goes);
    console.press("x a").painted().passes(500);
    let mut later = brief(&light(), Stand::Goes);
    later.back = several(&["step ten"], 1);
    becomes(&mut console, later);
    console.sees("step ten").misses("let boreas-b wait");
    assert!(console.is_acting());
    becomes(&mut console, brief(&light(), Stand::Ended));
    console.sees("void").sees("is not under way").press("y enter");
    assert!(told(&console).is_empty());
    // Also where the picture is held still.
    let mut console = stands(&light(), Stand::Goes);
    console.press("z x a").painted().passes(500);
    becomes(&mut console, brief(&light(), Stand::Returns));
    console.press("y").sees("was told to abort already");
    assert!(told(&console).is_empty());
}

#[test]
fn a_run_is_taken_up_by_the_word_of_its_plan_and_its_digest() {
    let plan = heavy();
    let mut console = over(brief(&plan, Stand::Left), LARGE);
    console.press("x g").sees("looking at what it would do");
    shown(&mut console, &plan);
    insta::assert_snapshot!("resume_140x40", tokens(&console.buffer()));
    console
        .sees("stands: interrupted")
        .sees("done: 2 of 3 steps")
        .sees(&ops::digest(&plan))
        .sees("bob from 192.0.2.9 said \"1\"")
        .sees("type boreas_b")
        .types("boreas")
        .press("tab tab y enter");
    assert!(!console.is_begun(), "half the word");
    let mut console = over(brief(&plan, Stand::Left), LARGE);
    console.press("x g");
    shown(&mut console, &plan);
    console.types("boreas_b").press("tab").types(", again").press("tab y");
    let (_, errand) = console.began();
    assert_eq!(errand.what, What::Resume(ID.into(), Some(ops::digest(&plan))));
    let said = errand.said;
    assert_eq!(
        (said.word.as_str(), said.reason.as_deref()),
        ("boreas_b", Some("OPS-7, again"))
    );
    assert_eq!(said.permit.unwrap().ticket, "OPS-7");
}

#[test]
fn where_y_is_the_word_y_takes_it_up_and_a_paste_does_not() {
    let plan = light();
    let mut console = stands(&plan, Stand::Left);
    console.line("do resume");
    reads(&mut console, &plan);
    console.press("y").painted().passes(499).press("y");
    console
        .passes(1)
        .tell(Msg::Paste("y".into()))
        .tell(keys("yy"))
        .sees("type it");
    assert!(!console.is_begun());
    console.press("y");
    assert!(matches!(console.began().1.what, What::Resume(..)));
}

#[test]
fn a_journal_that_says_something_else_is_said_and_not_taken_up() {
    let plan = light();
    let mut console = stands(&plan, Stand::Left);
    console.press("x g");
    let other = Plan {
        lost: vec!["more".into()],
        ..plan.clone()
    };
    reads(&mut console, &other);
    console
        .sees("the journal of the run was changed")
        .sees(&ops::digest(&other)[..20])
        .painted()
        .passes(500)
        .press("y");
    assert!(!console.is_begun());
    // Or it cannot be read.
    let mut console = stands(&plan, Stand::Left);
    console.press("x g");
    let Some(Effect::Recall(number, _)) = console.effects.last().cloned() else {
        panic!()
    };
    let wrong = Err(Refusal::new("line 2 of its journal: no"));
    console
        .tell(Msg::Prepared(number, Box::new(wrong)))
        .sees("line 2 of its journal");
    // Or it changes while it is looked at.
    let mut console = stands(&plan, Stand::Left);
    console.press("x g");
    shown(&mut console, &plan);
    becomes(&mut console, brief(&other, Stand::Left));
    console.sees("void").sees("the journal was changed").press("y");
    assert!(!console.is_begun());
}

#[test]
fn a_run_that_somebody_else_took_up_meanwhile_is_not_taken_up_again() {
    let plan = light();
    let mut console = stands(&plan, Stand::Left);
    console.press("x g");
    shown(&mut console, &plan);
    becomes(&mut console, brief(&plan, Stand::Left));
    assert!(matches!(console.app.acting().unwrap().stage, Stage::Plan(_)));
    becomes(&mut console, brief(&plan, Stand::Goes));
    console.sees("void").sees("is under way").press("y r");
    assert!(!console.is_begun());
}

#[test]
fn another_person_confirms_and_the_same_does_not() {
    let mut plan = heavy();
    plan.approval = Some(Approval {
        persons: 2,
        within: 900,
    });
    let run = |person: &str| Brief {
        persons: vec![person.into()],
        why: Some("1 more must confirm it".into()),
        ..brief(&plan, Stand::Awaits)
    };
    let mut console = over(run("ada"), LARGE);
    console.press("x").sees("awaits another person than ada").press("n");
    assert!(console.effects.is_empty());
    let mut console = over(run("bob"), LARGE);
    console.press("x n");
    shown(&mut console, &plan);
    console
        .sees("confirm: ")
        .sees("2 persons must confirm it, within 15 minutes")
        .sees("1 more must confirm it")
        .types("boreas_b")
        .press("tab tab y");
    let (_, errand) = console.began();
    assert_eq!(errand.what, What::Resume(ID.into(), Some(ops::digest(&plan))));
    console.replied(Reply::Begun(ID.into())).sees("is confirmed");
}

#[test]
fn what_was_told_to_stop_is_taken_up_on_its_way_back() {
    let plan = light();
    let run = Brief {
        aborts: true,
        ..brief(&plan, Stand::Left)
    };
    let mut console = over(run, LARGE);
    console.press("x g");
    shown(&mut console, &plan);
    console.sees("it was told to abort: what was done is taken back");
}

#[test]
fn the_page_of_the_run_stays_open_and_follows_it() {
    let plan = light();
    let mut console = stands(&plan, Stand::Left);
    console.press("enter x g");
    shown(&mut console, &plan);
    console.press("y").replied(Reply::Begun(ID.into())).sees("is taken up");
    let here = |console: &Console| matches!(console.app.trail.page(), Page::Thing(page) if page.target.part(0) == ID);
    assert!(here(&console) && !console.is_acting());
    becomes(&mut console, brief(&plan, Stand::Goes));
    console.sees("running").misses("interrupted");
    // It is open once: one step back is the list.
    console.press("q");
    assert!(matches!(console.app.trail.page(), Page::List(_)));
    // From the list it is gone to, and the list stays as it was.
    let mut console = stands(&plan, Stand::Left);
    console.line("runs /interrupted").press("x g");
    shown(&mut console, &plan);
    console.press("y").replied(Reply::Begun(ID.into()));
    assert!(here(&console));
    console.press("q").sees("/interrupted");
    // What was refused is told.
    let mut console = stands(&plan, Stand::Left);
    console.press("x g");
    shown(&mut console, &plan);
    console
        .press("y")
        .replied(Reply::Unconfirmed("the plan is not the one that was shown".into()))
        .sees("nothing was begun")
        .sees("the plan is not the one");
}

#[test]
fn one_run_at_a_time_and_only_a_run() {
    let mut world = worst();
    let one = brief(&light(), Stand::Goes);
    let other = Brief {
        id: "other".into(),
        ..one.clone()
    };
    with(&mut world, vec![one, other]);
    let mut console = Console::over(world, "runs", SMALL);
    console.permitted().press("* x").sees("one run at a time").press("p");
    console.line("do abort").sees("abort: one run at a time");
    assert!(console.effects.is_empty() && !console.is_acting());
    console
        .line("sessions")
        .line("do pause")
        .sees("pause is not offered here");
}

#[test]
fn no_size_makes_the_dialogs_of_runs_fail() {
    let plan = heavy();
    let mut abort = stands(&plan, Stand::Goes);
    abort.press("x a").painted().passes(500);
    let mut resume = stands(&plan, Stand::Left);
    resume.press("x g");
    shown(&mut resume, &plan);
    for console in [&mut abort, &mut resume] {
        for width in (1..=200).step_by(9) {
            for height in 1..=40 {
                console.tell(Msg::Resized(width, height)).buffer();
            }
        }
    }
}
