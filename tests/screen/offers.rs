//! What can be done to what is chosen: from a letter after `x`, from the palette, from a line.

use std::collections::BTreeSet;

use tenantry::{
    facts::upkeep::{InvalidIndex, Upkeep},
    findings,
    model::{Kind, Target},
    ops::{self, Turn},
    store::{Fact, Sealed},
    tui::app::{Effect, Layer, Stage},
    views,
};

use super::{
    desk::{hand, well, worst},
    support::{Console, tokens},
};

const SMALL: (u16, u16) = (80, 24);

/// The letters and operations that are offered, and why not.
fn offered(console: &mut Console) -> Vec<(char, &'static str, Option<String>)> {
    console.press("x");
    match &console.app.layer {
        Layer::Choices(choices) => choices
            .iter()
            .map(|choice| (choice.does.letter(), choice.does.name(), choice.why_not.clone()))
            .collect(),
        _ => Vec::new(),
    }
}

fn names(console: &mut Console) -> Vec<&'static str> {
    offered(console).into_iter().map(|(_, name, _)| name).collect()
}

#[test]
fn what_views_offer_is_what_there_is_and_whatever_takes_their_rows_is_offered() {
    let worlds = [well(), worst()];
    for view in views::ALL {
        for name in view.offers() {
            let turn = Turn::ALL.iter().any(|turn| turn.name() == *name);
            assert!(turn || ops::names().contains(name), "{} offers {name}", view.name());
        }
        let rows = worlds.iter().flat_map(|world| view.table(world).rows);
        let kinds: BTreeSet<Kind> = rows.map(|row| row.target.kind()).collect();
        for operation in ops::ALL.iter().filter(|operation| kinds.contains(&operation.takes())) {
            let (view, operation) = (view.name(), operation.name());
            let offers = views::find(view).unwrap().offers();
            assert!(offers.contains(&operation), "{view} does not offer {operation}");
        }
    }
}

#[test]
fn each_operation_has_a_letter_of_its_own_and_so_has_what_is_done_to_runs() {
    let operations = ops::ALL.iter().map(|operation| operation.letter());
    let letters: Vec<char> = operations.chain(Turn::ALL.map(Turn::letter)).collect();
    let own: BTreeSet<char> = letters.iter().copied().collect();
    assert_eq!(own.len(), letters.len(), "{letters:?}");
    assert!(own.iter().all(char::is_ascii_alphabetic), "{letters:?}");
    // A capital one is typed, and is another than the small one.
    let mut console = Console::over(well(), "tenants model=schema", SMALL);
    console.permitted().press("x D").sees("to tenant atlas/suite/");
}

#[test]
fn the_menu_of_rows_of_many_kinds() {
    let mut console = Console::over(worst(), "credentials", SMALL);
    console.permitted().press("x");
    insta::assert_snapshot!("action_menu_80x24", tokens(&console.buffer()));
    console.press("esc").line("write off").press("x");
    insta::assert_snapshot!("action_menu_read_only_80x24", tokens(&console.buffer()));
}

#[test]
fn nothing_is_done_without_leave_and_the_reason_is_told() {
    let mut console = Console::over(worst(), "sessions", SMALL);
    let [(_, "end-sessions", Some(why_not))] = &offered(&mut console)[..] else {
        panic!("{}", console.text())
    };
    assert_eq!(why_not, "read-only: :write 15m TICKET");
    console.press("e").sees("end-sessions: read-only: :write 15m TICKET");
    assert!(!console.is_acting() && console.effects.is_empty());
    console
        .line("do end-sessions")
        .sees("end-sessions: read-only: :write 15m TICKET");
    assert!(!console.is_acting());
}

#[test]
fn leave_that_lapses_while_the_menu_is_open_is_gone_from_it() {
    let mut console = Console::over(worst(), "sessions", SMALL);
    console.permitted().press("x").misses("read-only: :write 15m TICKET");
    console
        .passes(16 * 60_000)
        .sees("read-only: :write 15m TICKET")
        .press("e");
    assert!(!console.is_acting() && console.effects.is_empty());
}

#[test]
fn where_nobody_could_act_it_is_said_before_it_is_tried() {
    let world = worst();
    let mut hand = hand(&world);
    hand.instances.remove("atlas");
    hand.vault = false;
    let mut console = Console::of_hand(world, "sessions", SMALL, hand);
    console.permitted().press("x e").sees("no login to act with on atlas");
    console
        .line("credentials /kind=static")
        .press("x")
        .sees("no login to act with on the secrets server");
}

#[test]
fn a_letter_alone_does_nothing() {
    let mut console = Console::over(worst(), "sessions", SMALL);
    console.permitted();
    for letter in "eotvdlr".chars() {
        console.types(&letter.to_string());
        assert!(!console.is_acting(), "{letter}");
        console.press("esc esc esc");
    }
    console.press("x q");
    assert!(!console.is_acting());
    console.misses("do to");
}

#[test]
fn marked_rows_are_what_it_is_done_to() {
    let mut console = Console::over(worst(), "sessions", SMALL);
    console
        .permitted()
        .press("space space space x")
        .sees("do to 3 marked rows");
    console.press("e enter");
    let (_, request) = console.asked();
    assert_eq!((request.operation.as_str(), request.targets.len()), ("end-sessions", 3));
    assert_eq!(request.arguments["how"], "cancel");
    let mut console = Console::over(worst(), "credentials", SMALL);
    console
        .permitted()
        .press("* x")
        .sees("session rows only")
        .sees("12 of 13 marked rows are no role");
}

#[test]
fn what_a_row_is_not_is_what_stands_behind_it() {
    // A standby is a server, a server in the list of instances is its instance, a finding is what it is about.
    for (line, letter, target) in [
        ("replicas /boreas-b", "r", "server boreas/boreas-b"),
        ("instances /boreas-b", "t", "instance boreas"),
        ("findings /\"keeps 2 sessions\"", "e", "session atlas/atlas-a/13907"),
    ] {
        let mut console = Console::over(worst(), line, (140, 40));
        console.permitted().press("x").press(letter);
        if letter == "e" {
            console.press("enter");
        }
        let (_, request) = console.asked();
        assert_eq!(request.targets[0].to_string(), target);
    }
}

#[test]
fn an_index_that_is_not_valid_is_dropped_from_its_finding() {
    let mut world = worst();
    let orders = Target::database("atlas", "orders");
    let seen = world.get::<Upkeep>(&orders).unwrap();
    let (mut upkeep, at) = (seen.value.clone(), seen.at);
    upkeep.invalid_count = 1;
    upkeep.invalid.push(InvalidIndex {
        schema: "public".into(),
        index: "left_over".into(),
        ready: true,
    });
    world.take(Upkeep::NAME, &orders, at, Ok(Sealed::of(upkeep)));
    findings::judge(&mut world);
    let mut console = Console::over(world, "findings /left_over", (140, 40));
    console.permitted().press("x").sees("drop index").press("i enter");
    let (_, request) = console.asked();
    assert_eq!(
        (&*request.operation, &request.targets[..]),
        ("drop-index", &[orders][..])
    );
}

#[test]
fn a_page_offers_what_takes_its_thing_and_what_its_lines_lead_to() {
    let mut console = Console::over(worst(), "sessions", SMALL);
    console.permitted();
    console.line("describe slot boreas/boreas-a/boreas_b");
    assert_eq!(names(&mut console), ["drop-slot"]);
    console.press("esc").line("describe server boreas/boreas-a");
    assert_eq!(names(&mut console), ["resume-replay"]);
    console.press("esc").press("/").types("inactive, lost").press("enter");
    assert_eq!(names(&mut console), ["resume-replay", "drop-slot"]);
    console.press("d");
    assert_eq!(
        console.asked().1.targets[0].to_string(),
        "slot boreas/boreas-a/boreas_b"
    );
    console.press("esc").line("describe database atlas/orders");
    assert_eq!(names(&mut console), ["drop-index"]);
    console.press("i enter");
    assert_eq!(console.asked().1.targets[0].to_string(), "database atlas/orders");
    let mut console = Console::over(worst(), "tenants", SMALL);
    console.permitted();
    assert_eq!(
        names(&mut console),
        [
            "onboard",
            "disable",
            "move",
            "purge",
            "verify-restore",
            "restore",
            "restore-whole"
        ]
    );
    let mut console = Console::over(worst(), "policies", SMALL);
    console.press("x").sees("nothing can be done to rows of policies");
}

#[test]
fn the_palette_finds_what_can_be_done_and_says_why_not() {
    let mut console = Console::over(worst(), "sessions", SMALL);
    console
        .press("p")
        .types("end sess")
        .sees("do: end sessions")
        .sees("read-only: :write 15m TICKET");
    console
        .press("esc")
        .permitted()
        .press("p")
        .types("end sess")
        .press("enter");
    assert!(matches!(
        console.app.acting().map(|acting| &acting.stage),
        Some(Stage::Asks)
    ));
}

#[test]
fn a_line_says_all_that_is_asked_and_completes() {
    let mut console = Console::over(worst(), "sessions", SMALL);
    console
        .permitted()
        .press(":")
        .types("do e")
        .press("tab")
        .sees(":do end-sessions");
    console
        .press("tab")
        .sees(":do end-sessions how=cancel")
        .press("tab")
        .sees("how=terminate")
        .press("enter");
    assert_eq!(console.asked().1.arguments["how"], "terminate");
    console.press("esc");
    for (line, told) in [
        ("do end", "no operation"),
        ("do end-sessions how", "is not of the form NAME=WORD"),
        ("do end-sessions how=x", "how is one of cancel, terminate"),
        ("do end-sessions who=x", "does not ask for"),
        ("do drop-slot", "drop-slot is not offered here"),
    ] {
        console.line(line).sees(told);
    }
}

#[test]
fn what_an_operation_asks_has_an_answer_already() {
    let mut console = Console::over(worst(), "sessions", SMALL);
    console
        .permitted()
        .press("x e")
        .sees("LAB")
        .sees("fleet lab")
        .sees("< cancel >");
    console
        .press("right")
        .sees("< terminate >")
        .press("right")
        .sees("< cancel >")
        .press("left enter");
    assert_eq!(console.asked().1.arguments["how"], "terminate");
    console.press("esc").line("credentials /kind=role").press("x l");
    console
        .sees("reassign")
        .sees("the role that gets what it owns")
        .types("app_owner");
    insta::assert_snapshot!("what_is_asked_80x24", tokens(&console.buffer()));
    console.press("down right tab enter");
    let (_, request) = console.asked();
    let said: Vec<_> = request
        .arguments
        .iter()
        .map(|(name, word)| format!("{name}={word}"))
        .collect();
    assert_eq!(said, ["drop=no", "reassign=app_owner"]);
    assert!(
        console
            .effects
            .iter()
            .all(|effect| matches!(effect, Effect::Prepare(..)))
    );
}
