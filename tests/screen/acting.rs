//! A plan is looked at and confirmed: every rule by which it is not confirmed by accident.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tenantry::{
    facts::{pulse::Pulse, server::Setup, sessions::Sessions},
    model::{Approval, Environment, Fault, FaultKind, Kind, Plan, Target},
    ops::{
        Refusal,
        carry::{Reply, What},
    },
    store::{Fact, Sealed, Snapshot},
    tui::{app::Focus, update::Msg},
};

use super::{
    desk::{at_stake, worst},
    support::{Console, tokens},
};

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (140, 40);

/// The statement of one session of a lab: `y` confirms.
fn one() -> Console {
    let mut console = Console::over(worst(), "sessions", SMALL);
    console.permitted().press("x e enter");
    console
}

/// Three sessions of production: their number confirms.
fn three(size: (u16, u16)) -> Console {
    let world = at_stake(worst(), Environment::Production);
    let mut console = Console::over(world, "sessions", size);
    console.permitted().press("space space space x e enter");
    console
}

/// A slot that is lost: its name and a reason confirm.
fn slot(size: (u16, u16)) -> Console {
    let mut console = Console::over(worst(), "replicas", size);
    console
        .permitted()
        .line("describe slot boreas/boreas-a/boreas_b")
        .press("x d");
    console
}

fn change<T: Fact + Clone>(world: &mut Snapshot, target: &Target, change: impl FnOnce(&mut T)) {
    let mut value = world.get::<T>(target).unwrap().value.clone();
    change(&mut value);
    let now = world.taken;
    world.take(T::NAME, target, now, Ok(Sealed::of(value)));
}

/// A session ended by itself.
fn one_ends(world: &mut Snapshot) {
    change::<Sessions>(world, &Target::server("atlas", "atlas-a"), |seen| {
        seen.sessions.retain(|session| session.pid != 13909);
    });
}

fn keys(text: &str) -> Msg {
    let key = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
    Msg::Keys(text.chars().map(key).collect())
}

#[test]
fn plans_as_they_are_looked_at() {
    for (size, name) in [(SMALL, "80x24"), (LARGE, "140x40")] {
        let mut console = three(size);
        console.armed();
        insta::assert_snapshot!(format!("plan_of_end_sessions_{name}"), tokens(&console.buffer()));
        let mut console = slot(size);
        console.armed().types("boreas_b");
        insta::assert_snapshot!(format!("plan_of_drop_slot_{name}"), tokens(&console.buffer()));
    }
}

#[test]
fn while_it_is_made_the_dialog_says_so_and_what_comes_late_opens_nothing() {
    let mut console = one();
    console
        .sees("looking at what it would do")
        .press("enter y")
        .sees("looking");
    let (number, _) = console.asked();
    console.press("esc");
    assert!(!console.is_acting());
    let late = Err(Refusal::new("too late"));
    console.tell(Msg::Prepared(number, Box::new(late))).misses("too late");
    // Nor does it reach the dialog that was opened since.
    console
        .press("x e enter")
        .tell(Msg::Prepared(number, Box::new(Err(Refusal::new("too late")))));
    console.sees("looking").misses("too late");
}

#[test]
fn a_refusal_is_shown_with_its_hint_and_looked_at_again() {
    let mut console = Console::over(worst(), "replicas /boreas-c", SMALL);
    console.permitted().press("x r");
    console.refused(Refusal::new("replay on boreas-c is not paused").hint("there is nothing to resume"));
    insta::assert_snapshot!("refusal_80x24", tokens(&console.buffer()));
    console
        .press("y enter")
        .sees("not paused")
        .press("r")
        .planned()
        .sees("is not paused");
    // What the operation asked is asked again.
    let mut console = one();
    console.refused(Refusal::new("no")).press("r").sees("< cancel >");
}

#[test]
fn what_is_refused_before_all_was_seen_is_planned_again_by_itself() {
    let mut console = Console::over(worst(), "replicas /boreas-c", SMALL);
    let unheard = |world: &mut Snapshot| world.expect(Pulse::NAME, &Target::server("boreas", "boreas-d"));
    console.sees_change(unheard);
    console.permitted().press("x r");
    let (first, _) = console.asked();
    console.refused(Refusal::new("pulse of boreas/boreas-c was not seen yet"));
    console
        .sees("not all that it follows from was seen yet")
        .sees("it looks again by itself");
    // What is seen besides asks for nothing.
    console.sees_change(|_| ());
    assert_eq!(console.asked().0, first);
    // That it does not answer is an answer.
    let silent = |world: &mut Snapshot| {
        let fault = Fault::new(FaultKind::Timeout, "no answer");
        world.take(
            Pulse::NAME,
            &Target::server("boreas", "boreas-d"),
            world.taken,
            Err(fault),
        );
    };
    console.sees_change(silent).sees("looking at what it would do");
    assert_ne!(console.asked().0, first);
    // What is refused now is refused.
    console.planned().sees("it would not be done").sees("r looks again");
}

#[test]
fn y_confirms_what_can_be_taken_back_and_enter_cancels() {
    let mut console = one();
    console.armed().sees("enter cancels, y confirms").press("enter");
    assert!(!console.is_acting() && !console.is_begun());
    let mut console = one();
    console.armed().press("x Y tab");
    assert!(!console.is_begun());
    console.press("y").sees("starting");
    let (_, errand) = console.began();
    let said = errand.said;
    assert_eq!((said.by.as_str(), said.word.as_str(), said.reason), ("ada", "y", None));
    assert_eq!(said.from.as_deref(), Some("192.0.2.7"));
    assert_eq!(said.permit.unwrap().ticket, "OPS-7");
    let What::Begin(plan, digest, _) = errand.what else {
        panic!()
    };
    assert_eq!(digest, tenantry::ops::digest(&plan));
}

#[test]
fn a_number_is_typed_and_only_y_on_the_button_confirms() {
    let mut console = three(SMALL);
    console
        .armed()
        .sees("type 3, the number of targets")
        .sees("PRODUCTION")
        .press("enter");
    assert!(!console.is_acting());
    let mut console = three(SMALL);
    console.armed().types("2").press("tab tab tab y enter enter");
    assert!(!console.is_begun());
    let mut console = three(SMALL);
    console.armed().types("3").press("enter").sees("enter does not confirm");
    console.press("tab enter").sees("enter does not confirm; y does");
    assert!(console.is_acting() && !console.is_begun());
    console.press("x space n").press("y");
    assert_eq!(console.began().1.said.word, "3");
}

#[test]
fn a_name_is_typed_with_a_reason() {
    let mut console = slot(SMALL);
    console
        .armed()
        .sees("type boreas_b")
        .sees("OPS-7")
        .types("boreas_b")
        .press("tab ctrl-u tab y");
    assert!(!console.is_begun(), "without a reason");
    let mut console = slot(SMALL);
    console
        .armed()
        .types("boreas_b")
        .press("tab")
        .types(", it was rebuilt")
        .press("tab y");
    let said = console.began().1.said;
    assert_eq!(
        (said.word.as_str(), said.reason.as_deref()),
        ("boreas_b", Some("OPS-7, it was rebuilt"))
    );
}

#[test]
fn back_from_the_button_and_round() {
    let mut console = slot(SMALL);
    let focus = |console: &Console| console.app.acting().unwrap().sheet().unwrap().focus;
    console.armed().types("boreas_b").press("tab tab");
    assert_eq!(focus(&console), Focus::Confirm);
    console.press("shift-tab shift-tab shift-tab");
    assert_eq!(focus(&console), Focus::Cancel);
    console.press("shift-tab");
    assert_eq!(focus(&console), Focus::Confirm);
    console.press("tab enter");
    assert!(!console.is_acting() && !console.is_begun());
}

#[test]
fn nothing_that_is_pasted_is_typed_or_confirms() {
    let mut console = slot(SMALL);
    console.armed().tell(Msg::Paste("boreas_b".into())).sees("type it");
    assert_eq!(console.word(), "");
    console.tell(keys("boreas_b")).sees("type it");
    assert_eq!(console.word(), "");
    console
        .types("boreas_b")
        .press("tab tab")
        .tell(Msg::Paste("y".into()))
        .tell(keys("yy"));
    assert!(!console.is_begun());
    let mut console = one();
    console
        .armed()
        .tell(Msg::Paste("y".into()))
        .tell(keys("yy"))
        .sees("type it");
    assert!(!console.is_begun());
    // Arrows that come together scroll.
    let down = KeyEvent::new(KeyCode::Down, KeyModifiers::NONE);
    console.tell(Msg::Keys(vec![down, down])).misses("type it");
}

#[test]
fn keys_that_were_typed_before_it_was_seen_are_dropped() {
    let mut console = one();
    console.planned().press("y").passes(5_000).press("y");
    assert!(!console.is_begun(), "it was not painted");
    console.painted().passes(499).press("y enter");
    assert!(console.is_acting() && !console.is_begun(), "it was just painted");
    console.painted().passes(1).press("y");
    assert!(console.is_begun());
    let mut console = three(SMALL);
    console.planned().painted().types("3").passes(500);
    assert_eq!(console.word(), "");
}

#[test]
fn another_size_is_another_picture() {
    let mut console = one();
    console.armed().tell(Msg::Resized(140, 40)).press("y");
    assert!(!console.is_begun());
    console.painted().passes(500).press("y");
    assert!(console.is_begun());
}

#[test]
fn where_it_cannot_be_read_it_is_not_confirmed() {
    for (width, height) in [(59, 24), (80, 15), (60, 15), (80, 14)] {
        let mut console = three(SMALL);
        console
            .planned()
            .tell(Msg::Resized(width, height))
            .painted()
            .passes(500);
        console.sees("too small").types("3").press("tab y");
        assert!(!console.is_begun(), "{width}x{height}");
        console
            .tell(Msg::Resized(60, 16))
            .painted()
            .passes(500)
            .misses("too small")
            .types("3")
            .press("tab y");
        assert!(console.is_begun());
    }
    // A word that does not fit on its line.
    let mut console = slot((60, 24));
    let long = |plan: Plan| Plan {
        confirm: tenantry::model::Confirm::Name("a".repeat(60)),
        ..plan
    };
    console
        .planned_as(long)
        .painted()
        .passes(500)
        .sees("too small to confirm: 69x16 is wanted");
    console.types(&"a".repeat(60)).press("tab tab y");
    assert!(!console.is_begun());
}

#[test]
fn a_plan_that_would_be_another_now_is_void() {
    let mut console = three(SMALL);
    console.armed().types("3").press("tab");
    console.sees_change(|_| ()).misses("void").sees_change(one_ends);
    insta::assert_snapshot!("void_plan_80x24", tokens(&console.buffer()));
    console.press("y enter tab y").sees("void");
    assert!(!console.is_begun());
    console.press("r");
    console.planned().sees("is not there any more").press("esc");
    // Somebody streams from the slot again, and the picture is held still.
    let mut console = slot(SMALL);
    console.press("esc z x d").armed().sees_change(|world| {
        change::<Pulse>(world, &Target::server("boreas", "boreas-a"), |pulse| {
            pulse.slots.iter_mut().for_each(|slot| slot.active = true);
        });
    });
    console
        .sees("void")
        .sees("somebody streams from slot boreas/boreas-a/boreas_b")
        .press("esc");
    assert!(!console.is_acting());
}

#[test]
fn what_changed_is_told_line_by_line() {
    let mut console = slot(SMALL);
    console.armed().sees_change(|world| {
        change::<Pulse>(world, &Target::server("boreas", "boreas-a"), |pulse| {
            pulse
                .slots
                .iter_mut()
                .for_each(|slot| slot.status = Some("unreserved".into()));
        });
    });
    console
        .sees("was: boreas_b: physical slot, lost")
        .sees("now: boreas_b: physical slot, unreserved");
    // What was only seen beside the plan voids nothing.
    let mut console = slot(SMALL);
    console.armed().sees_change(|world| {
        change::<Pulse>(world, &Target::server("boreas", "boreas-a"), |pulse| {
            pulse.counters.backends += 1;
        });
    });
    console.misses("void");
    // A server that is another one says so, though no line does.
    console.sees_change(|world| {
        change::<Pulse>(world, &Target::server("boreas", "boreas-a"), |pulse| {
            pulse.timeline += 1;
        });
    });
    console.sees("void").sees("it reads the same");
}

#[test]
fn escape_and_ctrl_c_leave_whatever_is_shown() {
    for key in ["esc", "ctrl-c"] {
        let mut console = Console::over(worst(), "sessions", SMALL);
        console.permitted().press("x e").press(key);
        assert!(!console.is_acting(), "{key} where it asks");
        let mut console = one();
        console.press(key);
        assert!(!console.is_acting(), "{key} while it is made");
        let mut console = one();
        console.planned().press(key);
        assert!(!console.is_acting(), "{key} before it is painted");
        let mut console = slot(SMALL);
        console.armed().types("boreas_b").press("tab tab").press(key);
        assert!(!console.is_acting() && !console.is_begun(), "{key} on the button");
        let mut console = three(SMALL);
        console.armed().sees_change(one_ends).press(key);
        assert!(!console.is_acting(), "{key} where it is void");
        let mut console = one();
        console.armed().press("y").press(key);
        assert!(!console.is_acting());
        console.sees("it was confirmed and is being started");
    }
}

#[test]
fn nothing_else_closes_it() {
    let mut console = three(LARGE);
    console.armed();
    for key in [
        "q",
        "x",
        "space",
        "tab",
        "down",
        "pgdn",
        "end",
        "home",
        "backspace",
        ":",
        "?",
        "ctrl-p",
        "enter",
    ] {
        console.press(key);
        assert!(console.is_acting(), "{key}");
    }
    console.tell(Msg::Click(3, 3)).tell(Msg::Wheel(3));
    assert!(console.is_acting() && !console.is_begun());
}

#[test]
fn it_scrolls_and_says_how_much_is_below() {
    let mut console = three(SMALL);
    console
        .armed()
        .sees("more lines below")
        .press("end")
        .sees("above")
        .misses("below");
    console
        .press("home")
        .sees("below")
        .misses("above")
        .press("pgdn up down")
        .sees("above")
        .tell(Msg::Wheel(-99));
    console.misses("above");
}

#[test]
fn that_another_person_must_confirm_is_said_and_what_it_is_worth() {
    let mut console = slot(LARGE);
    let two = |plan: Plan| Plan {
        approval: Some(Approval {
            persons: 2,
            within: 900,
        }),
        ..plan
    };
    console.planned_as(two).painted().passes(500);
    console
        .sees("1 more must confirm it within 15 minutes")
        .sees("this is advice, unless the credential");
    // It is part of the plan, also when that is made anew.
    console
        .sees_change(|_| ())
        .misses("void")
        .types("boreas_b")
        .press("tab tab y");
    let What::Begin(plan, ..) = console.began().1.what else {
        panic!()
    };
    assert_eq!(plan.approval.unwrap().persons, 2);
}

#[test]
fn leave_that_ended_meanwhile_confirms_nothing() {
    let mut console = three(SMALL);
    console
        .armed()
        .types("3")
        .press("tab")
        .passes(15 * 60 * 1000)
        .sees("READ-ONLY")
        .press("y");
    console.sees("read-only: nothing is changed without leave to write");
    assert!(console.is_acting() && !console.is_begun());
}

#[test]
fn what_was_begun_is_gone_to_and_what_was_not_is_told() {
    let mut console = one();
    console
        .armed()
        .press("y")
        .replied(Reply::Begun("20261125T231733Z-0a1b".into()));
    assert!(!console.is_acting());
    console.sees("run 20261125T231733Z-0a1b is under way");
    for (reply, told) in [
        (
            Reply::Unconfirmed("the plan is not the one".into()),
            "the plan is not the one",
        ),
        (
            Reply::Forbidden("nobody may".into(), Some("ask the house".into())),
            "ask the house",
        ),
        (
            Reply::Refused(Fault::new(FaultKind::Refused, "somebody else's run")),
            "somebody else's run",
        ),
    ] {
        let mut console = one();
        console
            .armed()
            .press("y")
            .replied(reply)
            .sees("nothing was begun")
            .sees(told);
        assert!(console.is_acting());
    }
    // Who left the dialog is told too.
    let mut console = one();
    console
        .armed()
        .press("y esc")
        .replied(Reply::Begun("r-1".into()))
        .sees("run r-1 is under way");
    let mut console = one();
    console
        .armed()
        .press("y esc")
        .replied(Reply::Unconfirmed("drift".into()))
        .sees("nothing was begun: drift");
}

#[test]
fn what_a_plan_is_made_from_is_asked_for_while_it_is_looked_at() {
    let mut console = slot(SMALL);
    assert!(console.app.needs().contains(&Setup::NAME), "{:?}", console.app.needs());
    console.press("esc");
    assert!(!console.app.needs().contains(&Setup::NAME));
    assert_eq!(Target::new(Kind::Run, ["r-1"]).to_string(), "run r-1");
}

#[test]
fn no_size_makes_a_dialog_fail() {
    for keys in ["x", "x l"] {
        let mut console = Console::over(worst(), "credentials /kind=role", SMALL);
        console.permitted().press(keys);
        for width in (1..=200).step_by(9) {
            for height in 1..=40 {
                console.tell(Msg::Resized(width, height)).buffer();
            }
        }
    }
    for console in [&mut three(SMALL), &mut slot(SMALL), &mut one()] {
        console.armed();
        for width in (1..=200).step_by(9) {
            for height in 1..=40 {
                console.tell(Msg::Resized(width, height)).buffer();
            }
        }
    }
}
