//! Who is brought back, where, and from where.

use jiff::{Timestamp, tz::TimeZone};

use super::content::Rights;
use crate::{
    facts::tenants,
    model::{Backups, Beside, Isolation, Kind, Look, Place, Process, Request, Target, Text, plain, quote},
    ops::{
        Refusal,
        refusal::primary,
        source::chosen,
        survey::{Inquiries, Inquiry},
        tenant::forms,
    },
    store::Snapshot,
};

/// How long a dump may take, in seconds.
pub(in crate::ops) const HOURS: u64 = 6 * 3600;
/// Who, where, and from where.
pub(in crate::ops) struct Scene<'a> {
    /// The schema, or the database.
    pub(in crate::ops) id: &'a str,
    /// What people call the tenant.
    pub(in crate::ops) name: Text,
    pub(in crate::ops) model: Isolation,
    pub(in crate::ops) database: &'a str,
    /// The primary, in its maintenance database.
    pub(in crate::ops) live: Place,
    /// The copy, in the instance's own database.
    pub(in crate::ops) copy: Place,
    beside: Beside,
    backups: &'a Backups,
    world: &'a Snapshot,
}

/// Who is brought back, and what is its own: a schema, or a database.
pub(in crate::ops) struct Who<'a> {
    target: &'a Target,
    name: Text,
    model: Isolation,
    database: &'a str,
    id: &'a str,
}

/// Who is brought back: one that has a schema or a database of its own, or an instance, of which its database comes back.
pub(in crate::ops) fn who<'a>(request: &'a Request, world: &'a Snapshot) -> Result<Who<'a>, Refusal> {
    let [target] = request.targets.as_slice() else {
        return Err(Refusal::new("one tenant is brought back at a time"));
    };
    if let Some((name, database)) = with_instance(target, world) {
        let database = database?;
        let who = Who {
            target,
            name,
            model: Isolation::Instance,
            database,
            id: database,
        };
        return Ok(who);
    }
    let (model, name) = tenants::apart(world, target).ok_or_else(|| otherwise(target, world))?;
    Ok(Who {
        target,
        name,
        model,
        database: target.part(1),
        id: target.part(2),
    })
}

/// What people call a tenant that has an instance of its own, and the database that is the tenant's there.
fn with_instance<'a>(target: &Target, world: &'a Snapshot) -> Option<(Text, Result<&'a str, Refusal>)> {
    let all = tenants::of(world).map(|all| all.tenants.as_slice()).unwrap_or_default();
    let known = all.iter().find(|tenant| tenant.target == *target)?;
    let instance = world.fleet.instance(target.part(0))?;
    let track = world.fleet.track(&instance.name, Isolation::Instance);
    let database = track.and_then(|track| track.database.as_deref());
    let nowhere = || {
        Refusal::new(format!(
            "the fleet file does not say which database of {} is the tenant's",
            instance.name
        ))
        .hint("name it in [[migrations]]: models = [\"instance\"], database = …; or bring its rows back: restore")
    };
    let database = database.filter(|database| *database != instance.database);
    (known.model == Isolation::Instance).then(|| (known.name.clone(), database.ok_or_else(nowhere)))
}

impl<'a> Scene<'a> {
    pub(in crate::ops) fn of(request: &'a Request, world: &'a Snapshot) -> Result<Self, Refusal> {
        let Who {
            target,
            name,
            model,
            database,
            id,
        } = who(request, world)?;
        let instance = target.part(0);
        let beside = chosen(request, target, world)?;
        let backups = world.fleet.instance(instance).and_then(|found| found.backups.as_ref());
        let nowhere = || Refusal::new(format!("the fleet file does not say where copies of {instance} are"));
        Ok(Self {
            id,
            name,
            model,
            database,
            live: primary(world, instance)?,
            copy: Place::copy(instance, beside.id.raw(), beside.system.raw()),
            beside,
            backups: backups.ok_or_else(nowhere)?,
            world,
        })
    }

    /// When the copy was asked for.
    pub(in crate::ops) fn began(&self) -> Timestamp {
        self.beside.began
    }

    /// The moment of the copy.
    pub(in crate::ops) fn moment(&self) -> String {
        self.beside.moment.told(&TimeZone::UTC)
    }

    /// What it is that comes back, in a word.
    pub(in crate::ops) fn kind(&self) -> &'static str {
        match self.model {
            Isolation::Schema => "schema",
            Isolation::Shared | Isolation::Database | Isolation::Instance => "database",
        }
    }

    /// What stays as it is where more than that is the tenant's.
    pub(in crate::ops) fn holds(&self) -> Option<String> {
        (self.model == Isolation::Instance).then(|| {
            format!(
                "database: {} comes back; roles, settings and other databases of the instance stay as they are, and so does its \
                 address",
                self.database
            )
        })
    }

    /// What is its own, as a condition on `n` (`pg_namespace`).
    pub(in crate::ops) fn whose(&self) -> String {
        match self.model {
            Isolation::Schema => format!("n.nspname = {}", quote::literal(self.id)),
            _ => "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'".into(),
        }
    }

    /// What is to be said of something that is kept under this name: patterns of tenants may be of any kind.
    pub(in crate::ops) fn of_kept(&self, name: &str) -> &'static str {
        let database = match self.model {
            Isolation::Schema => self.database,
            _ => name,
        };
        let target = Target::new(Kind::Tenant, [self.live.server.part(0), database, name]);
        match tenants::apart(self.world, &target) {
            None => "",
            Some(_) => "; until then it looks like a tenant, by the pattern in the fleet file",
        }
    }

    /// What is set for who asks on either side, and who pours.
    pub(in crate::ops) fn settings() -> Vec<(String, String)> {
        let more = [
            // Whatever is searched for names.
            ("search_path", "''"),
            // Who dumps takes its time before it says the first word.
            ("idle_in_transaction_session_timeout", "'15min'"),
        ];
        let more = more.map(|(name, value)| (name.to_owned(), value.to_owned()));
        forms().chain(more).collect()
    }

    /// A query in the copy of its database.
    pub(in crate::ops) fn ask_copy(&self, sql: String) -> Inquiry {
        Inquiry::Look(Look {
            sql: self.copy.database(self.database).sql(sql),
            role: None,
            settings: Self::settings(),
        })
    }

    /// What says all of it, on the host of the backups; of what becomes somebody else's without owners and rights.
    pub(in crate::ops) fn dump(&self, rights: Rights) -> Result<Process, Refusal> {
        let id = format!("--id={}", self.copy.server.part(1));
        let database = format!("--database={}", plain::plain(self.database));
        let schema = format!("--schema={}", plain::plain(self.id));
        let mut words = vec!["dump", &id, &database];
        words.extend((self.model == Isolation::Schema).then_some(schema.as_str()));
        words.extend((rights == Rights::Others).then_some("--unowned"));
        let nowhere = || Refusal::new("the fleet file does not say where copies are");
        Ok(Process {
            place: self.copy.clone(),
            words: self.backups.beside(&words).ok_or_else(nowhere)?,
            within: HOURS,
        })
    }
}

/// Why a tenant cannot be brought back whole, and what can be done instead.
fn otherwise(target: &Target, world: &Snapshot) -> Refusal {
    let all = tenants::of(world).map(|all| all.tenants.as_slice()).unwrap_or_default();
    match all
        .iter()
        .find(|tenant| tenant.target == *target)
        .map(|tenant| tenant.model)
    {
        Some(_) => Refusal::new(format!(
            "{target} shares its tables with others, who would be brought back with it"
        ))
        .hint("bring its rows back: restore"),
        None => Refusal::new(format!("the fleet file knows of no place for {target}"))
            .hint("a tenant with a schema or a database of its own is INSTANCE/DATABASE/ID, also where it was dropped"),
    }
}

/// Several inquiries by name.
pub(in crate::ops) fn all<const N: usize>(all: [(&str, Inquiry); N]) -> Inquiries {
    all.into_iter()
        .map(|(name, inquiry)| (name.to_owned(), inquiry))
        .collect()
}
