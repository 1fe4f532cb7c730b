//! What is told of new tenants before they are confirmed: where each will be and why, its limits, and where its logins are to be
//! had.

use std::collections::{BTreeMap, BTreeSet};

use super::scene::Scene;
use crate::{
    facts::tenants,
    model::{Target, Tier, plural},
};

/// A label, and words.
type Line = (String, String);

/// Of one everything, of many a line each.
pub(super) fn lines(scenes: &[Scene<'_>]) -> Vec<Line> {
    let mut all = match scenes {
        [one] => single(one),
        many => many.iter().map(each).collect(),
    };
    all.extend(tiers(scenes));
    all
}

/// What changes all the time, and is no part of what is confirmed: why there, and how many tenants there are.
pub(super) fn seen(scenes: &[Scene<'_>]) -> Vec<Line> {
    let why = match scenes {
        [one] => Some((format!("why {}", one.instance.name), one.why.clone())),
        _ => None,
    };
    why.into_iter().chain(balance(scenes)).collect()
}

fn single(scene: &Scene<'_>) -> Vec<Line> {
    let slug = &scene.names.slug;
    let home = format!("{} {}", scene.wishes.model.word(), scene.tenant());
    vec![
        (slug.clone(), home),
        (
            "its application logs in with".to_owned(),
            scene.creds(&scene.names.runtime),
        ),
        (
            "whoever changes its schema, with".to_owned(),
            scene.creds(&scene.names.migrate),
        ),
    ]
}

fn each(scene: &Scene<'_>) -> Line {
    let words = format!(
        "{} {}, tier {}, logins at {} and {}",
        scene.wishes.model.word(),
        scene.tenant(),
        scene.wishes.tier.0,
        scene.creds(&scene.names.runtime),
        scene.creds(&scene.names.migrate)
    );
    (scene.names.slug.clone(), words)
}

/// Each tier that one of them gets.
fn tiers(scenes: &[Scene<'_>]) -> Vec<Line> {
    let all: BTreeMap<&str, &Tier> = scenes.iter().map(|scene| scene.wishes.tier).collect();
    let line = |(name, tier): (&str, &Tier)| {
        let words = format!(
            "{} for each login, statements up to {} s, {} of temporary files",
            plural(usize::try_from(tier.connections).unwrap_or(usize::MAX), "connection"),
            tier.statement_timeout.as_secs(),
            tier.temp_file_limit
        );
        (format!("tier {name}"), words)
    };
    all.into_iter().map(line).collect()
}

/// How many tenants of a model each instance has, before and after.
fn balance(scenes: &[Scene<'_>]) -> Vec<Line> {
    let mut after: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for scene in scenes {
        let key = (scene.instance.name.as_str(), scene.wishes.model.word());
        *after.entry(key).or_default() += 1;
    }
    let own: BTreeSet<Target> = scenes.iter().map(Scene::tenant).collect();
    let line = |((instance, model), new): ((&str, &str), usize)| {
        let world = scenes.first().map(|scene| scene.world);
        let all = world
            .and_then(tenants::of)
            .map(|all| all.tenants.as_slice())
            .unwrap_or_default();
        let here = all
            .iter()
            .filter(|tenant| tenant.instance() == instance && tenant.model.word() == model);
        let (before, there) = here.fold((0, 0), |(all, own_too), tenant| {
            (all + 1, own_too + usize::from(own.contains(&tenant.target)))
        });
        let words = format!(
            "{} of the model {model} now, {} then",
            plural(before, "tenant"),
            before + new - there
        );
        (instance.to_owned(), words)
    };
    after.into_iter().map(line).collect()
}
