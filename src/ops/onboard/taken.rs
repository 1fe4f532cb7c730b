//! Whether a new tenant may be called so, and whether others are shut out where it will live.

use super::scene::Scene;
use crate::{
    facts::tenants::{self, Tenant},
    model::{Text, quote, slug::skeleton},
    ops::{Refusal, survey::Known},
};

/// The name is free, or it is the tenant's own already.
pub(super) fn check(scene: &Scene<'_>) -> Result<(), Refusal> {
    let all = tenants::of(scene.world).map(|all| all.tenants.as_slice()).unwrap_or_default();
    let own = scene.tenant();
    let slug = scene.names.slug.as_str();
    let is_taken = |tenant: &&Tenant| tenant.target != own && [tenant.name.raw(), tenant.id()].contains(&slug);
    if let Some(tenant) = all.iter().find(is_taken) {
        let what = format!("{} is taken: {} is called so", Text::from(slug), tenant.target);
        return Err(Refusal::new(what).hint("choose another name"));
    }
    let own_names = [slug, scene.called()].map(skeleton);
    let mistaken = |tenant: &&Tenant| tenant.target != own && own_names.contains(&skeleton(tenant.name.raw()));
    match all.iter().find(mistaken) {
        None => Ok(()),
        Some(tenant) => {
            let what = format!("it could be mistaken for {} ({})", tenant.name, tenant.target);
            Err(Refusal::new(what).hint("choose a name that nobody confuses with it at three in the morning"))
        }
    }
}

/// Asked before there is a plan: databases of the instance to which everybody may connect, and whether everybody may make
/// temporary tables where the tenant will be.
pub(super) fn open(scene: &Scene<'_>) -> (String, String) {
    let sql = format!(
        "select datname::text from pg_database where datallowconn and datname <> {} \
         and has_database_privilege('public', oid, 'connect') order by 1",
        quote::literal(&scene.database)
    );
    (format!("databases of {} that are open to everybody", scene.instance.name), sql)
}

/// Nobody is brought in where everybody may enter somebody else's database: the proof at the end would fail.
pub(super) fn shut(scene: &Scene<'_>, known: Known<'_>) -> Result<(), Refusal> {
    let open = known.rows(&open(scene).0)?.unwrap_or_default();
    if open.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = open.iter().map(|name| Text::from(name.as_str()).to_string()).collect();
    let what = format!(
        "on {} everybody may connect to {}: a new tenant could too",
        scene.instance.name,
        names.join(", ")
    );
    Err(Refusal::new(what).hint("REVOKE CONNECT, TEMPORARY ON DATABASE … FROM PUBLIC, and grant it to who needs it"))
}
