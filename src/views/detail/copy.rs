//! A copy: what it is of, at which moment, and how it stands.

use super::age;
use crate::{
    facts::copies,
    model::{Cell, Copies, Section, Target, Value},
    store::Snapshot,
    views::copies::{asked, severity},
};

pub fn sections(target: &Target, world: &Snapshot) -> Option<Vec<Section>> {
    let instance = Target::instance(target.part(0));
    let seen = world.get::<Copies>(&instance)?;
    let copy = copies::find(world, target)?;
    let severity = severity(copy);
    let mut head = Section::new("copy")
        .line("name", copy.id.clone())
        .line("state", Cell::new(copy.stage.word()).at(severity));
    if let Some(why) = &copy.why {
        head = head.line("why", Cell::new(why.clone()).at(severity));
    }
    head = head
        .link("of instance", instance.name(), instance.clone())
        .line("asked for", asked(copy))
        .line("begun", Value::Began(copy.began))
        .line("there since", Cell::new(copy.ended.map(Value::Began)))
        .line("system identifier", copy.system.clone())
        .line("stanza", copy.stanza.clone());
    let mut all = vec![age(head, &seen)];
    if let Some(server) = &copy.server {
        all.push(
            Section::new("server")
                .line("version", server.version.clone())
                .line("last commit in it", Cell::new(server.commit.map(Value::At)))
                .line("has replayed up to", Value::Lsn(server.reached))
                .line("timeline", u64::try_from(server.timeline).unwrap_or_default())
                .line("takes", Value::Bytes(server.bytes))
                .line("process", Cell::new(copy.pid.map(|pid| Value::Count(pid.into())))),
        );
    }
    Some(all)
}
