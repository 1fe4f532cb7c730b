//! A tenant that is not there yet: its form, begun without a row, and what is told of it while it is filled in.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use jiff::SignedDuration;
use tenantry::{
    config::{Depth, Places, Theme},
    facts::{backups::Catalogue, pulse::Pulse, tenants},
    model::{Bytes, Fault, FaultKind, Fleet, Instance, Isolation, Onboarding, Target, Tier},
    ops::Refusal,
    store::{Fact, Snapshot},
    tui::{app::Effect, update::Msg},
};

use super::{
    desk::well,
    support::{Console, tokens},
};

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (140, 40);

fn tier(connections: u32) -> Tier {
    Tier {
        connections,
        statement_timeout: SignedDuration::from_secs(30),
        idle_in_transaction_session_timeout: SignedDuration::from_secs(60),
        temp_file_limit: Bytes(256 << 20),
        work_mem: Bytes(8 << 20),
    }
}

/// The recorded fleet, whose file says how tenants are brought in.
pub fn settled() -> Snapshot {
    let mut world = well();
    let instances = world.fleet.instances.clone();
    // It was recorded without backups, so that nobody waits for them.
    for instance in &instances {
        let none = Fault::new(FaultKind::Unsupported, "nothing is said of its backups");
        let taken = world.taken;
        world.take(Catalogue::NAME, &Target::instance(&instance.name), taken, Err(none));
    }
    let without = |instance: Instance| Instance {
        backups: None,
        ..instance
    };
    let fleet = Fleet {
        instances: instances.into_iter().map(without).collect(),
        onboarding: Some(Onboarding {
            model: Isolation::Schema,
            tier: Some("standard".into()),
            admin_role: "app_admin".into(),
            connect_role: None,
            lease: SignedDuration::from_hours(1),
            max_lease: SignedDuration::from_hours(24),
            tiers: BTreeMap::from([("standard".into(), tier(2)), ("large".into(), tier(4))]),
        }),
        ..(*world.fleet).clone()
    };
    world.fleet = Arc::new(fleet);
    world
}

fn console(line: &str, size: (u16, u16)) -> Console {
    let mut console = Console::over(settled(), line, size);
    console.permitted();
    console
}

/// The name of a tenant that there is.
fn somebody(world: &Snapshot) -> String {
    let all = &tenants::of(world).unwrap().tenants;
    all.first().unwrap().name.raw().to_owned()
}

/// What is asked for, as far as it is filled in.
fn filled(console: &Console) -> (Vec<String>, Vec<String>) {
    let request = console.app.acting().expect("a form is open").request();
    let targets = request.targets.iter().map(ToString::to_string).collect();
    let said = request.arguments.iter().map(|(name, word)| format!("{name}={word}"));
    (targets, said.collect())
}

#[test]
fn it_is_begun_without_a_row_from_anywhere_and_says_first_what_is_wanted() {
    for line in ["fleet", "policies", "tenants", "runs"] {
        let mut console = console(line, SMALL);
        console.line("onboard").sees("new-tenant: its name is wanted first");
        console.misses("would not be done");
        // Rows that do not offer it say nothing to it.
        assert_eq!(
            filled(&console),
            (
                vec![],
                vec![
                    "alike=refuse".into(),
                    "backup=now".into(),
                    "leaks=refuse".into(),
                    "model=default".into()
                ]
            ),
            "{line}"
        );
        // Without a name there is nothing to plan.
        console.press("down down enter").sees("new-tenant: type its name first");
        assert!(
            !console
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::Prepare(..)))
        );
        console.types("cafe").press("enter");
        assert_eq!(console.asked().1.targets[0].to_string(), "new-tenant cafe");
        console.sees("to new-tenant cafe");
    }
    let mut console = console("fleet", SMALL);
    console
        .press("p")
        .types("do onboard")
        .press("enter")
        .sees("its name is wanted first");
    console
        .press("esc")
        .press(":")
        .types("onb")
        .press("tab")
        .types("ti")
        .press("tab")
        .sees(":onboard tier=");
}

#[test]
fn reading_is_the_rule_for_it_too() {
    let mut console = Console::over(settled(), "fleet", SMALL);
    console.line("onboard").sees("onboard: read-only: :write 15m TICKET");
    assert!(!console.is_acting());
    console.line("placement").press("x j").sees("read-only");
    assert!(!console.is_acting());
}

#[test]
fn a_row_of_its_kind_answers_what_is_asked_by_the_name_of_that_kind() {
    let mut console = console("placement /boreas", SMALL);
    console.press("x").sees("bring in a new tenant").press("j");
    let (targets, said) = filled(&console);
    assert_eq!((targets, &said[2]), (vec![], &"instance=boreas".to_owned()));
    // Of several rows none is meant.
    let mut console = self::console("placement", SMALL);
    console.press("space space x j");
    assert_eq!(
        filled(&console).1,
        ["alike=refuse", "backup=now", "leaks=refuse", "model=default"]
    );
    let mut console = self::console("tenants", SMALL);
    console.press("x j");
    assert_eq!(
        filled(&console).1,
        ["alike=refuse", "backup=now", "leaks=refuse", "model=default"]
    );
    // And what a line says holds.
    let mut console = self::console("placement /boreas", SMALL);
    console.line("onboard cafe instance=atlas tier=large");
    let (targets, said) = filled(&console);
    assert_eq!(targets, ["new-tenant cafe"]);
    assert_eq!(
        said,
        [
            "alike=refuse",
            "backup=now",
            "instance=atlas",
            "leaks=refuse",
            "model=default",
            "tier=large"
        ]
    );
    console.sees("tier large").line("");
    console
        .press("esc")
        .line("onboard cafe bar")
        .sees("is not of the form NAME=WORD");
}

#[test]
fn a_line_that_begins_with_an_operation_plans_it_for_the_rows() {
    let mut console = console("sessions", SMALL);
    console.line("end-sessions how=terminate");
    let (_, request) = console.asked();
    assert_eq!((&*request.operation, request.targets.len()), ("end-sessions", 1));
    console
        .press("esc")
        .line("drop-slot")
        .sees("drop-slot is not offered here");
    console
        .line("bookmark onboard")
        .sees("is the name of a view or command");
}

#[test]
fn every_key_tells_what_is_clear_and_nobody_is_asked() {
    for (name, size) in [("80x24", SMALL), ("140x40", LARGE)] {
        let mut console = console("placement /atlas", size);
        console.press("x j");
        insta::assert_snapshot!(format!("newcomer_untouched_{name}"), tokens(&console.buffer()));
        console.types("cafe_neu").sees("t_cafe_neu");
        insta::assert_snapshot!(format!("newcomer_so_far_{name}"), tokens(&console.buffer()));
        console.press("backspace").sees("t_cafe_ne");
        console
            .press("ctrl-u")
            .sees("its name is wanted first")
            .misses("so far");
        let taken = somebody(&settled());
        console
            .types(&taken)
            .sees(&format!("{taken} is taken: tenant "))
            .sees("choose another name");
        insta::assert_snapshot!(format!("newcomer_taken_{name}"), tokens(&console.buffer()));
        console.types("x").misses("is taken").sees("so far");
        console.press("down down down").types("gold");
        console
            .sees("there is no tier \"gold\"")
            .sees("there are large, standard");
        console
            .press("ctrl-u")
            .types("large")
            .sees("tier large")
            .misses("there is no tier");
        assert_eq!(console.effects, []);
    }
}

#[test]
fn a_long_answer_is_typed_to_its_end() {
    let mut console = console("fleet", SMALL);
    console.line("onboard cafe").press("down");
    console
        .types("Café \u{e9}lectrique & Söhne, Zürich")
        .sees("ectrique & Söhne, Zürich");
    console.press("home").sees("Café électrique & Söhne");
    console
        .press("ctrl-u ctrl-k")
        .types("日本語日本語日本語日本語日本語")
        .sees("日本語日本語日本語日本語");
    assert!(
        filled(&console)
            .1
            .contains(&"name=日本語日本語日本語日本語日本語".to_owned())
    );
}

#[test]
fn what_is_not_seen_yet_is_no_mistake() {
    let mut console = console("fleet", SMALL);
    let primary = Target::server("atlas", "atlas-a");
    console.sees_change(|world| {
        world.retain(Pulse::NAME, &HashSet::new());
        world.expect(Pulse::NAME, &primary);
    });
    console.line("onboard cafe instance=atlas");
    console
        .sees("not all that it follows from was seen yet")
        .misses("would not be done");
    let mut seen = settled();
    seen.expect(Pulse::NAME, &Target::server("boreas", "boreas-d"));
    console.sees_change(|world| *world = seen).sees("so far");
    // Nor is a plan made of a part, which would refuse what may be well.
    console.passes(5000);
    assert_eq!(surveys(&console), 0);
    console.sees_change(|world| *world = settled()).passes(0);
    assert_eq!(surveys(&console), 1);
}

#[test]
fn a_form_for_rows_stays_where_it_is_and_tells_only_what_is_refused() {
    let mut console = console("migrations /suite", SMALL);
    console.press("x m");
    let place = |console: &Console| console.text().lines().position(|line| line.contains("─ migrate ─"));
    let before = place(&console);
    assert!(before.is_some(), "{}", console.text());
    console
        .misses("would not be done")
        .types("nonsense")
        .sees("it would not be done");
    // Some of the questions give way to it; the one that is answered never does.
    console.sees("1/15").misses("a boolean asked");
    console.press("up").sees("15/15").sees("a boolean asked").press("down");
    assert_eq!(place(&console), before);
    console.press("ctrl-u").misses("would not be done").misses("1/15");
}

#[test]
fn no_size_makes_it_fail() {
    let mut console = console("fleet", SMALL);
    console.line("onboard cafe_neu");
    for width in (60..200).step_by(7) {
        for height in 15..44 {
            console.tell(Msg::Resized(width, height)).sees("cafe_neu");
        }
    }
}

/// How often a plan was asked for.
fn surveys(console: &Console) -> usize {
    let asks = |effect: &&Effect| matches!(effect, Effect::Prepare(..));
    console.effects.iter().filter(asks).count()
}

#[test]
fn once_keys_rest_the_plan_is_made_and_stands_in_the_place_of_the_sketch() {
    for (name, size) in [("80x24", SMALL), ("140x40", LARGE)] {
        let mut console = console("placement /atlas", size);
        console.press("x j").passes(5000);
        assert_eq!(surveys(&console), 0, "nothing has a name yet");
        console.types("cafe").passes(499).types("_neu").passes(499);
        assert_eq!(surveys(&console), 0, "keys did not rest");
        console.passes(1).sees("so far; looking at what it would do");
        assert_eq!(console.asked().1.targets[0].to_string(), "new-tenant cafe_neu");
        console.passes(5000).planned().sees("the plan, as it would be now");
        insta::assert_snapshot!(format!("newcomer_plan_{name}"), tokens(&console.buffer()));
        console.passes(5000).press("down").passes(5000);
        assert_eq!(surveys(&console), 1, "it is made once");
        // There and back again: what was planned was planned of this.
        console
            .press("up")
            .types("x")
            .misses("the plan, as")
            .sees("t_cafe_neux");
        console.press("backspace").sees("the plan, as it would be now");
        // Enter makes it anew, on what is seen then.
        console.press("enter").sees("looking at what it would do");
        assert_eq!(surveys(&console), 2);
        console.planned().sees("y confirms");
    }
}

#[test]
fn one_survey_at_a_time_and_what_is_stale_tells_nothing() {
    let mut console = console("fleet", LARGE);
    console.line("onboard cafe").passes(500);
    let first = console.asked();
    console.types("s").passes(500).types("x").passes(5000);
    assert_eq!(surveys(&console), 1);
    console.misses("looking at what it would do");
    // The first is answered: it tells nothing of what is filled in now, which has its turn.
    let refused = |number| Msg::Prepared(number, Box::new(Err(Refusal::new("too late"))));
    console.tell(refused(first.0)).misses("too late").passes(0);
    assert_eq!((surveys(&console), console.asked().1.targets[0].part(0)), (2, "cafesx"));
    // A form that is left and opened again does not ask beside it.
    console.press("esc").line("onboard other").passes(5000);
    assert_eq!(surveys(&console), 2);
    // Nor does enter: its plan is made next.
    console.press("enter").sees("looking at what it would do");
    assert_eq!(surveys(&console), 2);
    let second = console.asked().0;
    console.tell(refused(second)).misses("too late");
    assert_eq!((surveys(&console), console.asked().1.targets[0].part(0)), (3, "other"));
    console.planned().sees("y confirms");
}

#[test]
fn enter_takes_the_plan_that_is_being_made_of_the_same() {
    let mut console = console("fleet", LARGE);
    console.line("onboard cafe").passes(500).press("enter");
    assert_eq!(surveys(&console), 1);
    console.planned().sees("y confirms");
}

#[test]
fn what_the_plan_refuses_is_told_in_the_form_and_nothing_is_begun_where_the_sketch_does() {
    let mut console = console("fleet", SMALL);
    console.line("onboard cafe").passes(500);
    console.refused(Refusal::new("t_cafe is taken on atlas").hint("choose another name"));
    console
        .sees("it would not be done")
        .sees("t_cafe is taken on atlas")
        .sees("choose another name");
    console.press("ctrl-u").types("acme").sees("acme is taken").passes(5000);
    assert_eq!(surveys(&console), 1);
    // Reading is the rule once the leave is over, and forms for what there is wait for enter.
    let mut console = self::console("migrations /suite", SMALL);
    console.press("x m").types("1").passes(5000);
    assert_eq!(surveys(&console), 0);
    let mut console = self::console("fleet", SMALL);
    console.line("onboard cafe").passes(16 * 60 * 1000);
    assert_eq!(surveys(&console), 0, "leave to write is over");
}

#[test]
fn in_sixteen_colours_and_signs_of_ascii_what_is_refused_is_told_from_what_is_clear() {
    let mut console = console("fleet", LARGE);
    console.app.setup.ascii = true;
    console.app.setup.theme = Theme::load("base16", &Places::default(), Depth::Sixteen, true).unwrap();
    console.line("onboard acme");
    let buffer = console.buffer();
    let text = console.text();
    assert!(text.is_ascii(), "{text}");
    let colour = |words: &str| {
        let (y, line) = text
            .lines()
            .enumerate()
            .find(|(_, line)| line.contains(words))
            .expect(words);
        let x = line.find(words).unwrap();
        buffer[(u16::try_from(x).unwrap(), u16::try_from(y).unwrap())].style()
    };
    assert_ne!(colour("acme is taken"), colour("choose another name"));
}
