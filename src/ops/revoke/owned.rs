//! What a role owns, in every database of its server, and how it is handed over.

use crate::{
    model::{Act, Check, Place, Question, Step, Text, Transact, Undo, quote},
    ops::{
        Refusal,
        survey::{Inquiries, Inquiry, Known},
    },
    store::Snapshot,
};

/// So many objects are named in a refusal.
const NAMED: usize = 5;

/// What to find out: in which databases these roles own something, and then what it is.
pub fn inquiries(world: &Snapshot, place: &Place, roles: &[&str]) -> Result<Inquiries, Refusal> {
    let mut inquiries = Inquiries::new();
    for role in roles {
        let name = quote::literal(role);
        let everywhere = format!(
            "select distinct d.datname::text from pg_shdepend s join pg_database d on d.oid = s.dbid \
             where s.refclassid = 'pg_authid'::regclass and s.refobjid = (select oid from pg_roles where rolname = {name}) \
             order by 1"
        );
        inquiries.insert(databases_of(role), Inquiry::Rows(place.sql(everywhere)));
        for database in databases(world, role)? {
            let here = format!(
                "select pg_describe_object(s.classid, s.objid, s.objsubid) from pg_shdepend s \
                 where s.dbid = (select oid from pg_database where datname = current_database()) and s.deptype = 'o' \
                 and s.refclassid = 'pg_authid'::regclass and s.refobjid = (select oid from pg_roles where rolname = {name}) \
                 order by 1"
            );
            let inquiry = Inquiry::Rows(place.database(database.as_str()).sql(here));
            inquiries.insert(objects_in(role, database), inquiry);
        }
    }
    Ok(inquiries)
}

fn databases_of(role: &str) -> String {
    format!("the databases in which {} has something", Text::from(role))
}

fn objects_in(role: &str, database: &str) -> String {
    format!("what {} owns in {}", Text::from(role), Text::from(database))
}

/// Databases in which something depends on this role, as far as they were asked for.
pub fn databases<'a>(world: &'a Snapshot, role: &str) -> Result<&'a [String], Refusal> {
    Ok(Known::of(world).rows(&databases_of(role))?.unwrap_or_default())
}

/// What a role owns, by database.
pub fn objects<'a>(world: &'a Snapshot, role: &str) -> Result<Vec<(&'a str, &'a [String])>, Refusal> {
    let mut found = Vec::new();
    for database in databases(world, role)? {
        let objects = Known::of(world).rows(&objects_in(role, database))?.unwrap_or_default();
        if !objects.is_empty() {
            found.push((database.as_str(), objects));
        }
    }
    Ok(found)
}

/// Steps that hand over what a role owns; none where it owns nothing.
///
/// # Errors
/// Where it owns something and nobody is named who gets it: dropping the role would drop that too, or fail.
pub fn hand_over(
    world: &Snapshot,
    place: &Place,
    engine: &str,
    role: &str,
    heir: Option<&str>,
) -> Result<Vec<Step>, Refusal> {
    let objects = objects(world, role)?;
    let Some(heir) = heir.filter(|heir| !heir.is_empty()) else {
        return if objects.is_empty() {
            Ok(Vec::new())
        } else {
            Err(owns(role, &objects))
        };
    };
    let step =
        |(database, objects): (&str, &[String])| reassign(&place.database(database), engine, role, heir, objects.len());
    Ok(objects.into_iter().map(step).collect())
}

fn owns(role: &str, objects: &[(&str, &[String])]) -> Refusal {
    let named = objects.iter().flat_map(|(database, objects)| {
        let shown = objects
            .iter()
            .map(move |object| format!("{} in {}", Text::from(object.as_str()), Text::from(*database)));
        shown.collect::<Vec<_>>()
    });
    let named: Vec<String> = named.collect();
    let more = named.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let shown = named[..named.len().min(NAMED)].join(", ");
    Refusal::new(format!(
        "{} owns {shown}{more}: to end it would end them, or fail",
        Text::from(role)
    ))
    .hint("hand them over first: --set reassign=OWNER")
}

/// Hands over what a role owns in this database. The engine must be a member of the role to do it.
pub fn reassign(place: &Place, engine: &str, role: &str, heir: &str, count: usize) -> Step {
    let (from, to, us) = (quote::ident(role), quote::ident(heir), quote::ident(engine));
    let none = format!(
        "select not exists (select from pg_shdepend where deptype = 'o' and refclassid = 'pg_authid'::regclass \
         and dbid = (select oid from pg_database where datname = current_database()) \
         and refobjid = (select oid from pg_roles where rolname = {}))",
        quote::literal(role)
    );
    let database = Text::from(place.database.as_deref().unwrap_or_default());
    Step {
        name: format!(
            "hand over what {} owns in {database} to {}: {count}",
            Text::from(role),
            Text::from(heir)
        ),
        act: Act::Transact(Transact {
            role: Some(engine.to_owned()),
            statements: vec![
                format!("GRANT {from} TO {us}").into(),
                format!("REASSIGN OWNED BY {from} TO {to}").into(),
            ],
            proofs: vec![none.clone()],
            ..Transact::on(place.clone())
        }),
        again: true,
        check: Check {
            ask: Question::Sql(place.sql(none)),
            within: 3,
        },
        undo: Undo::Never("what was handed over stays with its new owner".into()),
    }
}
