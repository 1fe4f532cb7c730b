//! Each class of credential, planted by hand.

use jiff::{SignedDuration, Timestamp};

use super::{
    Credentials, State, User,
    join::derive,
    next_expiry,
    planted::{Planted, at, put, role, silence},
};
use crate::{
    facts::{leases::Leases, roles::Roles},
    model::{Fault, FaultKind, Severity, Target},
    store::{Fact, Snapshot},
};

fn seen(world: &Snapshot) -> &Credentials {
    world.get::<Credentials>(&Target::vault()).expect("joined").value
}

fn states(world: &Snapshot) -> Vec<State> {
    let seen = seen(world);
    let leases = seen.leases.iter().map(|lease| &lease.state);
    let others = seen.statics.iter().map(|fixed| &fixed.state);
    leases
        .chain(others)
        .chain(seen.leftovers.iter().map(|left| &left.state))
        .cloned()
        .collect()
}

#[test]
fn a_fleet_that_is_well_has_nothing_but_what_is_well() {
    let mut planted = Planted::well();
    let (_, user) = planted.issue("runtime-user", 100, 1800);
    planted.issue("db-admin", 10, 300);
    let world = planted.world();
    assert!(states(&world).iter().all(|state| *state == State::Ok));
    let lease = &seen(&world).leases[1];
    assert_eq!(lease.user, User::Certain(user));
    assert_eq!(lease.token, Some("approle".into()));
    assert_eq!(lease.limit, Some(at(3500)));
}

#[test]
fn a_lease_whose_role_was_dropped_is_a_lease_without_role() {
    let mut planted = Planted::well();
    planted.lease("db-admin", 100, 300);
    assert!(states(&planted.world()).contains(&State::RoleGone));
}

#[test]
fn a_role_that_was_made_after_the_roles_were_read_is_not_missed() {
    let mut planted = Planted::well();
    planted.lease("db-admin", 1, 300);
    assert!(!states(&planted.world()).contains(&State::RoleGone));
}

#[test]
fn a_role_that_no_lease_explains_is_worst_where_it_never_ends() {
    let mut planted = Planted::well();
    let user = planted.role("db-admin", 100, 300);
    let until = Some(at(205));
    assert!(states(&planted.world()).contains(&State::NoLease { until }));
    planted.roles.roles.retain(|role| role.name != user);
    planted.roles.roles.push(role(user.raw(), None));
    let worst = State::NoLease { until: None };
    assert_eq!(worst.severity(), Severity::Critical);
    assert!(states(&planted.world()).contains(&worst));
}

#[test]
fn a_role_without_lease_that_cannot_log_in_opens_nothing() {
    let mut planted = Planted::well();
    planted.role("db-admin", 100, 300);
    planted.roles.roles.last_mut().expect("just made").login = false;
    assert!(seen(&planted.world()).leftovers.is_empty());
}

#[test]
fn a_role_past_its_end_that_stayed_is_an_expired_role() {
    let mut planted = Planted::well();
    planted.role("db-admin", 1000, 300);
    assert!(states(&planted.world()).contains(&State::PastEnd { opens: false }));
}

#[test]
fn a_lease_past_its_end_that_stayed_opens_what_its_role_lets_in() {
    let mut planted = Planted::well();
    let (_, user) = planted.issue("db-admin", 1000, 300);
    assert!(states(&planted.world()).contains(&State::PastEnd { opens: false }));
    let role = planted.roles.roles.iter_mut().find(|role| role.name == user);
    role.expect("made").valid_until = None;
    assert!(states(&planted.world()).contains(&State::PastEnd { opens: true }));
}

#[test]
fn a_renewal_that_forgot_the_role_ends_it_early() {
    let mut planted = Planted::well();
    planted.lease("db-admin", 600, 1800);
    planted.role("db-admin", 600, 300);
    assert!(states(&planted.world()).contains(&State::RoleEnded));
}

#[test]
fn an_irrevocable_lease_says_why() {
    let mut planted = Planted::well();
    planted.issue("db-admin", 2000, 300);
    let lease = planted.leases.leases.values_mut().next().expect("issued");
    lease.irrevocable = Some("role cannot be dropped".into());
    let why = "role cannot be dropped".into();
    assert!(states(&planted.world()).contains(&State::Irrevocable { why }));
}

#[test]
fn a_static_role_that_was_not_rotated_is_overdue() {
    let mut planted = Planted::well();
    let read = planted.statics.0.values_mut().next().expect("one");
    read.value.rotated = Some(at(-90_000));
    assert!(states(&planted.world()).contains(&State::Overdue));
}

#[test]
fn a_static_role_without_its_role_is_without_role() {
    let mut planted = Planted::well();
    planted.roles.roles.retain(|role| role.name.raw() != "watcher");
    assert!(states(&planted.world()).contains(&State::RoleGone));
}

#[test]
fn a_lease_that_nobody_looked_up_accuses_no_role() {
    let mut planted = Planted::well();
    planted.issue("db-admin", 100, 300);
    planted.leases.leases.values_mut().next().expect("issued").terms = None;
    let world = planted.world();
    assert!(seen(&world).leftovers.is_empty());
    assert!(matches!(seen(&world).leases[0].state, State::Unknown { .. }));
}

#[test]
fn while_vault_is_sealed_the_ends_stay_and_nothing_new_is_wrong() {
    let mut planted = Planted::well();
    planted.issue("db-admin", 100, 300);
    let mut world = planted.world();
    let ends = seen(&world).leases[0].ends;
    let sealed = Fault::new(FaultKind::Sealed, "sealed");
    let vault = Target::vault();
    silence(&mut world, Leases::NAME, &vault, &sealed, 500);
    // Long past its end the engine could not revoke it; meanwhile somebody dropped the role.
    planted.roles.roles.truncate(2);
    put(&mut world, &Target::instance("atlas"), &planted.roles);
    derive(&mut world);
    assert_eq!(seen(&world).leases[0].ends, ends);
    assert!(
        states(&world).iter().all(|state| state.severity() == Severity::Ok),
        "{:?}",
        states(&world)
    );
}

#[test]
fn what_was_wrong_stays_wrong_while_it_cannot_be_seen() {
    let mut planted = Planted::well();
    planted.role("db-admin", 100, 300);
    let mut world = planted.world();
    let gone = Fault::new(FaultKind::Unreachable, "refused");
    silence(&mut world, Leases::NAME, &Target::vault(), &gone, 60);
    silence(&mut world, Roles::NAME, &Target::instance("atlas"), &gone, 60);
    assert_eq!(seen(&world).leftovers.len(), 1);
}

#[test]
fn between_two_beats_a_lease_may_be_revoked_without_accusation() {
    let mut planted = Planted::well();
    planted.issue("db-admin", 100, 300);
    let mut world = planted.world();
    world.taken = at(3);
    planted.leases.leases.clear();
    planted.leases.listed = at(3);
    put(&mut world, &Target::vault(), &planted.leases);
    derive(&mut world);
    assert!(
        seen(&world).leftovers.is_empty(),
        "the roles are older than the list of leases"
    );
    world.taken = at(6);
    put(&mut world, &Target::instance("atlas"), &planted.roles);
    put(&mut world, &Target::vault(), &planted.leases);
    derive(&mut world);
    assert_eq!(
        seen(&world).leftovers.len(),
        1,
        "both were read again, and it is so still"
    );
}

#[test]
fn a_clock_that_is_wrong_shifts_ends_and_pairs_all_the_same() {
    let mut planted = Planted::well();
    planted.vault.skew = 3600;
    let (_, user) = planted.issue("db-admin", -3500, 300);
    let world = planted.world();
    let lease = &seen(&world).leases[0];
    assert_eq!(lease.user, User::Certain(user));
    assert_eq!(lease.ends, Some(at(200)));
    assert_eq!(lease.state, State::Ok);
}

#[test]
fn the_next_expiry_is_the_earliest_that_is_to_come() {
    let mut planted = Planted::well();
    let tomorrow: Timestamp = at(-600) + SignedDuration::from_hours(24);
    assert_eq!(
        next_expiry(&planted.world(), "atlas"),
        Some((tomorrow, "watch-atlas".into()))
    );
    planted.issue("runtime-user", 100, 1800);
    planted.issue("db-admin", 100, 300);
    assert_eq!(
        next_expiry(&planted.world(), "atlas"),
        Some((at(200), "db-admin".into()))
    );
    assert_eq!(next_expiry(&planted.world(), "boreas"), None);
}

#[test]
fn a_recorded_join_reads_back_the_same() {
    let mut planted = Planted::well();
    planted.issue("db-admin", 100, 300);
    planted.role("runtime-user", 100, 300);
    let world = planted.world();
    let text = serde_json::to_string(seen(&world)).expect("JSON");
    let back: Credentials = serde_json::from_str(&text).expect("itself");
    assert_eq!(back, *seen(&world));
}
