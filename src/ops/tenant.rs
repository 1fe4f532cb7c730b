//! A tenant, and where its tables are.

use super::Refusal;
use crate::{
    facts::tenants::{self, Tenant},
    model::{Isolation, Sharing, Target, quote},
    store::Snapshot,
};

/// A tenant and its tables.
pub struct Home<'a> {
    /// Who it is.
    pub known: &'a Tenant,
    /// The database that its tables are in.
    pub database: String,
    /// How it shares them; none where they are its own.
    pub shared: Option<Sharing<'a>>,
}

impl<'a> Home<'a> {
    /// Of this tenant.
    ///
    /// # Errors
    /// Where it is not known, or how it lives.
    pub fn of(target: &Target, world: &'a Snapshot) -> Result<Self, Refusal> {
        let all = tenants::of(world).map(|all| all.tenants.as_slice()).unwrap_or_default();
        let none = || Refusal::new(format!("there is no {target}")).hint("the view `tenants` lists them");
        let known = all.iter().find(|tenant| tenant.target == *target).ok_or_else(none)?;
        let database = database(known, world);
        let shared = match known.model {
            Isolation::Shared => Some(shared(known, &database, world)?),
            Isolation::Schema | Isolation::Database | Isolation::Instance => None,
        };
        Ok(Self {
            known,
            database,
            shared,
        })
    }

    /// Which of all tables are its own or hold rows of it, as a condition on `c` (`pg_class`) and `n` (`pg_namespace`). A
    /// partition is part of its whole.
    pub fn tables(&self) -> String {
        let whose = match &self.shared {
            Some(shared) => format!(
                "exists (select from pg_attribute t where t.attrelid = c.oid and t.attname = {} and not t.attisdropped)",
                quote::literal(shared.column)
            ),
            None if self.known.model == Isolation::Schema => format!("n.nspname = {}", quote::literal(self.known.id())),
            None => "true".into(),
        };
        format!(
            "c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence = 'p' \
             and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and {whose}"
        )
    }

    /// What is set for who reads or writes its rows, where they are among others': name, and value as SQL.
    pub fn setting(&self) -> Option<(String, String)> {
        let shared = self.shared.as_ref()?;
        Some((quote::setting(shared.setting), quote::literal(self.known.id())))
    }

    /// Which rows of a table called `x` are its own, as a `where` with a space before it; nothing where all are.
    pub fn rows(&self) -> String {
        self.own().map(|own| format!(" where {own}")).unwrap_or_default()
    }

    /// The same as a condition.
    pub fn own(&self) -> Option<String> {
        let own = |shared: &Sharing<'_>| {
            let id = quote::literal(self.known.id());
            format!("x.{} = {id}", quote::ident(shared.column))
        };
        self.shared.as_ref().map(own)
    }
}

/// What texts look like, so that two sides write and read them alike: settings, and values as SQL.
const FORMS: [(&str, &str); 5] = [
    ("datestyle", "'ISO, YMD'"),
    ("intervalstyle", "'postgres'"),
    ("timezone", "'UTC'"),
    ("extra_float_digits", "3"),
    ("bytea_output", "'hex'"),
];

/// These settings, as they are set.
pub fn forms() -> impl Iterator<Item = (String, String)> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    FORMS.into_iter().map(owned)
}

/// A sum over the MD5 of a text of each row, as SQL: equal where the rows are, in whatever order.
pub fn sum(text: &str) -> String {
    format!("coalesce(sum(('x' || left(md5({text}), 15))::bit(60)::bigint), 0)")
}

/// A tenant with an instance of its own is where its migrations say, or in the instance's database.
fn database(tenant: &Tenant, world: &Snapshot) -> String {
    if tenant.model != Isolation::Instance {
        return tenant.database().to_owned();
    }
    let track = world.fleet.track(tenant.instance(), Isolation::Instance);
    let own = track.and_then(|track| track.database.clone());
    let instance = world.fleet.instance(tenant.instance());
    own.or_else(|| instance.map(|instance| instance.database.clone()))
        .unwrap_or_default()
}

fn shared<'a>(tenant: &Tenant, database: &str, world: &'a Snapshot) -> Result<Sharing<'a>, Refusal> {
    let instance = world.fleet.instance(tenant.instance());
    let none = || {
        Refusal::new(format!(
            "the fleet file does not say how {} shares its tables",
            tenant.target
        ))
    };
    instance
        .and_then(|instance| instance.sharing(database))
        .ok_or_else(none)
}
