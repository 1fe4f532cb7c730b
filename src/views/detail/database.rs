//! A database of an instance.

use super::age;
use crate::{
    facts::{databases::Databases, tenants},
    model::{Cell, Section, Target, Value},
    store::Snapshot,
};

pub fn sections(target: &Target, world: &Snapshot) -> Option<Vec<Section>> {
    let instance = Target::instance(target.part(0));
    let seen = world.get::<Databases>(&instance)?;
    let database = seen.value.find(target.part(1))?;
    let count = |n: i64| u64::try_from(n).unwrap_or_default();
    let head = Section::new("database")
        .link("instance", Value::Text(target.part(0).into()), instance)
        .line("owner", database.owner.clone())
        .line("we may connect", database.open_to_us())
        .line("sessions", count(database.counters.backends))
        .line("transaction ids used", count(database.xid_age))
        .line("multixacts used", count(database.multixact_age))
        .line("deadlocks", count(database.counters.deadlocks))
        .line(
            "checksum failures",
            Cell::new(database.counters.checksum_failures.map(count)),
        );
    let here = |tenant: &&tenants::Tenant| tenant.instance() == target.part(0) && tenant.database() == target.part(1);
    let lives = tenants::of(world).into_iter().flat_map(|all| &all.tenants).filter(here);
    let tenants = lives
        .take(50)
        .fold(Section::new("tenants, the first fifty"), |section, tenant| {
            section.link(tenant.model.word(), tenant.name.clone(), tenant.target.clone())
        });
    Some(vec![age(head, &seen), tenants])
}
