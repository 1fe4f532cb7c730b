//! What is a tenant's own goes, and the roles that were its alone: it is dropped by its name only where the number that was seen
//! bears it, nobody gets in, and the mark is the one that was seen.

use super::{WITHIN, Who, inside::Inside, own::Own, remains::Remains};
use crate::{
    model::{Act, Check, Limits, Question, Series, Step, Text, Transact, Undo, quote},
    ops::{Refusal, actor::Attribute, survey::Known, whole::schema::followers},
    store::Snapshot,
};

/// Those who have been shut out have no session; whoever looks on holds no lock for long.
const LIMITS: Limits = Limits {
    lock: 2_000,
    retries: 5,
    budget: 600_000,
};
const NO_WAY_BACK: &str = "only a backup has it then; restore-whole makes it anew out of one (moment=name:tenantry-RUN, with the \
    name of the run), once there is a role again as its owner";

impl Who<'_> {
    pub(super) fn held(&self) -> String {
        format!("what of others hangs on what is {}'s own", self.target)
    }

    pub(super) fn dropped_by(&self) -> String {
        format!("who on {} may drop what is {}'s own", self.place.server, self.target)
    }

    /// As whom it is dropped.
    fn dropper<'a>(&self, inside: &Inside, known: Known<'a>) -> Result<&'a str, Refusal> {
        let found = known.rows(&self.dropped_by())?.unwrap_or_default();
        found.first().map(String::as_str).ok_or_else(|| {
            let owner = Text::from(inside.owner.as_str());
            let (what, hint) = match &self.own {
                Own::Schema(_) => ("", ""),
                Own::Database(_) => (" and end the sessions in it", " and of pg_signal_backend"),
            };
            Refusal::new(format!(
                "the login to act with may become nobody who may drop {}{what}",
                self.own.shown()
            ))
            .hint(format!("let it become a role that is a member of {owner}{hint}"))
        })
    }
}

/// Which roles that the login to act with may become may drop it; a database only with the sessions in it (`DROP DATABASE … WITH
/// (FORCE)` asks for the rights of `pg_terminate_backend`).
pub(super) fn droppers(own: &Own, inside: &Inside) -> String {
    let ends = match own {
        Own::Schema(_) => "",
        Own::Database(_) => " and pg_has_role(r.oid, 'pg_signal_backend', 'usage')",
    };
    format!(
        "select r.rolname::text from pg_roles r join pg_roles o on o.rolname = {} where pg_has_role(current_user, r.oid, 'member') \
         and pg_has_role(r.oid, o.oid, 'usage'){ends} order by r.rolcanlogin, r.rolname",
        quote::literal(&inside.owner)
    )
}

/// What of others would go with a schema, or keeps a database from going.
pub(super) fn holders(own: &Own, inside: &Inside) -> String {
    match own {
        Own::Schema(name) => followers(name),
        Own::Database(_) => {
            let oid = &inside.oid;
            format!(
                "select 'replication slot ' || slot_name from pg_replication_slots where datoid = {oid} \
                 union all select 'subscription ' || subname from pg_subscription where subdbid = {oid} \
                 union all select 'prepared transaction ' || gid from pg_prepared_xacts x \
                 join pg_database d on d.datname = x.database where d.oid = {oid}"
            )
        }
    }
}

pub(super) fn steps(
    who: &Who<'_>,
    inside: &Inside,
    remains: &[Remains],
    world: &Snapshot,
) -> Result<Vec<Step>, Refusal> {
    let going: Vec<&Remains> = remains.iter().filter(|one| one.goes()).collect();
    let maker = match going.as_slice() {
        [] => None,
        _ => Some(Attribute::CreateRole.actor(world, &who.place)?),
    };
    let dropped = maker.map(|maker| roles_gone(who, &going, &maker));
    let by = who.dropper(inside, Known::of(world))?;
    Ok(match &who.own {
        Own::Schema(_) => vec![schema(who, inside, by, dropped.unwrap_or_default())],
        Own::Database(_) => {
            let roles = dropped.map(|statements| roles(who, &going, statements));
            std::iter::once(database(who, inside, by)).chain(roles).collect()
        }
    })
}

fn is_gone(own: &Own, inside: &Inside) -> String {
    format!("select not {}", own.is_there(&inside.oid))
}

/// It is the one that was seen, as it was seen.
fn guards(who: &Who<'_>, inside: &Inside) -> Vec<String> {
    let free = format!(
        "select not exists ({}) /* nothing of others hangs on it */",
        holders(&who.own, inside)
    );
    who.unchanged(inside).into_iter().chain([free]).collect()
}

/// The schema and the roles in one transaction.
fn schema(who: &Who<'_>, inside: &Inside, by: &str, roles: Vec<String>) -> Step {
    let gone = is_gone(&who.own, inside);
    let dropped = format!("drop schema {} cascade", quote::ident(who.own.name()));
    Step {
        name: format!(
            "{}: its {} is dropped, with all that is in it",
            who.known.name,
            who.own.shown()
        ),
        act: Act::Transact(Transact {
            role: Some(by.to_owned()),
            unless: Some(gone.clone()),
            guards: guards(who, inside),
            statements: [dropped].into_iter().chain(roles).map(Into::into).collect(),
            proofs: vec![gone.clone()],
            limits: Some(LIMITS),
            ..Transact::on(who.place.clone())
        }),
        again: true,
        check: check(who, gone),
        undo: Undo::Never(NO_WAY_BACK.into()),
    }
}

fn database(who: &Who<'_>, inside: &Inside, by: &str) -> Step {
    let gone = is_gone(&who.own, inside);
    Step {
        name: format!(
            "{}: its {} is dropped, with all that is in it",
            who.known.name,
            who.own.shown()
        ),
        act: Act::Series(Series {
            place: who.place.clone(),
            role: Some(by.to_owned()),
            settings: Vec::new(),
            unless: Some(gone.clone()),
            guards: guards(who, inside),
            statements: vec![format!("drop database {} with (force)", quote::ident(who.own.name())).into()],
            untouched: Some(who.is_it(inside)),
            limits: LIMITS,
        }),
        again: true,
        check: check(who, gone),
        undo: Undo::Never(NO_WAY_BACK.into()),
    }
}

fn roles(who: &Who<'_>, going: &[&Remains], statements: Vec<String>) -> Step {
    let names: Vec<String> = going.iter().map(|one| quote::literal(&one.role)).collect();
    let gone = format!(
        "select not exists (select from pg_roles where rolname in ({}))",
        names.join(", ")
    );
    Step {
        name: format!("{}: its roles are dropped", who.known.name),
        act: Act::Transact(Transact {
            unless: Some(gone.clone()),
            statements: statements.into_iter().map(Into::into).collect(),
            proofs: vec![gone.clone()],
            ..Transact::on(who.place.clone())
        }),
        again: true,
        check: check(who, gone),
        undo: Undo::Never("nobody logs in as one of them".into()),
    }
}

/// What takes the roles away, said by whoever makes roles; before that their rights to the database that a schema was in, said by
/// its owner.
fn roles_gone(who: &Who<'_>, going: &[&Remains], maker: &str) -> Vec<String> {
    let idents = |all: Vec<&&Remains>| {
        all.iter()
            .map(|one| quote::ident(&one.role))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut said = Vec::new();
    let entering: Vec<&&Remains> = going.iter().filter(|one| one.enters).collect();
    if let (Some(database), Some(first)) = (&who.place.database, entering.first()) {
        said.push(format!("set local role {}", quote::ident(&first.landlord)));
        said.push(format!(
            "revoke all on database {} from {}",
            quote::ident(database),
            idents(entering)
        ));
    }
    said.push(format!("set local role {}", quote::ident(maker)));
    said.push(format!("drop role {}", idents(going.iter().collect())));
    said
}

fn check(who: &Who<'_>, so: String) -> Check {
    Check {
        ask: Question::Sql(who.place.sql(so)),
        within: WITHIN,
    }
}
