//! Take a tenant's data away for good: its schema or its database, and the roles that were its alone. It must have been shut out
//! first, and for as long as the policy says; a backup with all of it must be there, and have been tried. It is bound to the
//! number of what was shut out, so that another one of the same name is not meant.

use jiff::Timestamp;

use super::{Who, gone, own::Own, remains::Remains};
use crate::{
    facts::{
        backups::{
            Catalogue, Standing,
            tested::{Tested, Tests},
        },
        pulse::Pulse,
        runs::Runs,
        server::Setup,
        tenants::{Size, Tenant, Tenants},
    },
    model::{Backup, Farewell, Isolation, Kind, Place, Plan, Request, Retention, Target, Text, Tree, plural},
    ops::{
        Ask, Operation, Refusal,
        actor::Attribute,
        blank,
        confirm::{Stake, tier},
        copies::repository::{self, cluster, worker},
        refusal::primaries,
        rotate,
        survey::{Inquiries, Inquiry, Known},
    },
    store::{Fact, Snapshot},
};

const RETENTION: &str = "how long backups are kept";
/// To ask the repository, in seconds.
const WITHIN: u64 = 60;

/// The operation.
pub struct Purge;

impl Operation for Purge {
    fn name(&self) -> &'static str {
        "purge"
    }

    fn letter(&self) -> char {
        'P'
    }

    fn about(&self) -> &'static str {
        "take the data of a tenant away for good that was shut out"
    }

    fn takes(&self) -> Kind {
        Kind::Tenant
    }

    fn asks(&self) -> &'static [Ask] {
        &[Ask {
            name: "backups",
            words: &["outlive", "uncertain"],
            about: "whether it must be known how long they are kept",
        }]
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME, Setup::NAME, Tenants::NAME, Catalogue::NAME, Runs::NAME]
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        let (who, known) = (one(request, world)?, Known::of(world));
        let standing = repository::kept(&Target::instance(who.target.part(0)), world)?;
        let mut all = Attribute::CreateRole.inquiry(&who.place);
        all.insert(who.entered(), Inquiry::Rows(who.place.sql(who.asks())));
        let retention = worker(&standing, cluster(&standing, world)?, "retention", &[], WITHIN);
        all.insert(RETENTION.into(), Inquiry::Process(retention));
        all.extend(world.fleet.vault.as_deref().map(rotate::roles));
        if let Ok(inside) = who.inside(known) {
            let more = [
                (who.remain(), who.asks_roles(&inside)),
                (who.dropped_by(), gone::droppers(&who.own, &inside)),
                (who.held(), gone::holders(&who.own, &inside)),
            ];
            all.extend(more.map(|(name, sql)| (name, Inquiry::Rows(who.place.sql(sql)))));
        }
        Ok(all)
    }

    fn changes(&self, request: &Request, world: &Snapshot) -> Result<Vec<Place>, Refusal> {
        primaries(world, &request.targets)
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let (who, known) = (one(request, world)?, Known::of(world));
        let inside = who.inside(known)?;
        let since = who.shut_since(&inside)?;
        let standing = repository::kept(&Target::instance(who.target.part(0)), world)?;
        let backup = who.is_kept(since, &standing, world)?;
        let mount = world.fleet.vault.as_deref().unwrap_or_default();
        if let Some((role, _)) = who.leased(mount, known)?.first() {
            let what = format!(
                "the secrets server still issues logins of {}",
                Text::from(role.as_str())
            );
            return Err(Refusal::new(what).hint("shut it out anew: disable"));
        }
        who.is_free(known)?;
        let remains = who.remains(known)?;
        let kept = how_long(known);
        let mut touches = vec![
            (
                who.known.name.to_string(),
                format!("{}, and all that is in it", who.own.shown()),
            ),
            ("it can be had back from".into(), backup),
            ("backups with it are kept".into(), told(kept)),
        ];
        touches.extend(roles(&remains));
        Ok(Plan {
            title: format!("take {} away for good", who.known.name),
            steps: Tree::seq(gone::steps(&who, &inside, &remains, world)?),
            touches,
            seen: vec![
                ("who gets in all the same".to_owned(), who.still(&inside)),
                ("how much it is".to_owned(), amount(who.known)),
            ],
            lost: vec![format!("{}: everything that is its own", who.known.name)],
            farewell: Some(Farewell {
                since,
                kept,
                accepted: request.said("backups") == Some("uncertain"),
            }),
            confirm: tier(
                world.fleet.environment,
                &request.targets,
                Stake::Loss(who.known.name.raw()),
            ),
            ..blank(request, world)
        })
    }
}

/// Each is read and typed by itself.
fn one<'a>(request: &'a Request, world: &'a Snapshot) -> Result<Who<'a>, Refusal> {
    let [target] = request.targets.as_slice() else {
        let refusal = Refusal::new("one tenant is taken away at a time, so that each is read and typed");
        return Err(refusal.hint("name one"));
    };
    let who = Who::of(target, world)?;
    if who.known.model == Isolation::Instance {
        let what = format!("{} has an instance of its own, which goes as a whole", who.known.name);
        return Err(Refusal::new(what).hint("stop its servers, and take it out of the fleet file"));
    }
    Ok(who)
}

/// What the repository says of how long it keeps backups; none where nobody tells.
fn how_long(known: Known<'_>) -> Option<Retention> {
    known.rows(RETENTION).ok()??.first()?.parse().ok()
}

fn many(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn told(kept: Option<Retention>) -> String {
    match kept {
        Some(Retention::Always) => "for ever, as their configuration says".into(),
        Some(Retention::Days(days)) => format!(
            "for {} at least, as their configuration says",
            plural(many(days), "day")
        ),
        Some(Retention::Fulls(count)) => {
            format!(
                "until there are {}, as their configuration says",
                plural(many(count), "younger full one")
            )
        }
        None => "as long as nobody tells".into(),
    }
}

fn roles(remains: &[Remains]) -> Vec<(String, String)> {
    let shown = |one: &Remains| format!("role {}", Text::from(one.role.as_str()));
    let line = |one: &Remains| {
        let words = if one.goes() {
            "goes with it".to_owned()
        } else {
            format!("stays: {}", one.stays())
        };
        (shown(one), words)
    };
    remains.iter().map(line).collect()
}

/// How much is taken away.
fn amount(known: &Tenant) -> String {
    let size = match &known.size {
        Size::Exact(size) => size.to_string(),
        Size::About(size) => format!("about {size}"),
        Size::Unseen(why) => format!("not measured: {why}"),
    };
    let tables = known
        .relations
        .map(|count| format!("{}, ", plural(many(count), "table")));
    let rows = known.rows.map(|rows| format!("about {}, ", plural(many(rows), "row")));
    format!("{}{}{size}", tables.unwrap_or_default(), rows.unwrap_or_default())
}

impl Who<'_> {
    /// A backup that was complete after nobody got in any more, and whether that it can be had back was tried since.
    fn is_kept(&self, since: Timestamp, standing: &Standing<'_>, world: &Snapshot) -> Result<String, Refusal> {
        let later: Vec<&Backup> = standing.good().filter(|backup| backup.began > since).collect();
        if later.is_empty() {
            let what = format!(
                "no backup that can be restored was begun since {} is shut out ({since:.0})",
                self.known.name
            );
            return Err(Refusal::new(what).hint(format!("make one: backup of {}", standing.target.part(0))));
        }
        let tested = Tests::of(world).tenant(self.target);
        if let Tested::At(at) = tested
            && let Some(backup) = later.iter().rfind(|backup| backup.ended < at)
        {
            return Ok(format!(
                "backup {}, and whether it can be was tried at {at:.0}",
                backup.label
            ));
        }
        let (what, hint) = match tested {
            Tested::At(_) | Tested::Never => (
                format!(
                    "whether {} can be had back was not tried since a backup has all of it",
                    self.known.name
                ),
                "try it: verify-restore",
            ),
            Tested::Unknown(why) => (
                format!(
                    "whether it was tried that {} can be had back is not known: {why}",
                    self.known.name
                ),
                "see `tenantry runs`",
            ),
        };
        Err(Refusal::new(what).hint(hint))
    }

    /// Nothing of others hangs on it.
    fn is_free(&self, known: Known<'_>) -> Result<(), Refusal> {
        let holders = known
            .rows(&self.held())?
            .ok_or_else(|| Refusal::new("nothing was found out yet"))?;
        if holders.is_empty() {
            return Ok(());
        }
        let shown: Vec<String> = holders
            .iter()
            .map(|holder| Text::from(holder.as_str()).to_string())
            .collect();
        let own = match &self.own {
            Own::Schema(_) => "would go with it",
            Own::Database(_) => "holds it",
        };
        let what = format!("{}: what is not its own {own}: {}", self.own.shown(), shown.join("; "));
        Err(Refusal::new(what).hint("drop that first, where nobody needs it"))
    }
}
