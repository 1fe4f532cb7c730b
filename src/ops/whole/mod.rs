//! Bring a tenant's schema or database back whole, out of a copy, also where it was dropped or has another form now. Nothing is
//! overwritten and nothing is dropped: what is there now is kept under another name.

pub(super) mod content;
mod database;
mod names;
pub(super) mod scene;
pub(super) mod schema;
mod swap;

use std::ops::ControlFlow;

use super::{
    Ask, Operation, Refusal, blank,
    confirm::{Stake, tier},
    moments::way,
    refusal::primaries,
    survey::{Inquiries, Inquiry, Known},
};
use crate::{
    model::{Isolation, Kind, Limits, Look, Place, Plan, Request, Step, Text, Tree, plural, quote},
    store::Snapshot,
};
use content::{Content, Rights};
use scene::{HOURS, Scene};

/// How long the catalog may be waited for, how often it is tried, and how long a dump may take.
const LIMITS: Limits = Limits {
    lock: 2_000,
    retries: 5,
    budget: HOURS * 1000,
};
/// How long a step of it may take to be so, in seconds.
const WITHIN: u64 = 10;

pub(super) const CONTENT: &str = "what the copy has of it";
pub(super) const FORMS: &str = "the form of what the copy has of it";
pub(super) const DIGESTS: &str = "the digests of what the copy has of it";
const SAME: &str = "whether it is so already";

/// The operation.
pub struct RestoreWhole;

impl Operation for RestoreWhole {
    fn name(&self) -> &'static str {
        "restore-whole"
    }

    fn letter(&self) -> char {
        'h'
    }

    fn about(&self) -> &'static str {
        "bring a tenant's schema or database back whole"
    }

    fn takes(&self) -> Kind {
        Kind::Tenant
    }

    fn asks(&self) -> &'static [Ask] {
        &[way::MOMENT, way::FROM]
    }

    fn needs(&self) -> &'static [&'static str] {
        &way::NEEDS
    }

    fn survey(&self, request: &Request, world: &Snapshot) -> Result<Inquiries, Refusal> {
        scene::who(request, world)?;
        let request = match way::surveyed(request, world)? {
            ControlFlow::Continue(request) => request,
            ControlFlow::Break(first) => return Ok(first),
        };
        let (scene, known) = (Scene::of(&request, world)?, Known::of(world));
        let whose = scene.whose();
        let alone = scene.model != Isolation::Schema;
        let owner = if alone {
            database::owner()
        } else {
            schema::owner(scene.id)
        };
        let mut all = scene::all([
            (CONTENT, scene.ask_copy(content::ask(&whose, &owner, alone))),
            (FORMS, scene.ask_copy(content::ask_forms(&whose, Rights::Same))),
        ]);
        let Some(rows) = known.rows(CONTENT)? else {
            return Ok(all);
        };
        let content: Content = content::one(rows)?;
        let owner = there(&scene, &content)?;
        all.extend(scene::all([(
            DIGESTS,
            scene.ask_copy(content::ask_digests(&content.items)),
        )]));
        all.extend(if alone {
            database::survey(&scene, owner, &content)
        } else {
            schema::survey(&scene, owner, &content)
        });
        if let (Some(forms), Some(digests)) = (known.rows(FORMS)?, known.rows(DIGESTS)?) {
            let source = Source {
                scene: &scene,
                owner,
                content: &content,
                forms,
                digests,
            };
            all.extend(scene::all([(SAME, Inquiry::Look(source.look()))]));
        }
        Ok(all)
    }

    fn changes(&self, request: &Request, world: &Snapshot) -> Result<Vec<Place>, Refusal> {
        primaries(world, &request.targets)
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        scene::who(request, world)?;
        let out_of = match way::planned(request, world)? {
            ControlFlow::Continue(out_of) => out_of,
            ControlFlow::Break(first) => return Ok(first),
        };
        let (scene, known) = (Scene::of(&out_of, world)?, Known::of(world));
        // Without answers yet this is no plan yet.
        let none = || Refusal::new("nothing was found out yet");
        let content: Content = content::one(known.rows(CONTENT)?.ok_or_else(none)?)?;
        let forms = known.rows(FORMS)?.ok_or_else(none)?;
        let digests = known.rows(DIGESTS)?.ok_or_else(none)?;
        let source = Source {
            scene: &scene,
            owner: there(&scene, &content)?,
            content: &content,
            forms,
            digests,
        };
        // Where it cannot be asked it is gone, has another form, or is large.
        if matches!(known.rows(SAME), Ok(Some([same])) if same == "true") {
            let what = "everything is as it is in the copy: there is nothing to bring back";
            return Err(Refusal::new(what));
        }
        let (mut steps, mut touches) = match scene.model {
            Isolation::Schema => schema::steps(&source, known)?,
            _ => database::steps(&source, known)?,
        };
        touches.push(("comes back".into(), source.told()));
        touches.extend(scene.holds().map(|words| ("holds".to_owned(), words)));
        let unlogged = &content.unlogged;
        touches.extend((!content.waits.is_empty()).then(|| {
            let words = "have to wait, from when its foreign keys to these are made until it is kept";
            (format!("writers of {}", content.waits.join(", ")), words.into())
        }));
        touches.extend((!unlogged.is_empty()).then(|| {
            let words = format!("{}: rows of unlogged tables are in no backup", unlogged.join(", "));
            ("come back empty".into(), words)
        }));
        for step in &mut steps {
            step.name = shown(&step.name);
        }
        let name = scene.name.to_string();
        Ok(Plan {
            title: format!("bring {name} back whole to {}", scene.moment()),
            steps: Tree::Seq(steps.into_iter().map(Tree::step).collect()),
            touches: touches
                .iter()
                .map(|(what, words)| (shown(what), shown(words)))
                .collect(),
            lost: vec!["from sight: what was written since that moment; it is in what is kept".into()],
            confirm: tier(world.fleet.environment, &request.targets, Stake::Loss(&name)),
            ..blank(request, world)
        })
    }
}

/// The steps, and what they touch: label and words.
type Deeds = (Vec<Step>, Vec<(String, String)>);

/// What is brought back.
struct Source<'a> {
    scene: &'a Scene<'a>,
    /// Whose it is.
    owner: &'a str,
    content: &'a Content,
    forms: &'a [String],
    digests: &'a [String],
}

impl Source<'_> {
    /// What must be so before it is kept. Rows come first: where a table is missing, its name is told.
    fn proofs(&self) -> Vec<String> {
        let mut all = content::rows_are(&self.content.items, self.digests, true);
        all.extend(content::forms_are(&self.scene.whose(), self.forms, Rights::Same));
        all
    }

    /// Whether what is there now is all that already.
    fn look(&self) -> Look {
        let mut all = content::forms_are(&self.scene.whose(), self.forms, Rights::Same);
        // That numbers were drawn since is no reason.
        all.extend(content::rows_are(&self.content.items, self.digests, false));
        let sql = format!("select ({})::text", content::all_so(&all));
        Look {
            sql: self.scene.live.database(self.scene.database).sql(sql),
            role: Some(self.owner.to_owned()),
            settings: Scene::settings(),
        }
    }

    /// How much it is.
    fn told(&self) -> String {
        let items = self.content.items.iter().zip(self.digests);
        let tables = items.filter(|(item, _)| !item.sequence);
        let counts: Vec<usize> = tables
            .filter_map(|(_, digest)| digest.split(' ').next()?.parse().ok())
            .collect();
        format!(
            "{}, {}, {} (up to 32 numbers ahead, as its log has them) and what belongs to them; all are read and compared with copy {} \
             before anything is kept",
            plural(counts.len(), "table"),
            plural(counts.iter().sum(), "row"),
            plural(self.content.items.len() - counts.len(), "sequence"),
            self.scene.copy.server.part(1)
        )
    }
}

/// A refusal, names from outside in it.
fn refused(what: &str, hint: impl Into<String>) -> Refusal {
    Refusal::new(shown(what)).hint(shown(&hint.into()))
}

fn shown(words: &str) -> String {
    Text::from(words).to_string()
}

/// Whose it is in the copy, where that has it and it can be made anew.
fn there<'a>(scene: &Scene<'_>, content: &'a Content) -> Result<&'a str, Refusal> {
    let owner = content.owner.as_deref().ok_or_else(|| {
        let copy = scene.copy.server.part(1);
        let what = format!("copy {copy} has no {} {}", scene.kind(), scene.id);
        refused(&what, "make one of a moment at which it was there: beside")
    })?;
    if content.needs.is_empty() {
        return Ok(owner);
    }
    let needs = content.needs.join(", ");
    let hint = "bring its rows back: restore; or let a superuser pour `tenantry beside dump` into a new database";
    Err(refused(
        &format!("only a superuser makes anew what is in it: {needs}"),
        hint,
    ))
}

/// What [`may_be`] is told, as parts of a JSON object in SQL: whether the login to act with may become the owner, and to which
/// of these roles the owner cannot give anything.
fn may(owner: &str, owners: &[String]) -> String {
    let owners: Vec<String> = owners.iter().map(|owner| quote::literal(owner)).collect();
    let (role, owners) = (quote::literal(owner), owners.join(", "));
    format!(
        "'member', (select pg_has_role(current_user, r.oid, 'member') from pg_roles r where r.rolname = {role}), \
         'unable', (select coalesce(json_agg(o order by o), '[]') from unnest(array[{owners}]::text[]) o where not exists \
           (select from pg_roles r join pg_roles m on m.rolname = o where r.rolname = {role} and pg_has_role(r.oid, m.oid, 'member')))"
    )
}

/// That the role that everything is made as is there, and may be everybody whose it was.
fn may_be(owner: &str, member: Option<bool>, unable: &[String]) -> Result<(), Refusal> {
    let (what, hint) = match member {
        None => (
            format!("it is {owner}'s in the copy, and there is no such role now"),
            "make the role anew first".to_owned(),
        ),
        Some(false) => (
            format!("it is {owner}'s, and the login to act with may not become that"),
            format!("grant {owner} to the role of those who act"),
        ),
        Some(true) if !unable.is_empty() => (
            format!(
                "things in it belong to {}, and {owner} may not give them to those",
                unable.join(", ")
            ),
            "make the roles that are gone, and let the owner be a member of them".to_owned(),
        ),
        Some(true) => return Ok(()),
    };
    Err(refused(&what, hint))
}
