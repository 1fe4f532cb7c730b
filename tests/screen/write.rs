//! Reading is the rule: leave to write is taken for a while and for a ticket, and it ends by itself.

use jiff::SignedDuration;

use super::{
    desk::{hand, worst},
    support::Console,
};

fn console() -> Console {
    Console::over(worst(), "sessions", (80, 24))
}

#[test]
fn leave_to_write_counts_down_and_ends() {
    let mut console = console();
    console
        .sees("READ-ONLY")
        .line("write 15m OPS-7")
        .sees("WRITE 15:00 OPS-7")
        .misses("READ-ONLY");
    console.passes(28_000).sees("WRITE 14:32 OPS-7");
    console
        .passes(872_000)
        .sees("READ-ONLY")
        .sees("the time to write is over");
    assert_eq!(console.app.permit, None);
}

#[test]
fn it_counts_while_the_picture_is_held() {
    let mut console = console();
    console.permitted().press("z").passes(60_000).sees("WRITE 14:00 OPS-7");
    console.passes(840_000).sees("READ-ONLY");
}

#[test]
fn it_is_given_back_and_wants_a_time_and_a_ticket() {
    let mut console = console();
    for (line, told) in [
        ("write", "write 15m TICKET"),
        ("write x OPS-7", "no time \"x\""),
        ("write 15m", "a ticket is wanted"),
        ("write 9h OPS-7", "8h at most"),
        ("write -5m OPS-7", "no time"),
    ] {
        console.line(line).sees(told).sees("READ-ONLY");
    }
    console
        .line("write 8h OPS-7")
        .sees("WRITE 8:00:00 OPS-7")
        .line("write off")
        .sees("READ-ONLY");
}

#[test]
fn it_may_be_taken_when_the_program_is_started() {
    let world = worst();
    let mut hand = hand(&world);
    hand.ticket = Some("OPS-7".into());
    let now = world.taken;
    let mut console = Console::of_hand(world, "sessions", (80, 24), hand);
    console.sees("WRITE 15:00 OPS-7");
    let until = console.app.permit.as_ref().unwrap().until;
    assert_eq!(until, now + SignedDuration::from_mins(15));
}

#[test]
fn a_long_ticket_gives_way_and_the_clock_stays() {
    let mut console = console();
    console
        .line("write 8h CHANGE-2026-11-0042-really-long")
        .sees("WRITE 8:00:00 CHANGE-2026…")
        .sees("23:17 UTC");
    console.line("write 8h t\u{202e}x").sees("t\\u{202e}x");
}
