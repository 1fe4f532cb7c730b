//! A tenant with a schema of its own: the schema and its roles are made in one transaction; all of it is there, or nothing is.

use super::{
    home::{State, WITHIN},
    roles::{NONE, RIGHTS},
    scene::Scene,
};
use crate::{
    model::{Act, Check, Question, Step, Transact, Undo, quote},
    ops::Refusal,
};

/// What is asked before there is a plan, where the schema will be.
pub(super) fn state(scene: &Scene<'_>) -> State {
    State {
        place: scene.place(),
        all: whole(scene),
        none: format!("not exists (select from pg_namespace where nspname = w.home) and {NONE}"),
        there: "select 'the schema ' || nspname from pg_namespace where nspname = w.home".into(),
        id: "null".into(),
    }
}

/// All of it is there, as it is made.
fn whole(scene: &Scene<'_>) -> String {
    format!(
        "exists (select from pg_namespace n where n.nspname = w.home and n.nspowner = to_regrole(quote_ident(w.owner)) \
         and {RIGHTS}) and {}",
        scene.roles_stand()
    )
}

/// What makes it.
pub(super) fn made(scene: &Scene<'_>, maker: &str, engine: &str) -> Vec<String> {
    let ident = quote::ident;
    let (schema, owner) = (ident(&scene.names.home), ident(&scene.names.owner));
    let admin = ident(&scene.wishes.how.admin_role);
    let all = scene.names.roles().map(ident).join(", ");
    let mut said = scene.roles_made(maker, engine);
    let connect = scene.wishes.how.connect_role.as_ref();
    said.extend(connect.map(|connect| format!("grant {} to {all}", ident(connect))));
    said.push(format!("set local role {admin}"));
    if connect.is_none() {
        said.push(format!("grant connect on database {} to {all}", ident(&scene.database)));
    }
    said.extend([
        format!("create schema {schema} authorization {owner}"),
        format!("set local role {owner}"),
        format!("comment on schema {schema} is {}", quote::literal(scene.called())),
    ]);
    said.extend(scene.rights());
    said
}

/// What takes it away, with all that stands in it.
fn unmade(scene: &Scene<'_>, maker: &str) -> Vec<String> {
    let ident = quote::ident;
    let all = scene.names.roles().map(ident).join(", ");
    let mut said = vec![
        format!("set local role {}", ident(&scene.names.owner)),
        format!("drop schema {} cascade", ident(&scene.names.home)),
    ];
    if scene.wishes.how.connect_role.is_none() {
        said.push(format!("set local role {}", ident(&scene.wishes.how.admin_role)));
        said.push(format!(
            "revoke connect on database {} from {all}",
            ident(&scene.database)
        ));
    }
    said.extend(scene.roles_dropped(maker));
    said
}

/// The step that makes it. It is taken back as long as nobody has written there.
pub(super) fn steps(scene: &Scene<'_>) -> Result<Vec<Step>, Refusal> {
    let (maker, engine) = (scene.maker()?, scene.engine()?);
    let transact = |statements: Vec<String>| Transact {
        statements: statements.into_iter().map(Into::into).collect(),
        ..Transact::on(scene.place())
    };
    let (whole, none) = (scene.is(&whole(scene)), scene.is(&state(scene).none));
    let back = Transact {
        role: Some(scene.wishes.how.admin_role.clone()),
        unless: Some(none.clone()),
        guards: vec![scene.untouched()],
        proofs: vec![none.clone()],
        ..transact(unmade(scene, &maker))
    };
    Ok(vec![Step {
        name: format!("{}: its schema and its roles are made", scene.names.home),
        act: Act::Transact(Transact {
            unless: Some(whole.clone()),
            guards: vec![none.clone()],
            proofs: vec![whole.clone()],
            ..transact(made(scene, &maker, &engine))
        }),
        again: true,
        check: Check {
            ask: Question::All(vec![
                Question::Sql(scene.place().sql(whole)),
                scene.oid(),
                // Nobody but this run knows of it yet.
                scene.nothing_kept(),
            ]),
            within: WITHIN,
        },
        undo: Undo::Act(Act::Transact(back)),
    }])
}
