//! What a credential's times say of it. Only what was read after a moment can say that the moment has passed.

use jiff::{SignedDuration, Timestamp};

use super::{Holding, State, User, books::Book};

/// The engine revokes a lease within moments of its end.
const REVOKING: SignedDuration = SignedDuration::from_secs(2);
/// It looks at its queue of rotations every five seconds.
const ROTATING: SignedDuration = SignedDuration::from_secs(15);

/// The end of the role that a lease stands for; of several that it may be, the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleEnd {
    /// There is no role.
    NoRole,
    /// Its password is good for ever.
    Never,
    /// `VALID UNTIL`, on our clock.
    At(Timestamp),
}

/// Looks the role up.
pub fn role_end(holding: &Holding, book: &Book, ours: impl Fn(Timestamp) -> Timestamp) -> RoleEnd {
    let named = |account: &&super::pair::Account| holding.user.names().contains(&account.name);
    let ends: Vec<Option<Timestamp>> = book
        .accounts
        .iter()
        .filter(named)
        .map(|account| account.until)
        .collect();
    match ends.iter().copied().min_by_key(|end| end.map(std::cmp::Reverse)) {
        None => RoleEnd::NoRole,
        Some(None) => RoleEnd::Never,
        Some(Some(end)) => RoleEnd::At(ours(end)),
    }
}

/// How a lease stands that is neither irrevocable nor unread. `read` is when it was looked up, `seen` when the roles were.
pub fn lease(holding: &Holding, read: Timestamp, role: RoleEnd, seen: Timestamp) -> State {
    let over = holding.ends.is_some_and(|end| read > end + REVOKING);
    match role {
        RoleEnd::NoRole if holding.user == User::Missing => State::RoleGone,
        RoleEnd::NoRole => State::Ok,
        RoleEnd::Never if over => State::PastEnd { opens: true },
        RoleEnd::At(until) if over => State::PastEnd { opens: until > seen },
        // Whoever renews a lease sets the end of its role first: this one was not renewed with it.
        RoleEnd::At(until) if until < seen.min(read) => State::RoleEnded,
        RoleEnd::Never | RoleEnd::At(_) => State::Ok,
    }
}

/// How a role stands that no lease explains.
pub fn leftover(until: Option<Timestamp>, seen: Timestamp) -> State {
    match until {
        Some(until) if until < seen => State::PastEnd { opens: false },
        _ => State::NoLease { until },
    }
}

/// How a static role stands whose password was due to change.
pub fn fixed(due: Option<Timestamp>, read: Timestamp) -> State {
    match due {
        Some(due) if read > due + ROTATING => State::Overdue,
        _ => State::Ok,
    }
}
