//! A row for each credential, worst first and then the one that ends soonest.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::{
    facts::{
        credentials::{Credentials, Fixed, Ghost, Holding, Leftover, State, User, Users, ghosts},
        engine::StaticRoles,
        leases::{self, Leases},
        roles::Roles,
        sessions::Sessions,
        token::Token,
    },
    findings::credentials as judge,
    model::{Cell, Fault, Kind, Row, Severity, Target, Text, Value},
    store::{Seen, Snapshot},
};

/// What a row shows; what is not given is blank.
struct Shown {
    kind: &'static str,
    instance: Option<Text>,
    role: Cell,
    state: Cell,
    ends: Option<Timestamp>,
    sessions: Cell,
    issued: Option<Timestamp>,
    user: Cell,
    lease: Cell,
    renewable: Option<bool>,
    limit: Option<Timestamp>,
    token: Option<Text>,
    why: Option<Text>,
}

/// When its source was read, and why that grows old.
type Age = (Option<Timestamp>, Option<Fault>);

/// Every row.
pub fn all(world: &Snapshot) -> Vec<Row> {
    let vault = Target::vault();
    let users = Users::of(world);
    let mut rows = Vec::new();
    if let Some(all) = world.get::<Credentials>(&vault).map(|seen| seen.value) {
        let age = age(world.get::<Leases>(&vault));
        rows.extend(
            all.leases
                .iter()
                .map(|lease| of_lease(lease, &users, world.taken, &age)),
        );
        let age = self::age(world.get::<StaticRoles>(&vault));
        rows.extend(
            all.statics
                .iter()
                .map(|fixed| of_static(fixed, &users, world.taken, &age)),
        );
        rows.extend(all.leftovers.iter().map(|left| of_leftover(world, left, &users)));
    }
    rows.extend(ghosts(world).map(|ghost| of_ghost(world, &ghost)));
    rows.extend(world.get::<Token>(&vault).map(|seen| of_token(&seen, world.taken)));
    rows.sort_by(|(ends, a), (later, b)| {
        let key = |ends: &Option<Timestamp>, row: &Row| (Reverse(row.severity), ends.unwrap_or(Timestamp::MAX));
        key(ends, a).cmp(&key(later, b)).then_with(|| a.target.cmp(&b.target))
    });
    rows.into_iter().map(|(_, row)| row).collect()
}

fn age<T>(seen: Option<Seen<'_, T>>) -> Age {
    (seen.map(|seen| seen.at), seen.and_then(|seen| seen.fault.cloned()))
}

fn of_lease(lease: &Holding, users: &Users, now: Timestamp, age: &Age) -> (Option<Timestamp>, Row) {
    let ending = judge::ending(lease, judge::in_use(lease, users).unwrap_or_default(), now);
    let state = if ending > Severity::Ok {
        Cell::new("ending").at(ending)
    } else {
        state(&lease.state)
    };
    let shown = Shown {
        kind: "lease",
        instance: lease.instance.clone(),
        role: Cell::new(lease.role.clone()),
        state,
        ends: lease.ends,
        sessions: match lease.user.names() {
            [user] => sessions(users, lease.instance.as_ref(), user),
            _ => Cell::blank(),
        },
        issued: lease.issued,
        user: user(&lease.user),
        lease: Cell::new(leases::short(&lease.id)),
        renewable: lease.renewable,
        limit: lease.limit,
        token: lease.token.clone(),
        why: why(&lease.state),
    };
    shown.row(now, leases::target(&lease.id), age.clone())
}

fn of_static(fixed: &Fixed, users: &Users, now: Timestamp, age: &Age) -> (Option<Timestamp>, Row) {
    let shown = Shown {
        kind: "static",
        instance: fixed.instance.clone(),
        role: Cell::new(fixed.name.clone()),
        state: state(&fixed.state),
        ends: fixed.due,
        sessions: match &fixed.user {
            Some(user) => sessions(users, fixed.instance.as_ref(), user),
            None => Cell::blank(),
        },
        issued: fixed.rotated,
        user: Cell::new(fixed.user.clone()),
        lease: Cell::blank(),
        renewable: None,
        limit: None,
        token: None,
        why: why(&fixed.state),
    };
    shown.row(now, Target::new(Kind::StaticRole, [fixed.name.clone()]), age.clone())
}

fn of_leftover(world: &Snapshot, left: &Leftover, users: &Users) -> (Option<Timestamp>, Row) {
    let shown = Shown {
        kind: "role",
        instance: Some(left.instance.clone()),
        role: Cell::blank(),
        state: state(&left.state),
        ends: left.until,
        sessions: sessions(users, Some(&left.instance), &left.user),
        issued: Some(left.issued),
        user: Cell::new(left.user.clone()),
        lease: Cell::new("none"),
        renewable: None,
        limit: None,
        token: None,
        why: None,
    };
    let age = age(world.get::<Roles>(&Target::instance(left.instance.raw())));
    shown.row(
        world.taken,
        Target::new(Kind::Role, [left.instance.clone(), left.user.clone()]),
        age,
    )
}

fn of_ghost(world: &Snapshot, ghost: &Ghost<'_>) -> (Option<Timestamp>, Row) {
    let oid = ghost.session.user_oid.unwrap_or_default();
    let shown = Shown {
        kind: "session",
        instance: Some(ghost.server.part(0).into()),
        role: Cell::blank(),
        state: Cell::new("role dropped").at(Severity::Warning),
        ends: None,
        sessions: Cell::new(1_u64),
        issued: ghost.session.started,
        user: Cell::new(format!("dropped, oid {oid}")),
        lease: Cell::blank(),
        renewable: None,
        limit: None,
        token: None,
        why: ghost.session.application.clone(),
    };
    let age = age(world.get::<Sessions>(ghost.server));
    shown.row(world.taken, ghost.session.target(ghost.server), age)
}

fn of_token(seen: &Seen<'_, Token>, now: Timestamp) -> (Option<Timestamp>, Row) {
    let token = seen.value;
    let near = if seen.fault.is_some() {
        Severity::Ok
    } else {
        judge::near(token, now)
    };
    let shown = Shown {
        kind: "token",
        instance: None,
        role: Cell::new("(our own)"),
        state: Cell::new(if near > Severity::Ok { "ending" } else { "ok" }).at(near),
        ends: token.ends,
        sessions: Cell::blank(),
        issued: token.issued,
        user: Cell::blank(),
        lease: Cell::blank(),
        renewable: Some(token.renewable),
        limit: None,
        token: Some(token.name.clone()),
        why: None,
    };
    shown.row(now, Target::vault(), age(Some(*seen)))
}

fn sessions(users: &Users, instance: Option<&Text>, user: &Text) -> Cell {
    let Some(instance) = instance else { return Cell::blank() };
    let told = users.sessions(instance, user);
    told.map_or_else(
        || Cell::unseen("no server of the instance told its sessions"),
        Cell::new,
    )
}

fn state(state: &State) -> Cell {
    match state {
        State::Unknown { why } => Cell::unseen(why.clone()),
        state => Cell::new(state.word()).at(state.severity()),
    }
}

fn why(state: &State) -> Option<Text> {
    match state {
        State::Irrevocable { why } | State::Unknown { why } => Some(why.clone()),
        _ => None,
    }
}

fn user(user: &User) -> Cell {
    match user {
        User::Certain(name) => Cell::new(name.clone()),
        User::Ambiguous(names) => {
            let names: Vec<String> = names.iter().map(Text::to_string).collect();
            Cell::new(format!("ambiguous: {}", names.join(" or ")))
        }
        User::Missing => Cell::new("none"),
        User::Unseen(why) => Cell::unseen(why.clone()),
    }
}

impl Shown {
    fn row(self, now: Timestamp, target: Target, (seen, fault): Age) -> (Option<Timestamp>, Row) {
        // Its end has passed while nobody could say whether it was renewed: it was well, and that is all that is known.
        let overtaken = fault.is_some() && self.ends.is_some_and(|ends| ends <= now);
        let state = match self.state.severity {
            Severity::Ok if overtaken => Cell::unseen("its end has passed since it was last seen"),
            _ => self.state,
        };
        let severity = state.severity;
        // A static role's moment is a change, a lease's is an end: it has the severity of the state either way.
        let cells = vec![
            Cell::new(self.kind),
            Cell::new(self.instance),
            self.role,
            state,
            Cell::new(self.ends.map(Value::Ends)).at(severity),
            self.sessions,
            Cell::new(self.issued.map(Value::Began)),
            self.user,
            self.lease,
            Cell::new(self.renewable),
            Cell::new(self.limit.map(Value::Ends)),
            Cell::new(self.token),
            Cell::new(self.why),
        ];
        let row = Row {
            target,
            cells,
            severity,
            seen,
            fault,
        };
        (self.ends, row)
    }
}
