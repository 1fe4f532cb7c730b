//! A schema: the one that is there steps aside and the dump makes it anew, in one transaction as its owner.

use serde::Deserialize;

use super::{
    Deeds, LIMITS, Source, WITHIN,
    content::{Content, Rights, one},
    may, may_be, names, refused,
    scene::{self, Scene},
};
use crate::{
    model::{Act, Check, Place, Pour, Question, Step, Transact, Undo, quote},
    ops::{
        Refusal,
        survey::{Inquiries, Inquiry, Known},
    },
};

const NOW: &str = "what is there now of the schema";

/// What is there now.
#[derive(Debug, Deserialize)]
struct Now {
    there: bool,
    /// Schemas that were kept before.
    taken: Vec<String>,
    /// Whether the login to act with may become the owner; none where there is no such role.
    member: Option<bool>,
    /// Whether the owner may make schemas, and owns the one that is there.
    makes: Option<bool>,
    owns: Option<bool>,
    /// Roles that the owner cannot give anything to.
    unable: Vec<String>,
    /// What belongs to others and would follow the old one.
    followers: Vec<String>,
    /// Publications that publish what is in it.
    published: Vec<String>,
}

/// Whose a schema is.
pub(super) fn owner(schema: &str) -> String {
    let schema = quote::literal(schema);
    format!("select pg_get_userbyid(nspowner) from pg_namespace where nspname = {schema}")
}

/// What stands in other schemas and depends on what stands in this one: it would go on with the old one.
pub(in crate::ops) fn followers(schema: &str) -> String {
    let schema = quote::literal(schema);
    format!(
        "select distinct pg_describe_object(d.classid, d.objid, 0) from pg_namespace s \
         join lateral (select 'pg_class'::regclass::oid as class, oid as object from pg_class where relnamespace = s.oid \
           union all select 'pg_proc'::regclass, oid from pg_proc where pronamespace = s.oid \
           union all select 'pg_type'::regclass, oid from pg_type where typnamespace = s.oid) o on true \
         join pg_depend d on (d.refclassid, d.refobjid) = (o.class, o.object) \
         left join pg_constraint k on d.classid = 'pg_constraint'::regclass and k.oid = d.objid \
         left join pg_rewrite w on d.classid = 'pg_rewrite'::regclass and w.oid = d.objid \
         left join pg_attrdef a on d.classid = 'pg_attrdef'::regclass and a.oid = d.objid \
         left join pg_trigger t on d.classid = 'pg_trigger'::regclass and t.oid = d.objid \
         left join pg_policy y on d.classid = 'pg_policy'::regclass and y.oid = d.objid \
         left join pg_class c on c.oid = coalesce(k.conrelid, w.ev_class, a.adrelid, t.tgrelid, y.polrelid, \
           case when d.classid = 'pg_class'::regclass then d.objid end) \
         left join pg_proc p on d.classid = 'pg_proc'::regclass and p.oid = d.objid \
         left join pg_type e on d.classid = 'pg_type'::regclass and e.oid = d.objid \
         where s.nspname = {schema} and d.deptype in ('n', 'a') \
         and coalesce(c.relnamespace, p.pronamespace, e.typnamespace) not in (s.oid, 'pg_toast'::regnamespace)"
    )
}

/// What a plan needs to know of the live server.
pub(super) fn survey(scene: &Scene<'_>, owner: &str, content: &Content) -> Inquiries {
    let (id, role) = (quote::literal(scene.id), quote::literal(owner));
    let of_role = |what: &str| format!("(select {what} from pg_roles r where r.rolname = {role})");
    let sql = format!(
        "select json_build_object('there', exists (select from pg_namespace where nspname = {id}), \
         'taken', (select coalesce(json_agg(nspname order by nspname), '[]') from pg_namespace \
           where nspname ~ '^(before|undone)_restore_'), \
         {}, 'makes', {}, 'owns', {}, \
         'followers', (select coalesce(json_agg(f order by f), '[]') from ({}) x (f)), \
         'published', (select coalesce(json_agg(distinct t.pubname), '[]') from pg_publication_tables t \
           join pg_publication p using (pubname) where t.schemaname = {id} and not p.puballtables))::text",
        may(owner, &content.owners),
        of_role("has_database_privilege(r.oid, current_database(), 'create')"),
        of_role(&format!(
            "(select pg_has_role(r.oid, n.nspowner, 'usage') from pg_namespace n where n.nspname = {id})"
        )),
        followers(scene.id),
    );
    scene::all([(NOW, Inquiry::Rows(place(scene).sql(sql)))])
}

fn place(scene: &Scene<'_>) -> Place {
    scene.live.database(scene.database)
}

fn allowed(source: &Source<'_>, now: &Now) -> Result<(), Refusal> {
    let (owner, id) = (source.owner, source.scene.id);
    may_be(owner, now.member, &now.unable)?;
    let (what, hint) = if now.makes == Some(false) {
        (
            format!("{owner} may not make a schema in {}", source.scene.database),
            format!("grant create on the database to {owner}"),
        )
    } else if now.owns == Some(false) {
        (
            format!("the schema {id} is another's now, and {owner} may not rename it"),
            format!("alter schema {id} owner to {owner}"),
        )
    } else if now.followers.is_empty() {
        return Ok(());
    } else {
        (
            format!(
                "these depend on the schema {id} that is there now, would stay with it, and see nothing of what comes back: {}",
                now.followers.join("; ")
            ),
            "drop them first, and make them anew afterwards; or bring its rows back: restore".to_owned(),
        )
    };
    Err(refused(&what, hint))
}

/// The one step, and what it touches.
pub(super) fn steps(source: &Source<'_>, known: Known<'_>) -> Result<Deeds, Refusal> {
    let none = || Refusal::new("nothing was found out yet");
    let now: Now = one(known.rows(NOW)?.ok_or_else(none)?)?;
    allowed(source, &now)?;
    let id = source.scene.id;
    let [kept, undone] = names::free(id, ["before_restore", "undone_restore"], &now.taken);
    let change = Change {
        id,
        kept: now.there.then_some(&kept),
        undone: &undone,
    };
    let step = Step {
        name: format!("make the schema {id} as it was, and prove it"),
        act: Act::Pour(Pour {
            into: change.forth(source),
            from: source.scene.dump(Rights::Same)?,
        }),
        again: true,
        check: Check {
            ask: Question::Sql(place(source.scene).sql(change.is_so())),
            within: WITHIN,
        },
        undo: Undo::Act(Act::Transact(change.back(source))),
    };
    Ok((vec![step], touches(source.scene, &change, &now.published)))
}

/// The names that change.
struct Change<'a> {
    id: &'a str,
    /// What the old one is called afterwards, where there is one.
    kept: Option<&'a String>,
    /// What the new one is called where it is taken back.
    undone: &'a str,
}

fn is_there(name: &str) -> String {
    let name = quote::literal(name);
    format!("exists (select from pg_namespace where nspname = {name})")
}

impl Change<'_> {
    /// Nobody else makes a schema of that name for the old one.
    fn is_so(&self) -> String {
        let kept = self.kept.map(|kept| format!(" and {}", is_there(kept)));
        format!("select {}{}", is_there(self.id), kept.unwrap_or_default())
    }

    fn forth(&self, source: &Source<'_>) -> Transact {
        let (id, not) = (self.id, if self.kept.is_some() { "" } else { "not " });
        let mut guards = vec![format!(
            "select /* it is there as the plan has seen it */ {not}{}",
            is_there(id)
        )];
        guards.push(format!(
            "select /* nothing of others depends on it */ not exists ({})",
            followers(id)
        ));
        let aside =
            |kept: &String| format!("alter schema {} rename to {}", quote::ident(id), quote::ident(kept)).into();
        Transact {
            role: Some(source.owner.to_owned()),
            settings: Scene::settings(),
            unless: Some(self.is_so()),
            guards,
            statements: self.kept.map(aside).into_iter().collect(),
            proofs: source.proofs(),
            limits: Some(LIMITS),
            ..Transact::on(place(source.scene))
        }
    }

    /// Nothing is dropped here either: somebody may have written to it.
    fn back(&self, source: &Source<'_>) -> Transact {
        let rename =
            |from: &str, to: &str| format!("alter schema {} rename to {}", quote::ident(from), quote::ident(to));
        let mut statements = vec![rename(self.id, self.undone).into()];
        statements.extend(self.kept.map(|kept| rename(kept, self.id).into()));
        let gone = format!("select not {}", is_there(self.kept.map_or(self.id, String::as_str)));
        Transact {
            role: Some(source.owner.to_owned()),
            unless: Some(gone),
            statements,
            limits: Some(LIMITS),
            ..Transact::on(place(source.scene))
        }
    }
}

fn touches(scene: &Scene<'_>, change: &Change<'_>, published: &[String]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    all.extend(change.kept.map(|kept| {
        let words = format!(
            "what is there now is kept as {kept}, with what is written to it until the end; nobody has to wait for that. When nobody needs \
             it: drop schema {} cascade, once nothing of others depends on it{}",
            quote::ident(kept),
            scene.of_kept(kept)
        );
        (format!("the schema {}", scene.id), words)
    }));
    let words = format!(
        "the new one is kept as {}, and what is kept gets its name again",
        change.undone
    );
    all.push(("where it is taken back".into(), words));
    all.push((
        "is not in it".into(),
        "extensions, and types and functions of other schemas: where one is missing that it needs, nothing is done"
            .into(),
    ));
    all.extend((!published.is_empty()).then(|| {
        let words = format!(
            "{}: what they publish is what is kept; add the new tables to them",
            published.join(", ")
        );
        ("publications".into(), words)
    }));
    all
}
