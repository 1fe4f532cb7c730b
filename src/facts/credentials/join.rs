//! The join itself: leases with roles, static roles with roles, and the roles that are left.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::{
    Credentials, Fixed, Holding, Leftover, State, User,
    books::{Book, Engine, books},
    judge::Judge,
    name::{self, Name},
    pair::{Issued, Match, pair},
    weigh,
};
use crate::{
    facts::{
        engine::{Connections, DynamicRoles, Read, StaticRole, StaticRoles},
        leases::{self, Lease, Leases},
        roles::Roles,
        vault::VaultState,
    },
    model::{Kind, Target, Text},
    store::{Derived, Fact, Sealed, Snapshot},
};

/// A lease and its role are made within this time of each other.
const MAKING: SignedDuration = SignedDuration::from_secs(2);

const SOURCES: [&str; 6] = [
    VaultState::NAME,
    Leases::NAME,
    DynamicRoles::NAME,
    StaticRoles::NAME,
    Connections::NAME,
    Roles::NAME,
];

/// How it follows.
pub const DERIVED: Derived = Derived {
    name: Credentials::NAME,
    from: &SOURCES,
    make: derive,
};

/// Joins anew where one of the facts has changed.
pub(super) fn derive(world: &mut Snapshot) {
    let target = Target::vault();
    let from: Vec<u64> = SOURCES.iter().map(|fact| world.generation(fact)).collect();
    let before = world.get::<Credentials>(&target).map(|seen| seen.value);
    if world.fleet.vault.is_none() || before.is_some_and(|before| before.from == from) {
        return;
    }
    let joined = Credentials {
        from,
        ..join(world, before)
    };
    world.take(Credentials::NAME, &target, world.taken, Ok(Sealed::of(joined)));
}

/// Joins both sides as they are in this snapshot.
pub(super) fn join(world: &Snapshot, before: Option<&Credentials>) -> Credentials {
    let books = books(world);
    let mut join = Join {
        engine: Engine::of(world),
        judge: Judge::new(world.taken, before),
        made: Credentials::default(),
    };
    join.leases(&books);
    if let Some(statics) = world.get::<StaticRoles>(&Target::vault()) {
        for (name, read) in &statics.value.0 {
            join.fixed(name, read, statics.fault.is_none(), &books);
        }
    }
    if join.engine.is_fresh() {
        let fresh = |book: &Result<Book, Text>| book.as_ref().is_ok_and(|book| book.fresh);
        let compared = books
            .iter()
            .filter(|(_, book)| fresh(book))
            .map(|(name, _)| name.clone());
        join.judge.compared.extend(compared);
    }
    Credentials {
        suspects: join.judge.suspects,
        compared: join.judge.compared,
        ..join.made
    }
}

type Books = BTreeMap<Text, Result<Book, Text>>;
type Held<'a> = Vec<(&'a Text, &'a Lease)>;

/// One side, what was noticed, and what is made of it.
struct Join<'a> {
    engine: Engine<'a>,
    judge: Judge<'a>,
    made: Credentials,
}

impl Join<'_> {
    /// Every lease by the instance that it opens: each instance is paired for itself.
    fn leases(&mut self, books: &Books) {
        let Some(leases) = self.engine.leases else { return };
        let mut by_instance: HashMap<Text, Held<'_>> = HashMap::new();
        for (id, lease) in &leases.value.leases {
            match self.engine.place(&lease.role) {
                Ok(instance) => by_instance
                    .entry(instance.name.as_str().into())
                    .or_default()
                    .push((id, lease)),
                // What opens no instance of the fleet file is shown all the same.
                Err(why) => self.hold(id, lease, None, User::Unseen(why)),
            }
        }
        for (instance, book) in books {
            let held = by_instance.remove(instance).unwrap_or_default();
            match book {
                Ok(book) => self.instance(instance, &held, book, leases.value.listed),
                Err(why) => {
                    for (id, lease) in held {
                        self.hold(id, lease, Some(instance), User::Unseen(why.clone()));
                    }
                }
            }
        }
        self.made.leases.sort_by(|a, b| a.id.cmp(&b.id));
    }

    fn instance(&mut self, instance: &Text, held: &Held<'_>, book: &Book, listed: Timestamp) {
        let issued: Vec<Issued> = held.iter().filter_map(|(_, lease)| self.engine.issued(lease)).collect();
        let (found, left) = pair(&issued, &book.accounts);
        let mut found = found.into_iter();
        for (id, lease) in held {
            let Some(terms) = &lease.terms else {
                self.hold(
                    id,
                    lease,
                    Some(instance),
                    User::Unseen("its lease was not looked up yet".into()),
                );
                continue;
            };
            self.hold(id, lease, Some(instance), user(found.next(), book));
            let Some(holding) = self.made.leases.last_mut() else {
                continue;
            };
            let until = weigh::role_end(holding, book, |theirs| self.engine.on_our_clock(theirs));
            if let State::Ok = holding.state {
                holding.state = weigh::lease(holding, terms.at, until, book.at);
            }
            // Read before the lease was made, the roles cannot hold its role.
            if holding.state == State::RoleGone {
                let made = book.at > terms.issued + MAKING;
                let target = leases::target(&holding.id);
                let fresh = self.engine.is_fresh() && book.fresh;
                // Revoking drops the role first and the lease after: the list has to have it still.
                if !self.judge.counts(&target, instance, made, listed, fresh) {
                    holding.state = State::Checking;
                }
            }
        }
        self.leftovers(instance, held, book, &left, listed);
    }

    fn hold(&mut self, id: &Text, lease: &Lease, instance: Option<&Text>, user: User) {
        let terms = lease.terms.as_ref();
        let ours = |theirs| self.engine.on_our_clock(theirs);
        let limit = terms.and_then(|terms| terms.issued.checked_add(self.engine.role(&lease.role)?.max_ttl?).ok());
        let state = match (&lease.irrevocable, &user) {
            (Some(why), _) => State::Irrevocable { why: why.clone() },
            (None, User::Unseen(why)) => State::Unknown { why: why.clone() },
            (None, _) => State::Ok,
        };
        self.made.leases.push(Holding {
            id: id.clone(),
            role: lease.role.clone(),
            instance: instance.cloned(),
            token: token(&user, lease.role.raw()),
            user,
            issued: terms.map(|terms| ours(terms.issued)),
            ends: terms.and_then(|terms| terms.expires).map(ours),
            renewable: terms.map(|terms| terms.renewable),
            limit: limit.map(ours),
            state,
        });
    }

    fn leftovers(&mut self, instance: &Text, held: &Held<'_>, book: &Book, left: &[usize], listed: Timestamp) {
        let unread = held.iter().filter(|(_, lease)| lease.terms.is_none());
        let unread: Vec<&str> = unread.map(|(_, lease)| lease.role.raw()).collect();
        for account in left.iter().map(|n| &book.accounts[*n]).filter(|account| account.login) {
            let Some(name) = name::read(account.name.raw()) else {
                continue;
            };
            let issued = self.engine.on_our_clock(name.issued);
            // Its lease may be among those that were not looked up.
            if unread.iter().any(|role| name.is_of(role)) {
                continue;
            }
            let made = listed > issued + MAKING;
            let target = Target::new(Kind::Role, [instance.clone(), account.name.clone()]);
            let fresh = self.engine.is_fresh() && book.fresh;
            // Once its lease is gone from the list the role should be gone too: it has to be there still.
            if self.judge.counts(&target, instance, made, book.at, fresh) {
                let until = account.until.map(|until| self.engine.on_our_clock(until));
                self.made.leftovers.push(Leftover {
                    instance: instance.clone(),
                    user: account.name.clone(),
                    issued,
                    until,
                    state: weigh::leftover(until, book.at),
                });
            }
        }
    }

    fn fixed(&mut self, name: &Text, read: &Read<StaticRole>, fresh: bool, books: &Books) {
        let role = &read.value;
        let instance = self.engine.instance(role.connection.as_ref());
        let instance: Option<Text> = instance.ok().map(|instance| instance.name.as_str().into());
        let due = role.due().map(|due| self.engine.on_our_clock(due));
        let state = match &read.fault {
            Some(fault) => State::Unknown {
                why: fault.what.clone(),
            },
            None => weigh::fixed(due, read.at),
        };
        let book = instance
            .as_ref()
            .and_then(|name| Some((name, books.get(name)?.as_ref().ok()?)));
        let state = match (state, book, &role.username) {
            (State::Ok, Some((instance, book)), Some(user)) if !book.has(user) => {
                let target = Target::new(Kind::StaticRole, [name.clone()]);
                let counts = self.judge.counts(&target, instance, true, book.at, fresh && book.fresh);
                if counts { State::RoleGone } else { State::Checking }
            }
            (state, ..) => state,
        };
        self.made.statics.push(Fixed {
            name: name.clone(),
            instance,
            user: role.username.clone(),
            rotated: role.rotated.map(|at| self.engine.on_our_clock(at)),
            due,
            state,
        });
    }
}

fn user(found: Option<Match>, book: &Book) -> User {
    let name = |n: usize| book.accounts[n].name.clone();
    match found {
        Some(Match::Certain(account)) => User::Certain(name(account)),
        Some(Match::Ambiguous(accounts)) => User::Ambiguous(accounts.into_iter().map(name).collect()),
        Some(Match::Missing) | None => User::Missing,
    }
}

/// The token's name, where all that the user may be agree on it.
fn token(user: &User, role: &str) -> Option<Text> {
    let mut tokens = user
        .names()
        .iter()
        .map(|name| name::read(name.raw()).and_then(|name: Name<'_>| name.token(role)));
    let first = tokens.next()??;
    tokens.all(|token| token == Some(first)).then(|| first.into())
}
