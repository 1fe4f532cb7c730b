//! Whole frames with their tokens: a change of words or of looks is a change of text.

use tenantry::{
    model::{Fault, FaultKind, Target},
    store::Fact,
    tui::update::Msg,
};

use super::support::{Console, Tenants, setup, silent, some_tenants, start, tokens, world};

fn frame(console: &Console) -> String {
    tokens(&console.buffer())
}

#[test]
fn a_list() {
    insta::assert_snapshot!(frame(&Console::new(world(some_tenants()))));
}

#[test]
fn a_list_on_a_large_screen() {
    insta::assert_snapshot!(frame(&Console::sized(world(some_tenants()), 140, 40)));
}

#[test]
fn a_list_filtered_marked_and_sorted() {
    let mut console = Console::new(world(some_tenants()));
    console
        .press("space")
        .press(":")
        .types("tenants /sch sort:size:desc")
        .press("enter")
        .press("space");
    insta::assert_snapshot!(frame(&console));
}

#[test]
fn a_filter_being_typed() {
    let mut console = Console::new(world(some_tenants()));
    console.press("/").types("model=s").press("tab");
    insta::assert_snapshot!(frame(&console));
}

#[test]
fn a_detail() {
    let mut console = Console::new(world(some_tenants()));
    console.press("enter down");
    insta::assert_snapshot!(frame(&console));
}

#[test]
fn help() {
    let mut console = Console::new(world(some_tenants()));
    console.press("?").types("mark");
    insta::assert_snapshot!(frame(&console));
}

#[test]
fn a_pending_prefix() {
    let mut console = Console::new(world(some_tenants()));
    console.press("g").tell(Msg::Linger);
    insta::assert_snapshot!(frame(&console));
}

#[test]
fn nobody_answers() {
    let mut world = silent();
    let fault = Fault::new(FaultKind::Unreachable, "connection refused").hint("is it running?");
    world.take(Tenants::NAME, &Target::fleet(), start(), Err(fault));
    insta::assert_snapshot!(frame(&Console::new(world)));
}

#[test]
fn nothing_has_been_said_yet() {
    insta::assert_snapshot!(frame(&Console::new(silent())));
}

#[test]
fn signs_of_ascii_only() {
    let mut setup = setup();
    setup.ascii = true;
    let places = tenantry::config::Places::default();
    setup.theme = tenantry::config::Theme::load("mono", &places, tenantry::config::Depth::None, true).unwrap();
    let mut tenants = some_tenants();
    tenants.pop();
    let mut console = Console::with(setup, world(tenants), tenantry::tui::app::Memory::default(), (80, 24));
    console.press("space ?");
    let text = console.text();
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text);
}
