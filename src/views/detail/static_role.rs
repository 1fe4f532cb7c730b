//! A static role: whose password it changes, when it did, and when it will.

use super::{age, explain, lease};
use crate::{
    facts::{credentials::Credentials, engine::StaticRoles},
    model::{Cell, Kind, Section, Target, Value},
    store::Snapshot,
};

pub fn sections(target: &Target, world: &Snapshot) -> Option<Vec<Section>> {
    let vault = Target::vault();
    let seen = world.get::<StaticRoles>(&vault)?;
    let read = seen.value.0.get(&target.name())?;
    let all = world.get::<Credentials>(&vault)?.value;
    let fixed = all.statics.iter().find(|fixed| fixed.name == target.name())?;
    let state = &fixed.state;
    let mut head = Section::new("static role")
        .line("name", fixed.name.clone())
        .line("state", Cell::new(state.word()).at(state.severity()));
    head = match (&fixed.instance, &fixed.user) {
        (Some(instance), Some(user)) => {
            let role = Target::new(Kind::Role, [instance.clone(), user.clone()]);
            head.link("instance", instance.clone(), Target::instance(instance.raw()))
                .link("role in PostgreSQL", user.clone(), role)
        }
        (_, user) => head.line("role in PostgreSQL", Cell::new(user.clone())),
    };
    head = head
        .line("connection", Cell::new(read.value.connection.clone()))
        .line("password changed", Cell::new(fixed.rotated.map(Value::Began)))
        .line(
            "changes next",
            Cell::new(fixed.due.map(Value::Ends)).at(state.severity()),
        )
        .line("changes every", Cell::new(read.value.period))
        .line("schedule", Cell::new(read.value.schedule.clone()));
    head = read.fault.iter().fold(age(head, &seen), explain);
    let users: Vec<_> = fixed.user.iter().cloned().collect();
    Some(vec![head, lease::connected(world, fixed.instance.as_ref(), &users)])
}
