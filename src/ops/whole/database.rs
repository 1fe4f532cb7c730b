//! A database: a new one is made as the old one was and filled by the dump, and then the two change names.

use serde::Deserialize;

use super::{
    Deeds, LIMITS, Source, WITHIN,
    content::{self, Content, Rights, one},
    may, may_be, names, refused,
    scene::{self, Scene},
    swap::Swap,
};
use crate::{
    model::{Act, Check, Limits, Look, Place, Pour, Question, Series, Step, Transact, Undo, plural, quote},
    ops::{
        Refusal,
        survey::{Inquiries, Inquiry, Known},
    },
};

const THEN: &str = "what the database is in the copy";
const NOW: &str = "what is there now of the database";
/// To make a database is to copy a template.
const MAKING: Limits = Limits {
    lock: 2_000,
    retries: 5,
    budget: 600_000,
};

/// What it is in the copy (`pg_database`).
#[derive(Debug, Deserialize)]
struct Then {
    encoding: String,
    datcollate: String,
    datctype: String,
    /// From 15 on: `c`, `i` or, from 17 on, `b`.
    datlocprovider: Option<String>,
    /// Until 16, and from 17 on.
    daticulocale: Option<String>,
    datlocale: Option<String>,
    datconnlimit: i64,
    grants: Vec<Grant>,
    /// `name=value`
    settings: Vec<String>,
    /// Roles that have settings of their own there.
    roles: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Grant {
    /// None where it is everybody's.
    to: Option<String>,
    what: String,
    grantable: bool,
}

/// What is there now.
#[derive(Debug, Deserialize)]
struct Now {
    /// Whether it may be connected to; none where there is none.
    open: Option<bool>,
    taken: Vec<String>,
    sessions: usize,
    slots: Vec<String>,
    member: Option<bool>,
    unable: Vec<String>,
    /// Roles that may make and rename it, and end sessions in it.
    makers: Vec<String>,
}

/// Whose the database is that is asked.
pub(super) fn owner() -> String {
    "select pg_get_userbyid(datdba) from pg_database where datname = current_database()".into()
}

/// What a plan needs to know of the two servers.
pub(super) fn survey(scene: &Scene<'_>, owner: &str, content: &Content) -> Inquiries {
    let (id, role) = (quote::literal(scene.id), quote::literal(owner));
    let then = format!(
        "select (to_jsonb(d) - 'datacl' || jsonb_build_object('encoding', pg_encoding_to_char(d.encoding), \
         'grants', (select coalesce(jsonb_agg(jsonb_build_object('to', (select rolname from pg_roles where oid = a.grantee), \
           'what', a.privilege_type, 'grantable', a.is_grantable) order by a.grantee, a.privilege_type), '[]') \
           from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a where a.grantee <> d.datdba), \
         'settings', coalesce((select to_jsonb(setconfig) from pg_db_role_setting where setdatabase = d.oid and setrole = 0), '[]'), \
         'roles', (select coalesce(jsonb_agg(pg_get_userbyid(setrole)), '[]') from pg_db_role_setting \
           where setdatabase = d.oid and setrole <> 0)))::text from pg_database d where datname = {id}"
    );
    let now = format!(
        "select json_build_object('open', (select datallowconn from pg_database where datname = {id}), \
         'taken', (select coalesce(json_agg(datname order by datname), '[]') from pg_database \
           where datname ~ '^(before_restore|restored)_'), \
         'sessions', (select count(*) from pg_stat_activity where datname = {id}), \
         'slots', (select coalesce(json_agg(slot_name), '[]') from pg_replication_slots where database = {id}), \
         {}, \
         'makers', (select coalesce(json_agg(r.rolname order by r.rolcanlogin, r.rolname), '[]') from pg_roles r, pg_roles o \
           where o.rolname = {role} and r.rolcreatedb and pg_has_role(current_user, r.oid, 'member') \
           and pg_has_role(r.oid, o.oid, 'usage') and pg_has_role(r.oid, 'pg_signal_backend', 'usage') \
           and not exists (select from pg_database d where d.datname = {id} and not pg_has_role(r.oid, d.datdba, 'usage'))))::text",
        may(owner, &content.owners)
    );
    scene::all([
        (THEN, Inquiry::Rows(scene.copy.sql(then))),
        (NOW, Inquiry::Rows(scene.live.sql(now))),
    ])
}

/// The steps, and what they touch.
pub(super) fn steps(source: &Source<'_>, known: Known<'_>) -> Result<Deeds, Refusal> {
    let none = || Refusal::new("nothing was found out yet");
    let then: Then = one(known.rows(THEN)?.ok_or_else(none)?)?;
    let now: Now = one(known.rows(NOW)?.ok_or_else(none)?)?;
    may_be(source.owner, now.member, &now.unable)?;
    let id = source.scene.id;
    let maker = now.makers.first().ok_or_else(|| {
        let owner = source.owner;
        let what =
            format!("the login to act with may become nobody who may make and rename {id} and end sessions in it");
        let hint = format!("let it become a role with CREATEDB that is a member of {owner} and of pg_signal_backend");
        refused(&what, hint)
    })?;
    let [kept, new] = names::free(id, ["before_restore", "restored"], &now.taken);
    let swap = Swap {
        live: &source.scene.live,
        maker,
        id,
        new: &new,
        kept: now.open.is_some().then_some(kept.as_str()),
        open: now.open == Some(true),
    };
    let mut all = vec![
        made(source, &then, maker, &new),
        furnished(source, &then, &new),
        filled(source, &new)?,
    ];
    all.extend(swap.steps());
    Ok((all, touches(source.scene, &swap, &then, &now)))
}

fn is_there(name: &str) -> String {
    let name = quote::literal(name);
    format!("select exists (select from pg_database where datname = {name})")
}

/// A new database, as the old one was made.
fn made(source: &Source<'_>, then: &Then, maker: &str, new: &str) -> Step {
    let live = &source.scene.live;
    let locale = then.datlocale.as_ref().or(then.daticulocale.as_ref());
    let locale = locale.map(|locale| quote::literal(locale)).unwrap_or_default();
    let provider = match then.datlocprovider.as_deref() {
        Some("i") => format!(" locale_provider icu icu_locale {locale}"),
        Some("b") => format!(" locale_provider builtin builtin_locale {locale}"),
        _ => String::new(),
    };
    let create = format!(
        "create database {} owner {} template template0 encoding {} lc_collate {} lc_ctype {}{provider} connection limit {}",
        quote::ident(new),
        quote::ident(source.owner),
        quote::literal(&then.encoding),
        quote::literal(&then.datcollate),
        quote::literal(&then.datctype),
        then.datconnlimit.max(-1)
    );
    let series = |guards: Vec<String>, statement: String| Series {
        place: live.clone(),
        role: Some(maker.to_owned()),
        settings: Vec::new(),
        unless: None,
        guards,
        statements: vec![statement.into()],
        untouched: None,
        limits: MAKING,
    };
    let gone = is_there(new).replacen("exists", "not exists", 1);
    let drop = format!("drop database if exists {} with (force)", quote::ident(new));
    Step {
        name: format!("make the database {new}"),
        act: Act::Series(Series {
            untouched: Some(gone.clone()),
            ..series(vec![gone], create)
        }),
        again: true,
        check: ask(live, is_there(new)),
        undo: Undo::Act(Act::Series(series(Vec::new(), drop))),
    }
}

/// Who may enter it, and what is set in it.
fn furnished(source: &Source<'_>, then: &Then, new: &str) -> Step {
    let live = &source.scene.live;
    let name = quote::ident(new);
    let mut statements = vec![format!("revoke all on database {name} from public")];
    statements.extend(then.grants.iter().map(|grant| {
        let to = grant.to.as_deref().map_or_else(|| "public".into(), quote::ident);
        let with = if grant.grantable { " with grant option" } else { "" };
        format!("grant {} on database {name} to {to}{with}", grant.what)
    }));
    statements.extend(then.settings.iter().filter_map(|setting| {
        let (setting, value) = setting.split_once('=')?;
        let (setting, value) = (quote::setting(setting), quote::literal(value));
        Some(format!("alter database {name} set {setting} to {value}"))
    }));
    let granted: Vec<String> = then
        .grants
        .iter()
        .map(|grant| {
            let to = grant.to.as_deref().map_or_else(|| "null".into(), quote::literal);
            format!("({to}::text, {}, {})", quote::literal(&grant.what), grant.grantable)
        })
        .collect();
    let of = "select (select rolname::text from pg_roles where oid = a.grantee), a.privilege_type, a.is_grantable from pg_database d, \
              aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a";
    let of = format!(
        "{of} where d.datname = {} and a.grantee <> d.datdba",
        quote::literal(new)
    );
    let so = if granted.is_empty() {
        format!("select not exists ({of})")
    } else {
        let values = granted.join(", ");
        format!("select not exists (({of}) except values {values}) and not exists ((values {values}) except ({of}))")
    };
    Step {
        name: format!("let in to {new} who was let in"),
        act: Act::Transact(Transact {
            role: Some(source.owner.to_owned()),
            statements: statements.into_iter().map(Into::into).collect(),
            ..Transact::on(live.clone())
        }),
        again: true,
        check: ask(live, so),
        undo: Undo::Nothing,
    }
}

/// The dump, and its proof.
fn filled(source: &Source<'_>, new: &str) -> Result<Step, Refusal> {
    let place = source.scene.live.database(new);
    let forms = content::forms_are(&source.scene.whose(), source.forms, Rights::Same);
    // To compare all rows again would take as long as the first time; they were committed with their form or not at all.
    let so = format!("select {}", content::all_so(&forms));
    Ok(Step {
        name: format!("fill {new}, and prove it"),
        act: Act::Pour(Pour {
            into: Transact {
                role: Some(source.owner.to_owned()),
                settings: Scene::settings(),
                unless: Some(so.clone()),
                proofs: source.proofs(),
                limits: Some(LIMITS),
                ..Transact::on(place.clone())
            },
            from: source.scene.dump(Rights::Same)?,
        }),
        again: true,
        check: Check {
            ask: Question::Look(Look {
                sql: place.sql(so),
                role: Some(source.owner.to_owned()),
                settings: Scene::settings(),
            }),
            within: WITHIN,
        },
        undo: Undo::Nothing,
    })
}

/// A check on a server.
pub(super) fn ask(live: &Place, sql: String) -> Check {
    Check {
        ask: Question::Sql(live.sql(sql)),
        within: WITHIN,
    }
}

fn touches(scene: &Scene<'_>, swap: &Swap<'_>, then: &Then, now: &Now) -> Vec<(String, String)> {
    let (id, mut all) = (scene.id, Vec::new());
    all.extend(swap.kept.map(|kept| {
        let words = format!(
            "what is there now is kept as {kept}, closed. When nobody needs it: drop database {}{}. To take all back by hand: close \
             {id}, end its sessions, and let the two change names again",
            quote::ident(kept),
            scene.of_kept(kept)
        );
        (format!("the database {id}"), words)
    }));
    all.extend(swap.kept.map(|_| {
        let words = format!(
            "{} now; all are ended, and nobody is let in while the two change names",
            plural(now.sessions, "session")
        );
        ("sessions".into(), words)
    }));
    all.extend((!now.slots.is_empty()).then(|| {
        let words = format!("{}: go on with what is kept", now.slots.join(", "));
        ("slots".into(), words)
    }));
    all.extend((!then.roles.is_empty()).then(|| {
        let words = format!("what is set for {} in this database alone", then.roles.join(", "));
        ("does not come back".into(), words)
    }));
    all.push((
        "does not come back either".into(),
        "subscriptions, and comments on the database".into(),
    ));
    all
}
