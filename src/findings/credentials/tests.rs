//! Each kind of trouble makes exactly one finding; a fleet that is well makes none.

use jiff::SignedDuration;

use super::{Check, is_shut};
use crate::{
    facts::{
        credentials::planted::{NOW, Planted, at, put, role, silence},
        leases::Leases,
        roles::Roles,
        token::Token,
        vault::{Seal, VaultState},
    },
    findings::{ALL, Finding},
    model::{Fault, FaultKind, Severity, Target},
    store::{Fact, Snapshot},
};

/// What our checks find. The servers' own facts are not planted here, so the other rooms' checks have nothing to say.
fn found(world: &Snapshot) -> Vec<Finding> {
    let blind = ["server-unreachable"];
    let checks = ALL.iter().filter(|check| !blind.contains(&check.id()));
    checks.flat_map(|check| check.look(world)).collect()
}

fn ids(world: &Snapshot) -> Vec<String> {
    found(world).iter().map(Finding::id).collect()
}

#[test]
fn a_fleet_that_is_well_has_no_finding() {
    let mut planted = Planted::well();
    let (_, user) = planted.issue("runtime-user", 100, 1800);
    planted.issue("db-admin", 10, 300);
    planted.session(Some(&user));
    assert_eq!(ids(&planted.world()), [""; 0]);
}

#[test]
fn a_sealed_vault_is_one_finding_and_its_consequences_are_none() {
    let mut planted = Planted::well();
    let (_, user) = planted.issue("runtime-user", 1750, 1800);
    planted.session(Some(&user));
    let mut world = planted.world();
    planted.vault.sealed = true;
    planted.vault.seal = Some(Seal {
        kind: "shamir".into(),
        threshold: 3,
        shares: 5,
        progress: 1,
    });
    let sealed = Fault::new(FaultKind::Sealed, "sealed");
    for fact in [
        Leases::NAME,
        Token::NAME,
        "vault-roles",
        "static-roles",
        "vault-connections",
    ] {
        silence(&mut world, fact, &Target::vault(), &sealed, 3000);
    }
    put(&mut world, &Target::vault(), &planted.vault);
    assert_eq!(ids(&world), ["vault-sealed vault"]);
    let finding = found(&world).remove(0);
    assert!(
        finding
            .evidence
            .iter()
            .any(|(_, what)| what == "1 of 3 key shares given (shamir)")
    );
    assert!(is_shut(&world));
}

#[test]
fn a_vault_that_does_not_answer_is_one_finding() {
    let mut planted = Planted::well();
    planted.issue("runtime-user", 100, 1800);
    let mut world = planted.world();
    let down = Fault::new(FaultKind::Unreachable, "connection refused").hint("start it");
    for fact in [VaultState::NAME, Leases::NAME, Token::NAME] {
        silence(&mut world, fact, &Target::vault(), &down, 1000);
    }
    assert_eq!(ids(&world), ["vault-unreachable vault"]);
    let finding = found(&world).remove(0);
    assert_eq!((finding.remedy.as_str(), finding.until), ("start it", Some(at(1700))));
}

#[test]
fn a_token_that_nothing_renews_is_a_finding_before_it_ends() {
    let mut planted = Planted::well();
    for (left, severity) in [
        (300, None),
        (200, Some(Severity::Warning)),
        (80, Some(Severity::Critical)),
    ] {
        planted.token.ends = Some(at(left));
        let finding = found(&planted.world()).into_iter().next();
        assert_eq!(finding.map(|finding| finding.severity), severity, "{left} s left");
    }
    planted.token.ends = None;
    assert_eq!(ids(&planted.world()), [""; 0]);
}

#[test]
fn a_login_that_is_refused_is_a_finding() {
    let mut world = Planted::well().world();
    let refused = Fault::new(FaultKind::Credential, "invalid secret id");
    silence(&mut world, Token::NAME, &Target::vault(), &refused, 5);
    assert_eq!(ids(&world), ["vault-token vault"]);
}

#[test]
fn a_lease_that_ends_is_a_finding_only_where_it_hurts() {
    let mut planted = Planted::well();
    let (short, user) = planted.issue("runtime-user", 1770, 1800);
    planted.session(Some(&user));
    assert_eq!(ids(&planted.world()), [""; 0], "it can be renewed");
    let lease = planted.leases.leases.values_mut().next().expect("issued");
    lease.terms.as_mut().expect("read").renewable = false;
    let id = format!("lease-ending lease database/creds/runtime-user/{short}");
    assert_eq!(ids(&planted.world()), [id]);
    planted.sessions.clear();
    assert_eq!(ids(&planted.world()), [""; 0], "nobody uses it");
}

#[test]
fn a_lease_that_was_renewed_to_its_limit_ends_for_good() {
    let mut planted = Planted::well();
    let (_, user) = planted.issue("runtime-user", 3570, 3600);
    planted.session(Some(&user));
    let finding = found(&planted.world()).remove(0);
    assert_eq!((finding.check.as_str(), finding.until), ("lease-ending", Some(at(30))));
}

#[test]
fn irrevocable_leases_are_one_finding_with_their_reasons() {
    let mut planted = Planted::well();
    planted.issue("db-admin", 2000, 300);
    planted.issue("db-admin", 2100, 300);
    for lease in planted.leases.leases.values_mut() {
        lease.irrevocable = Some("some objects depend on it".into());
    }
    let world = planted.world();
    assert_eq!(ids(&world), ["lease-irrevocable instance atlas"]);
    let finding = found(&world).remove(0);
    assert_eq!(finding.severity, Severity::Critical);
    assert_eq!(finding.evidence.len(), 2);
    assert_eq!(finding.evidence[0].1, "some objects depend on it");
}

#[test]
fn many_roles_without_lease_are_one_finding() {
    let mut planted = Planted::well();
    for ago in 100..110 {
        planted.role("runtime-user", ago, 1800);
    }
    let world = planted.world();
    assert_eq!(ids(&world), ["role-without-lease instance atlas"]);
    let finding = found(&world).remove(0);
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(finding.what, "10 roles on atlas can log in and have no lease");
    assert_eq!(
        finding.evidence.last().map(|(label, n)| (label.as_str(), n.as_str())),
        Some(("and more", "5"))
    );
}

#[test]
fn a_role_without_lease_that_never_ends_is_critical() {
    let mut planted = Planted::well();
    let name = format!("v-approle-db-admin-{:020}-{}", 7, NOW - 100);
    planted.roles.roles.push(role(&name, None));
    assert_eq!(found(&planted.world()).remove(0).severity, Severity::Critical);
}

#[test]
fn an_expired_role_that_can_log_in_is_a_finding() {
    let mut planted = Planted::well();
    planted.role("db-admin", 1000, 300);
    assert_eq!(ids(&planted.world()), ["expired-role instance atlas"]);
    let mut planted = Planted::well();
    planted.issue("db-admin", 1000, 300);
    assert_eq!(ids(&planted.world()), ["expired-role instance atlas"]);
}

#[test]
fn a_lease_without_role_is_a_finding() {
    let mut planted = Planted::well();
    planted.lease("db-admin", 100, 300);
    assert_eq!(ids(&planted.world()), ["lease-without-role instance atlas"]);
}

#[test]
fn sessions_of_a_dropped_role_are_one_finding() {
    let mut planted = Planted::well();
    planted.session(None);
    planted.session(None);
    let world = planted.world();
    assert_eq!(ids(&world), ["dropped-role instance atlas"]);
    assert!(found(&world)[0].evidence[0].1.contains("16400"));
}

#[test]
fn a_static_role_that_was_not_rotated_is_a_finding() {
    let mut planted = Planted::well();
    let read = planted.statics.0.values_mut().next().expect("one");
    read.value.rotated = Some(at(0) - SignedDuration::from_hours(25));
    assert_eq!(ids(&planted.world()), ["static-role-overdue static-role watch-atlas"]);
}

#[test]
fn a_role_without_a_default_life_is_a_finding() {
    let mut planted = Planted::well();
    planted.dynamic.0.values_mut().next().expect("one").value.default_ttl = None;
    let world = planted.world();
    assert_eq!(ids(&world), ["no-default-ttl vault"]);
    assert_eq!(
        found(&world)[0].evidence[0],
        ("db-admin".into(), "default_ttl none, max_ttl 1h".into())
    );
}

#[test]
fn an_engine_that_crosses_the_network_in_the_clear_is_a_finding() {
    let mut planted = Planted::well();
    planted.connections.0.values_mut().next().expect("one").value.hosts = vec!["db.example".into()];
    assert_eq!(ids(&planted.world()), ["engine-without-tls instance atlas"]);
}

#[test]
fn what_may_not_be_read_is_told_as_not_seen() {
    let mut planted = Planted::well();
    let denied = Fault::new(FaultKind::Denied, "permission denied");
    planted.leases.irrevocable_unseen = Some(denied.clone());
    planted.dynamic.0.values_mut().next().expect("one").fault = Some(denied);
    let world = planted.world();
    let blind = |check: &dyn Check| check.blind(&world).len();
    assert_eq!((blind(&super::Irrevocable), blind(&super::NoDefaultLife)), (1, 1));
}

#[test]
fn nothing_is_expected_of_roles_that_were_read_from_a_standby() {
    let mut planted = Planted::well();
    planted.lease("db-admin", 100, 300);
    planted.role("db-admin", 200, 300);
    planted.roles.standby = true;
    assert_eq!(ids(&planted.world()), [""; 0]);
    let mut world = planted.world();
    let gone = Fault::new(FaultKind::Unreachable, "refused");
    silence(&mut world, Roles::NAME, &Target::instance("atlas"), &gone, 5);
    assert_eq!(ids(&world), [""; 0]);
}
