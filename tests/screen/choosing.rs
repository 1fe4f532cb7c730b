//! A moment is chosen on a line of what happened.

use jiff::SignedDuration;
use tenantry::{
    facts::runs::{Brief, Stand},
    model::{Event, Happened, Kind, Moment, Request, Target, Timeline},
    ops::Choose,
    store::Snapshot,
};

use super::{
    desk::worst,
    runs,
    support::{Console, tokens},
};

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (140, 40);

/// What happened to a tenant lately.
fn line(world: &Snapshot) -> Timeline {
    let now = world.taken;
    let event = |minutes: i64, kind, words: &str, source| {
        let at = now - SignedDuration::from_mins(minutes);
        Event {
            at,
            kind,
            words: words.into(),
            source,
            moment: Moment::at(at),
        }
    };
    let mut events = vec![
        event(1, Happened::Run, "migrate 1 schema to version 4, done", "journal"),
        event(
            9,
            Happened::Commit,
            "deletes 40 of public.orders, 90 of public.order_line",
            "log",
        ),
        event(10, Happened::Migration, "migration 4 add \u{1b}[31mred", "history"),
        event(180, Happened::Copy, "copy atlas-x is there", "copies"),
        event(1500, Happened::Backup, "full backup 20261126-000000F", "repository"),
    ];
    events.extend((0..30).map(|n| {
        event(
            20 + n,
            Happened::Commit,
            &format!("changes {n} of public.orders"),
            "log",
        )
    }));
    let ago = |minutes| now - SignedDuration::from_mins(minutes);
    Timeline {
        unseen: vec!["what was deleted: the log was not read".into()],
        ..Timeline::of(ago(1501), ago(5), now, events)
    }
}

fn chooses(size: (u16, u16), line: Timeline) -> Console {
    let mut console = Console::over(worst(), "tenants /northwind", size);
    console.permitted().press("x s enter");
    console.refused(Choose::moment("moment", line));
    console
}

#[test]
fn the_line_as_it_is_looked_at() {
    for (size, name) in [(SMALL, "80x24"), (LARGE, "140x40")] {
        let mut console = chooses(size, line(&worst()));
        console.press("down");
        insta::assert_snapshot!(format!("moment_{name}"), tokens(&console.buffer()));
    }
}

#[test]
fn enter_says_the_moment_and_the_plan_is_made_with_it() {
    let line = line(&worst());
    let wanted = line.events[1].moment.to_string();
    let mut console = chooses(SMALL, line);
    console
        .press("j")
        .sees("2/35")
        .sees("just before it")
        .press("enter")
        .sees("looking at what it would do");
    let (_, request) = console.asked();
    assert_eq!(request.arguments["moment"], wanted);
}

#[test]
fn it_moves_to_the_ends_and_not_beyond() {
    let mut console = chooses(SMALL, line(&worst()));
    console.press("k up").sees("1/35").sees("once it is archived");
    console
        .press("end")
        .sees("35/35")
        .sees("back to that moment")
        .press("down")
        .sees("35/35");
    console.press("pgup").misses("35/35").press("home").sees("1/35");
}

#[test]
fn another_moment_may_be_typed_and_escape_leaves() {
    let mut console = chooses(SMALL, line(&worst()));
    console
        .press("r")
        .sees("or a copy that is there")
        .misses("choose the moment");
    let mut console = chooses(SMALL, line(&worst()));
    console.press("x y s").sees("choose the moment").press("esc");
    assert!(!console.is_acting());
}

#[test]
fn where_nothing_was_seen_that_is_said_and_nothing_is_chosen() {
    let mut nothing = line(&worst());
    nothing.events.clear();
    let mut console = chooses(SMALL, nothing);
    console
        .sees("nothing was seen to happen")
        .sees("not seen: what was deleted")
        .press("enter down")
        .sees("0/0");
}

#[test]
fn no_size_makes_it_fail() {
    for (width, height) in (1..140)
        .step_by(7)
        .flat_map(|width| (1..45).map(move |height| (width, height)))
    {
        let mut console = chooses((width, height), line(&worst()));
        console.press("down end").buffer();
    }
}

#[test]
fn the_page_of_a_first_half_goes_on_to_the_second() {
    let plan = runs::light();
    let then = Request {
        operation: "restore".into(),
        targets: vec![Target::new(Kind::Tenant, ["atlas", "suite", "t_acme"])],
        arguments: [("from".to_owned(), "atlas-x".to_owned())].into(),
        ..Request::default()
    };
    let half = |stand| Brief {
        then: Some(then.clone()),
        ..runs::brief(&plan, stand)
    };
    let mut console = runs::over(half(Stand::Ended), SMALL);
    console.press("enter x s").sees("looking at what it would do");
    assert_eq!(console.asked().1, then_with_words(&then));
    // Not before it is done.
    let mut console = runs::over(half(Stand::Goes), SMALL);
    console.press("enter x s");
    assert!(!console.is_acting());
}

/// With what is meant where nothing is said.
fn then_with_words(then: &Request) -> Request {
    let mut then = then.clone();
    for (name, word) in [("rows", "all"), ("drift", "refuse"), ("neighbours", "usual")] {
        then.arguments.insert(name.into(), word.into());
    }
    then
}
