//! Whether new tenants may be called so, and whether others are shut out where they will live.

use std::collections::HashMap;

use super::scene::Scene;
use crate::{
    facts::tenants,
    model::{Text, quote, slug::skeleton},
    ops::{Refusal, survey::Known},
    store::Snapshot,
};

/// Their names are free, or are their own already, and nobody mistakes one for another.
pub(super) fn check(scenes: &[Scene<'_>], world: &Snapshot) -> Result<(), Refusal> {
    let all = tenants::of(world).map(|all| all.tenants.as_slice()).unwrap_or_default();
    let (mut words, mut looks) = (HashMap::new(), HashMap::new());
    // Who moves bears its own name.
    let moves = |tenant: &&tenants::Tenant| {
        let from = scenes.iter().filter_map(|scene| scene.moved.as_ref());
        from.into_iter().any(|moved| *moved.from == tenant.target)
    };
    for tenant in all.iter().filter(|tenant| !moves(tenant)) {
        let target = tenant.target.to_string();
        words.insert(tenant.name.raw(), target.clone());
        words.insert(tenant.id(), target.clone());
        looks.insert(skeleton(tenant.name.raw()), (tenant.name.to_string(), target));
    }
    for scene in scenes {
        let own = all
            .iter()
            .find(|tenant| Some(&tenant.target) == scene.tenant().as_ref());
        if let Some(since) = own.and_then(|own| own.shut) {
            let what = format!(
                "{} is shut out since {since:.0}, and its data is still there",
                scene.shown()
            );
            return Err(
                Refusal::new(what).hint("undo of the run that shut it out lets it in again; purge takes it away first")
            );
        }
        let (slug, own) = (scene.names.slug.as_str(), scene.shown());
        if let Some(taken) = words.get(slug).filter(|taken| **taken != own) {
            let what = format!("{} is taken: {taken} is called so", Text::from(slug));
            return Err(Refusal::new(what).hint("choose another name"));
        }
        for name in [slug, scene.called()] {
            let mistaken = looks.get(&skeleton(name)).filter(|(_, other)| *other != own);
            if let Some((other, target)) = mistaken.filter(|_| !scene.wishes.alike) {
                let what = format!("{} could be mistaken for {other} ({target})", Text::from(name));
                return Err(Refusal::new(what).hint("choose another name, or say alike=allow"));
            }
        }
        words.insert(slug, own.clone());
        for name in [slug, scene.called()] {
            looks.insert(skeleton(name), (Text::from(name).to_string(), own.clone()));
        }
    }
    Ok(())
}

/// Asked before there is a plan: databases of the instance to which everybody may connect.
pub(super) fn open(scene: &Scene<'_>) -> (String, String) {
    let sql = format!(
        "select datname::text from pg_database where datallowconn and datname <> {} \
         and has_database_privilege('public', oid, 'connect') order by 1",
        quote::literal(&scene.database)
    );
    (
        format!("databases of {} that are open to everybody", scene.instance.name),
        sql,
    )
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
