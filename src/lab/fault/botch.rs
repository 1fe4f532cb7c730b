//! `botch`: a deploy changed and deleted rows of one tenant, in three commits, and the world went on.
//!
//! To see: nothing. Every server is well, and the tenant calls. The moment before the first of the commits is told and kept,
//! to restore to; what was written after it by others, and by the tenant itself, must outlive the restore.

use async_trait::async_trait;
use serde_json::{Value as Json, json};

use super::{Trouble, refused};
use crate::{
    lab::{
        ground::{self, Ground},
        say,
        seed::{self, names},
    },
    model::{Fault, Text, quote},
    provider::postgres::Session,
};

/// What the deploy did, one commit each. `{mine}` says whose rows, `{cut}` is the middle of the tenant's customers.
const DEEDS: [&str; 3] = [
    // Values are overwritten; triggers move `updated_at` and write events, a generated column follows.
    "UPDATE customer SET name = 'customer ' || id, email = id || '@invalid.example' WHERE {mine} AND id <= {cut};
     UPDATE orders SET status = 'returned' WHERE {mine} AND customer_id <= {cut};
     UPDATE order_line SET quantity = 1, cents = 1
       WHERE {mine} AND order_id IN (SELECT id FROM orders WHERE {mine} AND customer_id <= {cut})",
    // Lines go with their orders; invoices are there only where the tenant was brought to the version that has them.
    "DO $$ BEGIN IF to_regclass('invoice') IS NOT NULL THEN
       DELETE FROM invoice WHERE {mine} AND order_id IN (SELECT id FROM orders WHERE {mine} AND customer_id > {cut});
     END IF; END $$;
     DELETE FROM orders WHERE {mine} AND customer_id > {cut}",
    "UPDATE customer SET referred_by = NULL WHERE {mine} AND referred_by > {cut};
     DELETE FROM customer WHERE {mine} AND id > {cut}",
];
/// What somebody does afterwards who knows of nothing: one row.
const LATER: &str = "INSERT INTO customer ({column}name, email)
    VALUES ({value}'Later', 'later-' || gen_random_uuid() || '@example.com')";
/// Other tenants of the instance that go on.
const OTHERS: usize = 2;

/// See the module.
pub struct Botch;

#[async_trait]
impl Trouble for Botch {
    fn name(&self) -> &'static str {
        "botch"
    }

    fn about(&self) -> &'static str {
        "a deploy changed and deleted rows of one tenant"
    }

    fn targets(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// A tenant as it is shown in the tenants view, or with its place where several are called so. Small and shared where
    /// nothing is named.
    fn chosen(&self, ground: &Ground, named: Option<&str>) -> Result<String, Fault> {
        let all = tenants(ground);
        let Some(name) = named else {
            let usual = all.iter().rfind(|tenant| tenant.place == Place::Shared);
            return usual.map(Tenant::path).ok_or_else(|| refused(self.name(), named));
        };
        let called = |tenant: &&Tenant| [tenant.shown(), tenant.name.clone(), tenant.path()].contains(&name.to_owned());
        let mut found: Vec<String> = all.iter().filter(called).map(Tenant::path).collect();
        match found.pop() {
            Some(one) if found.is_empty() => Ok(one),
            Some(one) => Err(refused(self.name(), named).hint(format!("one of {}, {one}", found.join(", ")))),
            None => Err(refused(self.name(), named).hint("a tenant of `tenantry show tenants`")),
        }
    }

    async fn make(&self, ground: &Ground, target: &str, _: Json) -> Result<Json, Fault> {
        let all = tenants(ground);
        let Some(tenant) = all.iter().find(|tenant| tenant.path() == target) else {
            return Err(refused(self.name(), Some(target)));
        };
        let session = tenant.session(ground).await?;
        let kept = tenant.moment(&session).await?;
        let cut: Vec<i64> = session.column(&tenant.middle(), &[]).await?;
        let cut = cut.first().copied().unwrap_or_default().to_string();
        for deed in DEEDS {
            let sql = deed.replace("{mine}", &tenant.mine()).replace("{cut}", &cut);
            session.batch(&format!("BEGIN; {sql}; COMMIT")).await?;
        }
        let others = all
            .iter()
            .filter(|other| other.instance == tenant.instance && other.path() != target);
        for other in others.take(OTHERS) {
            other.goes_on(&other.session(ground).await?).await?;
        }
        tenant.goes_on(&session).await?;
        let told = |key: &str| kept[key].as_str().unwrap_or_default().to_owned();
        say::line(
            target,
            &format!("the moment before: {}, {}", told("before"), told("lsn")),
        );
        Ok(kept)
    }

    fn remedy(&self) -> Option<&'static str> {
        Some("restoring the tenant is what heals it")
    }

    async fn heal(&self, _: &Ground, _: &str, _: &Json) -> Result<(), Fault> {
        Ok(())
    }

    async fn leave(&self, _: &Ground, _: &str, _: &Json) -> bool {
        true
    }
}

/// How a tenant's rows are told from others'.
#[derive(PartialEq)]
enum Place {
    Shared,
    Schema(String),
    /// A database with nobody else in it.
    Own,
}

struct Tenant {
    instance: &'static str,
    database: String,
    /// What the tenants view makes of it, unescaped.
    name: String,
    place: Place,
}

/// All tenants of the lab.
fn tenants(ground: &Ground) -> Vec<Tenant> {
    let sizes = ground.memory.sizes;
    let count = |n: u32| usize::try_from(n).unwrap_or_default();
    let tenant = |instance, database: &str, name: &str, place| Tenant {
        instance,
        database: database.into(),
        name: name.into(),
        place,
    };
    let named = |whole: &str, prefix: &str| whole.strip_prefix(prefix).unwrap_or(whole).to_owned();
    let shared = names::shared(count(sizes.shared)).into_iter();
    let schemas = names::schemas(count(sizes.schemas)).into_iter();
    let databases = names::databases(count(sizes.databases)).into_iter();
    shared
        .map(|name| tenant("atlas", "orders", &name, Place::Shared))
        .chain(schemas.map(|schema| tenant("atlas", "suite", &named(&schema, "t_"), Place::Schema(schema))))
        .chain(databases.map(|database| tenant("boreas", &database, &named(&database, "tenant_"), Place::Own)))
        .chain([tenant("acme", "shop", "acme", Place::Own)])
        .collect()
}

impl Tenant {
    fn shown(&self) -> String {
        Text::from(self.name.as_str()).to_string()
    }

    /// Where it is and what it is called: this is told to people, and so escaped.
    fn path(&self) -> String {
        format!(
            "{}/{}/{}",
            self.instance,
            Text::from(self.database.as_str()),
            self.shown()
        )
    }

    async fn session(&self, ground: &Ground) -> Result<Session, Fault> {
        let session = ground
            .admin(&ground::cluster(self.instance)?.primary, &self.database)
            .await?;
        if let Place::Schema(schema) = &self.place {
            session
                .batch(&format!("SET search_path = {}", quote::ident(schema)))
                .await?;
        }
        session.batch("SET lock_timeout = '10s'").await?;
        Ok(session)
    }

    /// The id by which its rows are told, where they are among others'.
    fn id(&self) -> Option<String> {
        (self.place == Place::Shared).then(|| seed::tenant_id(&self.name))
    }

    fn mine(&self) -> String {
        self.id()
            .map_or_else(|| "true".into(), |id| format!("tenant_id = {id}"))
    }

    fn middle(&self) -> String {
        format!(
            "SELECT coalesce(avg(id), 0)::bigint FROM customer WHERE {}",
            self.mine()
        )
    }

    /// Now, as the server says it: nothing bad is committed yet.
    async fn moment(&self, session: &Session) -> Result<Json, Fault> {
        let now = "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";
        let texts: Vec<String> = session.column(now, &[]).await?;
        let ends: Vec<String> = session.column("SELECT pg_current_wal_insert_lsn()::text", &[]).await?;
        Ok(json!({
            "instance": self.instance,
            "database": self.database,
            "tenant": self.name,
            "before": texts.first(),
            "lsn": ends.first(),
        }))
    }

    async fn goes_on(&self, session: &Session) -> Result<(), Fault> {
        let (column, value) = self
            .id()
            .map_or_else(Default::default, |id| ("tenant_id, ", format!("{id}, ")));
        session
            .batch(&LATER.replace("{column}", column).replace("{value}", &value))
            .await
    }
}
