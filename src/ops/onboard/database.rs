//! A tenant with a database of its own: roles, the database as a copy of the empty template to which nobody can connect, and
//! only then its doors.

use super::{
    home::{State, WITHIN},
    roles::{NONE, RIGHTS},
    scene::Scene,
};
use crate::{
    model::{Act, Check, Limits, Question, Series, Step, Transact, Undo, quote},
    ops::Refusal,
};

/// To make a database is to copy a template.
const MAKING: Limits = Limits {
    lock: 2_000,
    retries: 5,
    budget: 600_000,
};

const THERE: &str =
    "exists (select from pg_database where datname = w.home and datdba = to_regrole(quote_ident(w.owner)))";
const GONE: &str = "not exists (select from pg_database where datname = w.home)";
/// Who may enter is who should, and nobody else.
const SHUT: &str = "exists (select from pg_database d where d.datname = w.home and d.datallowconn and d.datconnlimit = w.most \
    and not has_database_privilege('public', d.oid, 'connect') and not has_database_privilege('public', d.oid, 'temporary') \
    and coalesce(has_database_privilege(to_regrole(quote_ident(w.writer))::oid, d.oid, 'connect'), false) \
    and coalesce(has_database_privilege(to_regrole(quote_ident(w.reader))::oid, d.oid, 'connect'), false))";
/// Nobody of the tenant may enter any more.
const OUT: &str = "not exists (select from pg_database d where d.datname = w.home \
    and (has_database_privilege(w.writer, d.oid, 'connect') or has_database_privilege(w.reader, d.oid, 'connect')))";

/// What is asked before there is a plan, in the maintenance database.
pub(super) fn state(scene: &Scene<'_>) -> State {
    State {
        place: scene.server.clone(),
        all: format!("{THERE} and {SHUT} and {}", scene.roles_stand()),
        none: format!("{GONE} and {NONE}"),
        there: "select 'the database ' || datname from pg_database where datname = w.home".into(),
        id: "null".into(),
    }
}

pub(super) fn steps(scene: &Scene<'_>, watcher: &str) -> Result<Vec<Step>, Refusal> {
    let (maker, engine) = (scene.maker()?, scene.engine()?);
    Ok(vec![
        roles(scene, &maker, &engine),
        made(scene),
        doors(scene, watcher),
        inside(scene),
    ])
}

fn transact(scene: &Scene<'_>, statements: impl IntoIterator<Item = String>) -> Transact {
    Transact {
        statements: statements.into_iter().map(Into::into).collect(),
        ..Transact::on(scene.server.clone())
    }
}

fn check(scene: &Scene<'_>, condition: &str) -> Check {
    Check {
        ask: Question::Sql(scene.server.sql(scene.is(condition))),
        within: WITHIN,
    }
}

fn roles(scene: &Scene<'_>, maker: &str, engine: &str) -> Step {
    let stand = scene.roles_stand();
    Step {
        name: format!("{}: its roles are made", scene.names.home),
        act: Act::Transact(Transact {
            unless: Some(scene.is(&stand)),
            guards: vec![scene.is(&format!("{GONE} and {NONE}"))],
            ..transact(scene, scene.roles_made(maker, engine))
        }),
        again: true,
        check: check(scene, &stand),
        undo: Undo::Act(Act::Transact(Transact {
            unless: Some(scene.is(NONE)),
            ..transact(scene, scene.roles_dropped(maker))
        })),
    }
}

/// Nobody may enter it before its doors are hung.
fn made(scene: &Scene<'_>) -> Step {
    let name = quote::ident(&scene.names.home);
    let gone = scene.is(GONE);
    let series = |statement: String| Series {
        place: scene.server.clone(),
        role: Some(scene.wishes.how.admin_role.clone()),
        settings: Vec::new(),
        unless: None,
        guards: Vec::new(),
        statements: vec![statement.into()],
        untouched: None,
        limits: MAKING,
    };
    let create = format!(
        "create database {name} owner {} template template0 allow_connections false",
        quote::ident(&scene.names.owner)
    );
    Step {
        name: format!("{}: the database is made", scene.names.home),
        act: Act::Series(Series {
            guards: vec![gone.clone()],
            untouched: Some(gone.clone()),
            ..series(create)
        }),
        again: true,
        check: check(scene, THERE),
        undo: Undo::Act(Act::Series(Series {
            unless: Some(gone.clone()),
            ..series(format!("drop database if exists {name} with (force)"))
        })),
    }
}

/// Who may enter, and how many at once.
fn doors(scene: &Scene<'_>, watcher: &str) -> Step {
    let ident = quote::ident;
    let name = ident(&scene.names.home);
    let let_in = [scene.names.writer.as_str(), &scene.names.reader, watcher].map(ident);
    let said = [
        format!("revoke all on database {name} from public"),
        format!("grant connect on database {name} to {}", let_in.join(", ")),
        format!("comment on database {name} is {}", quote::literal(scene.called())),
        format!(
            "alter database {name} allow_connections true connection limit {}",
            scene.most()
        ),
    ];
    Step {
        name: format!("{}: its doors are hung, and opened", scene.names.home),
        act: Act::Transact(Transact {
            role: Some(scene.names.owner.clone()),
            ..transact(scene, said)
        }),
        again: true,
        check: check(scene, SHUT),
        // What is set for a database goes with it.
        undo: Undo::Nothing,
    }
}

/// Its schema is nobody's but its owner's to make something in. It is taken back as long as nobody has written there: then
/// nobody of the tenant enters any more.
fn inside(scene: &Scene<'_>) -> Step {
    let ident = quote::ident;
    let place = scene.place();
    let so = scene.is(&format!(
        "exists (select from pg_namespace n where n.nspname = {} and not has_schema_privilege('public', n.oid, 'create') \
         and {RIGHTS})",
        quote::literal(&scene.schema)
    ));
    let mut said = vec![format!("revoke create on schema {} from public", ident(&scene.schema))];
    said.extend(scene.rights());
    let shut = format!(
        "revoke connect on database {} from {}, {}",
        ident(&scene.names.home),
        ident(&scene.names.writer),
        ident(&scene.names.reader)
    );
    Step {
        name: format!("{}: who may do what in it", scene.names.home),
        act: Act::Transact(Transact {
            role: Some(scene.names.owner.clone()),
            statements: said.into_iter().map(Into::into).collect(),
            unless: Some(so.clone()),
            proofs: vec![so.clone()],
            ..Transact::on(place.clone())
        }),
        again: true,
        check: Check {
            ask: Question::All(vec![Question::Sql(place.sql(so)), scene.oid(), scene.nothing_kept()]),
            within: WITHIN,
        },
        undo: Undo::Act(Act::Transact(Transact {
            role: Some(scene.wishes.how.admin_role.clone()),
            statements: vec![shut.into()],
            unless: Some(scene.is(OUT)),
            guards: vec![scene.untouched()],
            ..Transact::on(place)
        })),
    }
}
