//! What is told of new tenants before they are confirmed: where each will be and why, its limits, and where its logins are to be
//! had.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    rows::Rows,
    scene::{Lives, Scene},
};
use crate::{
    facts::tenants,
    model::{Target, Text, Tier, plural},
};

/// A label, and words.
type Line = (String, String);

/// Of one everything, of many a line each.
pub(in crate::ops) fn lines(scenes: &[Scene<'_>]) -> Vec<Line> {
    let (mut all, logins) = match scenes {
        [one] => (vec![home(one)], logins(one)),
        many => (many.iter().map(each).collect(), Vec::new()),
    };
    all.extend(tiers(scenes));
    all.extend(fences(scenes));
    all.extend(logins);
    all
}

/// What changes all the time, and is no part of what is confirmed: why there, and how many tenants there are.
pub(in crate::ops) fn seen(scenes: &[Scene<'_>]) -> Vec<Line> {
    let why = match scenes {
        [one] => Some((format!("why {}", one.instance.name), one.why.clone())),
        _ => None,
    };
    why.into_iter().chain(balance(scenes)).collect()
}

fn home(scene: &Scene<'_>) -> Line {
    let words = format!("{} {}", scene.wishes.model.word(), whereabouts(scene));
    (scene.names.slug.clone(), words)
}

/// Where its logins are to be had, and what they have to say.
fn logins(scene: &Scene<'_>) -> Vec<Line> {
    let put = |label: &str, words: String| (label.to_owned(), words);
    let mut all = vec![put("its application logs in with", scene.creds(&scene.names.runtime))];
    let migrate = scene.names.migrate.as_ref();
    all.extend(migrate.map(|role| put("whoever changes its schema, with", scene.creds(role))));
    if let Lives::Rows(rows) = &scene.lives {
        let id = rows
            .id
            .map_or_else(|| "its id".to_owned(), |id| Text::from(id).to_string());
        all.push(put("and says", format!("{} = {id}", rows.sharing.setting)));
    }
    all
}

/// What the tables that newcomers share are worth, each database once.
fn fences(scenes: &[Scene<'_>]) -> Vec<Line> {
    let mut all: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    for scene in scenes {
        let Lives::Rows(rows) = &scene.lives else {
            continue;
        };
        let Rows { sharing, fence, .. } = rows.as_ref();
        let place = format!("{}/{}", scene.instance.name, scene.database);
        let mut told = vec![(place.clone(), fence.words(sharing.setting))];
        told.extend((!fence.open.is_empty()).then(|| ("open to other tenants".to_owned(), fence.shown())));
        told.extend((!fence.past.is_empty()).then(|| ("policies do not bind".to_owned(), fence.past())));
        all.entry(place).or_insert(told);
    }
    all.into_values().flatten().collect()
}

fn each(scene: &Scene<'_>) -> Line {
    let logins = std::iter::once(&scene.names.runtime).chain(&scene.names.migrate);
    let logins: Vec<String> = logins.map(|role| scene.creds(role)).collect();
    let words = format!(
        "{} {}, tier {}, logins at {}",
        scene.wishes.model.word(),
        whereabouts(scene),
        scene.wishes.tier.0,
        logins.join(" and ")
    );
    (scene.names.slug.clone(), words)
}

/// The tenant; where its id is not known yet, where its rows will be.
fn whereabouts(scene: &Scene<'_>) -> String {
    let unknown = || format!("{}/{}, with a new id", scene.instance.name, scene.database);
    scene.tenant().map_or_else(unknown, |tenant| tenant.to_string())
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
    let own: BTreeSet<Target> = scenes.iter().filter_map(Scene::tenant).collect();
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
