//! What an operator does, key by key, and what they see.

use std::sync::Arc;

use tenantry::tui::{app::Effect, update::Msg};

use super::support::{Console, silent, some_tenants, start, target, tenant, world};

fn console() -> Console {
    Console::new(world(some_tenants()))
}

#[test]
fn before_anybody_answers_nobody_is_said_to_be_there() {
    let mut console = Console::new(silent());
    console
        .sees("waiting for atlas-a")
        .misses("0 tenants of")
        .misses("no tenants");
    console.tell(Msg::World(Arc::new(world(vec![])))).sees("no tenants");
}

#[test]
fn the_cursor_stays_on_its_row_while_rows_move() {
    let mut console = console();
    console.press("down down");
    assert_eq!(console.here(), "cedar");
    let mut more = some_tenants();
    more.insert(0, tenant("aaa"));
    more.insert(0, tenant("aab"));
    console.seen(more);
    assert_eq!(console.here(), "cedar");
    console.seen(vec![tenant("x"), tenant("y")]);
    assert_eq!(console.here(), "y");
}

#[test]
fn keys_move_and_never_leave_the_rows() {
    let mut console = console();
    console.press("up").press("G");
    assert_eq!(console.here(), "日本");
    console.press("down pgdn").press("k");
    assert_eq!(console.here(), "pr\\u{202e}od");
    console.press("g g");
    assert_eq!(console.here(), "acme");
}

#[test]
fn a_filter_is_tried_while_it_is_typed_and_escape_takes_it_back() {
    let mut console = console();
    console
        .press("/")
        .types("model=schema")
        .sees("blue harbour")
        .misses("acme");
    console.press("esc").sees("acme");
    console
        .press("/")
        .types("ttl<10m")
        .press("enter")
        .sees("acme")
        .misses("cedar")
        .sees("1/1 of 6");
    console.press("esc").sees("cedar").sees("1/6");
}

#[test]
fn a_mistake_in_a_filter_is_told_and_the_last_good_one_stays() {
    let mut console = console();
    console
        .press("/")
        .types("modle=schema")
        .sees("at 1: no column \"modle\": did you mean model?");
    console.press("enter").sees("did you mean model?");
    console
        .press("ctrl-u")
        .types("is:warning")
        .press("enter")
        .sees("blue harbour")
        .misses("acme");
}

#[test]
fn escape_takes_back_the_filter_then_the_marks_then_the_page_and_never_leaves() {
    let mut console = console();
    console.press("enter").sees("tenant atlas/app/acme").press("esc");
    console
        .press("space space")
        .sees("2 marked")
        .press("/")
        .types("cedar")
        .press("enter")
        .sees("2 marked, 2 hidden");
    console.press("esc").sees("2 marked").misses("hidden");
    console.press("esc").misses("marked");
    console.press("esc esc").sees("acme");
    assert_eq!(console.effects, []);
}

#[test]
fn enter_opens_what_is_known_links_lead_on_and_escape_leads_back() {
    let mut console = console();
    console
        .press("down enter")
        .sees("tenants › tenant atlas/app/blue harbour")
        .sees("not seen: no answer in 2s");
    console.press("down down enter").sees("instance atlas").sees("servers");
    console.press("esc").sees("credential").press("esc");
    assert_eq!(console.here(), "blue harbour");
}

#[test]
fn history_goes_back_and_forth_and_to_the_last_view() {
    let mut console = console();
    console
        .press(":")
        .types("tenants /schema sort:ttl:desc")
        .press("enter")
        .sees("by ttl ↓");
    console.press(":").types("replicas").press("enter").sees("atlas-b");
    console
        .press("[")
        .sees("by ttl ↓")
        .press("[")
        .misses("by ttl")
        .press("]")
        .sees("by ttl ↓");
    console
        .press("]")
        .sees("atlas-b")
        .press("-")
        .sees("by ttl ↓")
        .press("-")
        .sees("atlas-b");
    console.press("]").sees("nothing was open after");
}

#[test]
fn lines_complete_and_are_remembered() {
    let mut console = console();
    console
        .press(":")
        .types("ten")
        .press("tab")
        .types("/mod")
        .press("tab")
        .types("sh")
        .press("tab")
        .press("enter");
    console.sees("tenants /model=shared").sees("日本").misses("acme");
    console.press(": up enter").sees("tenants /model=shared");
    console
        .press(":")
        .types("tenants sort:t")
        .press("tab tab")
        .sees(":tenants sort:ttl:desc");
    console.press("shift-tab").sees(":tenants sort:ttl").press("esc");
    console
        .press(":")
        .types("tenant")
        .press("enter")
        .sees("did you mean tenants?");
}

#[test]
fn the_order_is_picked_and_turned_round() {
    let mut console = console();
    console
        .press("s")
        .sees("order: orders, production")
        .types("size")
        .press("enter")
        .sees("by size ↑");
    assert_eq!(console.app.listing().unwrap().query.to_string(), "tenants sort:size");
    console.press("S").sees("by size ↓").press("g g");
    assert_eq!(console.here(), "acme");
    console.press("s enter").misses("by size");
}

#[test]
fn columns_are_picked_and_the_last_one_stays() {
    let mut console = console();
    console
        .press(",")
        .types("size")
        .press("space esc")
        .misses("SIZE")
        .sees("MODEL");
    assert_eq!(
        console.app.listing().unwrap().query.to_string(),
        "tenants cols:name,model,ttl,about"
    );
    console.press(",").types("size").press("space esc").sees("SIZE");
    assert_eq!(console.app.listing().unwrap().query.to_string(), "tenants");
}

#[test]
fn marks_take_ranges_and_all_that_is_shown() {
    let mut console = console();
    console
        .press("space down down V")
        .sees("4 marked")
        .press("u")
        .misses("marked");
    console.press("/").types("shared").press("enter * esc").sees("2 marked");
}

#[test]
fn help_lists_the_live_keys_and_does_what_is_chosen() {
    let mut console = console();
    console
        .press("?")
        .sees("keys and commands: orders, production")
        .types("reverse")
        .sees("reverse-sort");
    console.press("esc").press("f1").types("all columns").press("enter");
    assert!(console.app.listing().unwrap().wide);
}

#[test]
fn the_palette_finds_views_commands_and_tenants() {
    let mut console = console();
    console.press("ctrl-p").types("replic").press("enter").sees("atlas-b");
    console
        .press("p")
        .types("cedar")
        .press("enter")
        .sees("tenant atlas/app/cedar");
}

#[test]
fn a_sequence_shows_how_it_could_go_on_to_those_who_hesitate() {
    let mut console = console();
    console
        .press("g")
        .misses("every standby")
        .tell(Msg::Linger)
        .sees("every standby");
    console.press("r").sees("atlas-b");
    console
        .press("g")
        .press("esc")
        .press("g y")
        .sees("g y does nothing here; ? lists the keys");
}

#[test]
fn leaving_is_asked_at_the_first_page_and_told_nothing_changes() {
    let mut console = console();
    console
        .press("enter q")
        .sees("acme")
        .press("q")
        .sees("leave the console: orders, production");
    console.press("n").misses("leave the console");
    assert_eq!(console.effects, []);
    console.press("q y");
    assert_eq!(console.effects, [Effect::Quit]);
}

#[test]
fn ctrl_c_twice_leaves_and_once_does_not() {
    let mut console = console();
    console
        .press("ctrl-c")
        .sees("ctrl-c again leaves the console")
        .press("down ctrl-c");
    assert_eq!(console.effects, []);
    console.press("ctrl-c");
    assert_eq!(console.effects, [Effect::Quit]);
}

#[test]
fn what_is_copied_is_escaped() {
    let mut console = console();
    console.press("G up Y y");
    let [Effect::Copy(identity), Effect::Copy(row)] = &console.effects[..] else {
        panic!("{:?}", console.effects)
    };
    assert_eq!(identity, "tenant 'atlas/app/pr\\u{202e}od'");
    assert!(row.starts_with("pr\\u{202e}od\tshared\t1.0 MB\t2h00m\t"), "{row}");
    console.effects.clear();
    console.press("/").types("ttl<10m").press("enter").press("C");
    assert_eq!(
        console.effects,
        [Effect::Copy("tenantry show tenants '/ttl<10m'".into())]
    );
}

#[test]
fn bookmarks_open_a_view_as_it_was() {
    let mut console = console();
    console
        .press("/")
        .types("is:wrong")
        .press("enter")
        .press("B")
        .types("bad")
        .press("enter");
    console.sees(":bad now opens tenants /is:wrong");
    assert_eq!(console.effects, [Effect::Save]);
    console
        .press("esc")
        .sees("cedar")
        .press(":")
        .types("bad")
        .press("enter")
        .misses("cedar")
        .sees("acme");
    console
        .press(":")
        .types("bookmark tenants")
        .press("enter")
        .sees("tenants is the name of a view or command");
    console
        .press("b")
        .sees("tenants /is:wrong")
        .press("esc")
        .press(":")
        .types("forget bad")
        .press("enter");
    console
        .press(":")
        .types("bad")
        .press("enter")
        .sees("no view or command \"bad\"");
}

#[test]
fn countdowns_count_and_what_ended_says_so() {
    let mut console = console();
    console
        .sees("1m30s")
        .later(31)
        .sees("59s")
        .later(60)
        .sees("expired 1.0s ago");
}

#[test]
fn a_held_picture_stays_until_it_is_let_go() {
    let mut console = console();
    console
        .press("z")
        .sees("held still")
        .seen(vec![tenant("brand-new")])
        .later(5);
    console.sees("acme").misses("brand-new").press("z").sees("brand-new");
}

#[test]
fn a_stale_row_says_how_old_it_is_and_why() {
    let mut console = console();
    console
        .sees("AGE")
        .press("down down down")
        .sees("1m15s old: no answer in 2s; look at the server");
}

#[test]
fn pasted_text_goes_into_a_line_and_nowhere_else() {
    let mut console = console();
    console.tell(Msg::Paste("q\ny\n".into()));
    assert_eq!(console.effects, []);
    console.press("/").tell(Msg::Paste("ced\nar".into())).sees("/ced ar");
}

#[test]
fn a_click_chooses_a_row_and_the_wheel_moves() {
    let mut console = console();
    console.tell(Msg::Click(5, 6));
    assert_eq!(console.here(), "cedar");
    console.tell(Msg::Wheel(1));
    assert_eq!(console.here(), "dunes");
    console.tell(Msg::Click(5, 20));
    assert_eq!(console.here(), "dunes");
}

#[test]
fn the_detail_is_searched_with_the_same_key() {
    let mut console = console();
    console.press("enter /").types("owner").press("enter c");
    assert_eq!(console.effects, [Effect::Copy("nobody".into())]);
    console
        .press("n")
        .press("/")
        .press("ctrl-u")
        .types("zzz")
        .press("enter")
        .sees("\"zzz\" is not on this page");
}

#[test]
fn a_picture_for_the_terminals_own_selection_has_nothing_but_words() {
    let mut console = console();
    console.press(":").types("select").press("enter");
    assert!(
        console.text().starts_with("acme\tinstance") || console.text().starts_with("acme"),
        "{}",
        console.text()
    );
    console.misses("production").press("x").sees("production");
}

#[test]
fn what_the_open_page_needs_is_asked_for() {
    let mut console = console();
    assert_eq!(console.app.needs(), ["made-up"]);
    console.press("enter");
    assert_eq!(console.app.needs(), ["made-up"]);
    assert_eq!(console.app.now, start());
    assert_eq!(target("acme").name().to_string(), "acme");
}

#[test]
fn columns_that_the_operator_wants_are_the_usual_ones() {
    let mut setup = super::support::setup();
    setup
        .columns
        .insert("tenants".into(), vec!["ttl".into(), "name".into()]);
    let memory = tenantry::tui::app::Memory::default();
    let mut console = Console::with(setup, world(some_tenants()), memory, (80, 24));
    console
        .sees("TTL NAME")
        .misses("MODEL")
        .press(",")
        .types("model")
        .press("space esc")
        .sees("MODEL");
    assert_eq!(
        console.app.listing().unwrap().query.to_string(),
        "tenants cols:ttl,name,model"
    );
    console.press(",").types("model").press("space esc");
    assert_eq!(console.app.listing().unwrap().query.to_string(), "tenants");
}
