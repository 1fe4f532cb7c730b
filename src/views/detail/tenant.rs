//! A tenant: where it lives and how large it is.

use super::{backups, explain};
use crate::{
    facts::tenants::{self, Size},
    findings::Report,
    model::{Cell, Section, Target, Value},
    store::Snapshot,
    views::findings as list,
};

pub fn sections(target: &Target, world: &Snapshot) -> Option<Vec<Section>> {
    let tenant = tenants::of(world)?
        .tenants
        .iter()
        .find(|tenant| tenant.target == *target)?;
    let mut head = Section::new("tenant")
        .line("name", tenant.name.clone())
        .line("id", Value::Text(tenant.id().into()))
        .line("model", tenant.model.word())
        .link(
            "instance",
            Value::Text(tenant.instance().into()),
            Target::instance(tenant.instance()),
        );
    if !tenant.database().is_empty() {
        head = head.link(
            "database",
            Value::Text(tenant.database().into()),
            Target::database(tenant.instance(), tenant.database()),
        );
    }
    head = match &tenant.size {
        Size::Exact(size) => head.line("size", *size),
        Size::About(size) => head.line("size", Value::About(*size)),
        Size::Unseen(why) => head
            .line("size", Cell::unseen(why.clone()))
            .line("because", why.clone()),
    };
    head = head
        .line("rows, about", Cell::new(tenant.rows))
        .line("tables of its own", Cell::new(tenant.relations))
        .line("seen", tenant.at.map(Value::Began));
    if let Some(fault) = &tenant.fault {
        head = explain(head, fault);
    }
    let report = world.get::<Report>(&Target::fleet()).map(|seen| seen.value);
    let hurts = report
        .into_iter()
        .flat_map(|report| &report.findings)
        .filter(|finding| finding.hurts.includes(tenant));
    let hurt = hurts.fold(Section::new("hurt by"), |section, finding| {
        let what = Cell::new(finding.what.clone()).at(finding.severity);
        section.link(finding.severity.word(), what, list::target(finding))
    });
    Some(vec![hurt, head, backups::tenant(world, target)])
}
