//! Which role in PostgreSQL belongs to which lease. A lease does not say, so it is told by role, second of issue and end.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::name;
use crate::model::Text;

/// What the engine adds to the end of a lease for `VALID UNTIL` (`path_creds_create.go`, in both dialects).
pub const LEEWAY: SignedDuration = SignedDuration::from_secs(5);
/// A name is made this long before its lease at most, in seconds.
const LATE: i64 = 2;

/// A lease, as far as it matters here. Times are the secrets server's.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The dynamic role.
    pub role: Text,
    /// When it was issued.
    pub at: Timestamp,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// User names are made by a template of the operator's own.
    pub own_template: bool,
}

/// A role of an instance. Its end was stamped by the secrets server's clock.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its name.
    pub name: Text,
    /// `VALID UNTIL`; none where its password is good for ever.
    pub until: Option<Timestamp>,
    /// Whether it can log in at all.
    pub login: bool,
}

/// To whom a lease belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// There is one role that fits, and it fits no other lease.
    Certain(usize),
    /// These roles fit, and fit other leases as well.
    Ambiguous(Vec<usize>),
    /// No role fits, or there are fewer that fit than leases.
    Missing,
}

/// How well a role fits a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Near,
    Exact,
}

type Edges = BTreeMap<usize, BTreeMap<usize, Fit>>;

/// Finds the role of every lease; also returns the roles that no lease explains.
pub fn pair(leases: &[Issued], accounts: &[Account]) -> (Vec<Match>, Vec<usize>) {
    let mut open = edges(leases, accounts);
    let mut found: Vec<Match> = vec![Match::Missing; leases.len()];
    let mut taken = BTreeSet::new();
    // First what can only be one way, then what agrees to the second, and again, for each pair decides others.
    loop {
        let mut sure = only(&open, Fit::Near);
        if sure.is_empty() {
            sure = only(&open, Fit::Exact);
        }
        if sure.is_empty() {
            break;
        }
        for (lease, account) in sure {
            found[lease] = Match::Certain(account);
            taken.insert(account);
            open.remove(&lease);
        }
        for fits in open.values_mut() {
            fits.retain(|account, _| !taken.contains(account));
        }
    }
    share_out(&open, &mut found, &mut taken);
    let left = (0..accounts.len()).filter(|n| !taken.contains(n)).collect();
    (found, left)
}

/// What is left fits in several ways: it is counted, not decided.
fn share_out(open: &Edges, found: &mut [Match], taken: &mut BTreeSet<usize>) {
    for (lease, fits) in open.iter().filter(|(_, fits)| !fits.is_empty()) {
        let free = fits.keys().find(|account| !taken.contains(account));
        if let Some(account) = free {
            taken.insert(*account);
            found[*lease] = Match::Ambiguous(fits.keys().copied().collect());
        }
    }
}

/// Leases and roles that fit each other and, at least this well, nobody else.
fn only(open: &Edges, at_least: Fit) -> Vec<(usize, usize)> {
    let fits = |lease: &usize| {
        let good = open[lease].iter().filter(|(_, fit)| **fit >= at_least);
        good.map(|(account, _)| *account).collect::<Vec<_>>()
    };
    let mut claims: HashMap<usize, usize> = HashMap::new();
    for account in open.keys().flat_map(fits) {
        *claims.entry(account).or_default() += 1;
    }
    let sole = |lease: &usize| match fits(lease)[..] {
        [account] if claims[&account] == 1 => Some((*lease, account)),
        _ => None,
    };
    open.keys().filter_map(sole).collect()
}

fn edges(leases: &[Issued], accounts: &[Account]) -> Edges {
    let mut by_second: HashMap<i64, Vec<usize>> = HashMap::new();
    for (n, account) in accounts.iter().enumerate() {
        let made = name::read(account.name.raw()).map(|name| name.issued);
        for key in made.into_iter().chain(account.until).map(Timestamp::as_second) {
            by_second.entry(key).or_default().push(n);
        }
    }
    let around = |second: i64| {
        (second - LATE..=second)
            .filter_map(|second| by_second.get(&second))
            .flatten()
    };
    let of_lease = |lease: &Issued| {
        let end = lease.expires.map(|end| (end + LEEWAY).as_second());
        let candidates = around(lease.at.as_second()).chain(end.into_iter().flat_map(around));
        candidates
            .filter_map(|n| Some((*n, fit(lease, &accounts[*n])?)))
            .collect()
    };
    leases.iter().map(of_lease).enumerate().collect()
}

fn fit(lease: &Issued, account: &Account) -> Option<Fit> {
    let late = |theirs: Timestamp, ours: Timestamp| ours.as_second() - theirs.as_second();
    let ends = match (account.until, lease.expires) {
        (Some(until), Some(end)) => Some(late(until, end + LEEWAY)),
        _ => None,
    };
    let ends_near = ends.is_some_and(|late| (0..=LATE).contains(&late));
    match name::read(account.name.raw()) {
        Some(name) if name.is_of(lease.role.raw()) => {
            let made = late(name.issued, lease.at);
            let exact = made == 0 && ends == Some(0);
            (0..=LATE)
                .contains(&made)
                .then_some(if exact { Fit::Exact } else { Fit::Near })
        }
        None if lease.own_template && ends_near => Some(if ends == Some(0) { Fit::Exact } else { Fit::Near }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Account, Issued, LEEWAY, Match, pair};

    const START: i64 = 1_795_491_584;

    fn at(second: f64) -> Timestamp {
        Timestamp::from_second(START).expect("a moment") + SignedDuration::from_secs_f64(second)
    }

    fn lease(role: &str, second: f64, ttl: i64) -> Issued {
        Issued {
            role: role.into(),
            at: at(second),
            expires: Some(at(second) + SignedDuration::from_secs(ttl)),
            own_template: false,
        }
    }

    /// As the engine makes it: named `early` seconds before the lease, its end stamped at the same time.
    fn account(role: &str, second: f64, ttl: i64) -> Account {
        let short: String = role.chars().take(8).collect();
        let made = at(second).as_second();
        let until = made + ttl + LEEWAY.as_secs();
        Account {
            name: format!("v-approle-{short}-{:020}-{made}", fastrand::u32(..)).into(),
            until: Timestamp::from_second(until).ok(),
            login: true,
        }
    }

    #[test]
    fn leases_of_one_role_seconds_apart_are_told_apart() {
        let leases: Vec<_> = (0..2000_i32)
            .map(|n| lease("runtime-user", f64::from(n) + 0.3, 1800))
            .collect();
        let accounts: Vec<_> = (0..2000_i32)
            .rev()
            .map(|n| account("runtime-user", f64::from(n) + 0.2, 1800))
            .collect();
        let (found, left) = pair(&leases, &accounts);
        for (n, found) in found.iter().enumerate() {
            assert_eq!(*found, Match::Certain(1999 - n));
        }
        assert!(left.is_empty());
    }

    #[test]
    fn leases_of_one_second_are_ambiguous_unless_their_ends_differ() {
        let leases = [lease("runtime-user", 0.1, 1800), lease("runtime-user", 0.7, 1800)];
        let accounts = [account("runtime-user", 0.0, 1800), account("runtime-user", 0.6, 1800)];
        let (found, left) = pair(&leases, &accounts);
        assert_eq!(found, [Match::Ambiguous(vec![0, 1]), Match::Ambiguous(vec![0, 1])]);
        assert!(left.is_empty());
        let leases = [lease("runtime-user", 0.1, 1800), lease("runtime-user", 0.7, 3600)];
        let accounts = [account("runtime-user", 0.6, 3600), account("runtime-user", 0.0, 1800)];
        assert_eq!(pair(&leases, &accounts).0, [Match::Certain(1), Match::Certain(0)]);
    }

    #[test]
    fn what_is_too_many_on_either_side_is_left() {
        let leases = [lease("db-admin", 0.1, 300), lease("db-admin", 60.1, 300)];
        let accounts = [
            account("db-admin", 60.0, 300),
            account("db-admin", 120.0, 300),
            account("runtime-user", 0.0, 300),
        ];
        let (found, left) = pair(&leases, &accounts);
        assert_eq!(found, [Match::Missing, Match::Certain(0)]);
        assert_eq!(left, [1, 2]);
    }

    #[test]
    fn three_leases_with_two_roles_of_one_second_lack_one() {
        let leases = [0.1, 0.2, 0.3].map(|second| lease("db-admin", second, 300));
        let accounts = [0.0, 0.1].map(|second| account("db-admin", second, 300));
        let (found, left) = pair(&leases, &accounts);
        let missing = found.iter().filter(|found| **found == Match::Missing).count();
        assert_eq!((missing, left.len()), (1, 0));
    }

    #[test]
    fn a_renewed_lease_keeps_its_role_although_the_ends_differ() {
        let mut lease = lease("db-admin", 0.1, 300);
        lease.expires = Some(at(1000.0));
        assert_eq!(pair(&[lease], &[account("db-admin", 0.0, 300)]).0, [Match::Certain(0)]);
    }

    #[test]
    fn names_by_a_template_of_ones_own_are_told_by_their_end() {
        let mut lease = lease("db-admin", 0.1, 300);
        let mut account = account("db-admin", 0.0, 300);
        account.name = "ops_1".into();
        assert_eq!(
            pair(&[lease.clone()], std::slice::from_ref(&account)).0,
            [Match::Missing]
        );
        lease.own_template = true;
        assert_eq!(pair(&[lease], &[account]).0, [Match::Certain(0)]);
    }
}
