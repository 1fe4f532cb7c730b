//! Who may enter what is a tenant's own, its schema or its database: as it is now, closed to all but its owner and who watches, and
//! open again.

use serde::Deserialize;

use super::{WITHIN, Who};
use crate::{
    model::{Act, Check, Question, Step, Text, Transact, Undo, quote},
    ops::{
        Refusal,
        survey::{Known, parsed},
    },
};

/// Logins that are told by name.
const TOLD: usize = 5;

/// What is a tenant's own, and what lets one in.
pub(super) enum Own {
    /// A schema: the right to use it.
    Schema(String),
    /// A database: the right to connect.
    Database(String),
}

impl Own {
    /// In words, and as it stands in a statement.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Schema(name) => format!("schema {}", Text::from(name.as_str())),
            Self::Database(name) => format!("database {}", Text::from(name.as_str())),
        }
    }

    fn on(&self) -> String {
        match self {
            Self::Schema(name) => format!("usage on schema {}", quote::ident(name)),
            Self::Database(name) => format!("connect on database {}", quote::ident(name)),
        }
    }

    /// All of their kind as `o`: number, name, owner, rights, and the right that counts.
    fn all(&self) -> &'static str {
        match self {
            Self::Schema(_) => {
                "(select oid, nspname as name, nspowner as owner, nspacl as set, coalesce(nspacl, acldefault('n', nspowner)) as acl, \
                 'USAGE' as lets_in from pg_namespace) o"
            }
            Self::Database(_) => {
                "(select oid, datname as name, datdba as owner, datacl as set, coalesce(datacl, acldefault('d', datdba)) as acl, \
                 'CONNECT' as lets_in from pg_database) o"
            }
        }
    }

    fn name(&self) -> &str {
        let (Self::Schema(name) | Self::Database(name)) = self;
        name
    }
}

/// Who is let in.
#[derive(Deserialize)]
pub(super) struct Inside {
    /// `pg_namespace.oid` or `pg_database.oid`
    pub(super) oid: String,
    pub(super) owner: String,
    /// Who logs in as it, or as a member of it.
    pub(super) members: Vec<Text>,
    /// Who watches is let in by a grant of its own.
    pub(super) watched: bool,
    pub(super) others: Vec<Entry>,
}

/// Somebody who neither owns it nor watches, and is let in.
#[derive(Deserialize)]
pub(super) struct Entry {
    /// None is everybody.
    pub(super) role: Option<String>,
    /// It may be passed on.
    grants: bool,
}

impl Entry {
    fn ident(&self) -> String {
        self.role.as_deref().map_or_else(|| "public".into(), quote::ident)
    }

    fn back(&self) -> &'static str {
        if self.grants { " with grant option" } else { "" }
    }
}

impl Who<'_> {
    pub(super) fn entered(&self) -> String {
        format!("who may enter what is {}'s own", self.target)
    }

    /// Who gets in all the same.
    pub(super) fn still(&self, inside: &Inside) -> String {
        let (owner, readers) = (Text::from(inside.owner.as_str()), Text::from(self.readers));
        let mut members: Vec<String> = inside.members.iter().take(TOLD).map(ToString::to_string).collect();
        let more = inside.members.len().saturating_sub(TOLD);
        members.extend((more > 0).then(|| format!("{more} more")));
        let who = match members.as_slice() {
            [] => "as whom nobody logs in".to_owned(),
            some => format!("as whom log in {}", some.join(", ")),
        };
        format!("superusers, {readers}, who watches, and {owner}, {who}")
    }

    fn watcher(&self) -> String {
        regrole(self.readers)
    }

    /// Rights to `o`, as `a`, of others than its owner and who watches.
    fn rights(&self) -> String {
        format!(
            "aclexplode(o.acl) a where a.privilege_type = o.lets_in and a.grantee <> o.owner \
             and a.grantee is distinct from {}",
            self.watcher()
        )
    }

    pub(super) fn asks(&self) -> String {
        format!(
            "select json_build_object('oid', o.oid::text, 'owner', pg_get_userbyid(o.owner), 'members', \
             (select coalesce(json_agg(r.rolname order by r.rolname), '[]') from pg_roles r where r.rolcanlogin and not r.rolsuper \
             and pg_has_role(r.oid, o.owner, 'member')), 'watched', exists (select from \
             aclexplode(o.set) a where a.privilege_type = o.lets_in and a.grantee = {}), 'others', \
             (select coalesce(json_agg(json_build_object('role', g.rolname, 'grants', a.is_grantable) order by g.rolname), '[]') \
             from (select a.grantee, a.is_grantable from {}) a left join pg_roles g on g.oid = a.grantee))::text \
             from {} where o.name = {}",
            self.watcher(),
            self.rights(),
            self.own.all(),
            quote::literal(self.own.name())
        )
    }

    pub(super) fn inside(&self, known: Known<'_>) -> Result<Inside, Refusal> {
        let rows = known.rows(&self.entered())?;
        let found: Vec<Inside> = parsed(rows.ok_or_else(|| Refusal::new("nothing was found out yet"))?)?;
        let inside = found.into_iter().next();
        let inside = inside.ok_or_else(|| Refusal::new(format!("{} has no {}", self.target, self.own.shown())))?;
        if inside.others.is_empty() {
            let what = format!(
                "{}: there is nobody to shut out: {} is open to {}",
                self.name,
                self.own.shown(),
                self.still(&inside)
            );
            return Err(Refusal::new(what));
        }
        Ok(inside)
    }

    /// Nobody of it may enter any more. In a schema what is prepared is checked anew, too: the plans of every session are.
    pub(super) fn closed(&self, inside: &Inside) -> Step {
        let (on, all, oid) = (self.own.on(), self.own.all(), &inside.oid);
        let others: Vec<String> = inside.others.iter().map(Entry::ident).collect();
        let watch = (!inside.watched).then(|| quote::ident(self.readers));
        let still = format!(
            "select exists (select from {all} where o.oid = {oid} and o.name = {}) /* it is the one that was seen */",
            quote::literal(self.own.name())
        );
        let shut = format!(
            "select not exists (select from {all} cross join lateral (select from {}) a where o.oid = {oid})",
            self.rights()
        );
        let open = format!("select ({}) = {}", self.counted(inside), inside.others.len());
        let transact = |statements: Vec<String>, unless: &str| Transact {
            role: Some(inside.owner.clone()),
            unless: Some(unless.to_owned()),
            guards: vec![still.clone()],
            statements: statements.into_iter().map(Into::into).collect(),
            proofs: vec![unless.to_owned()],
            ..Transact::on(self.place.clone())
        };
        let lets = watch.iter().map(|role| format!("grant {on} to {role}"));
        let closes = lets.chain([format!("revoke {on} from {}", others.join(", "))]);
        let grants = inside.others.iter();
        let grants = grants.map(|entry| format!("grant {on} to {}{}", entry.ident(), entry.back()));
        let opens = grants.chain(watch.iter().map(|role| format!("revoke {on} from {role}")));
        Step {
            name: format!("{}: its {} is closed", self.name, self.own.shown()),
            act: Act::Transact(transact(closes.collect(), &shut)),
            again: true,
            check: Check {
                ask: Question::Sql(self.place.sql(shut.clone())),
                within: WITHIN,
            },
            undo: Undo::Act(Act::Transact(transact(opens.collect(), &open))),
        }
    }

    /// How many of those that were shut out are let in.
    fn counted(&self, inside: &Inside) -> String {
        let roles: Vec<String> = inside
            .others
            .iter()
            .map(|entry| entry.role.as_deref().map_or_else(|| "0".into(), regrole))
            .collect();
        format!(
            "select count(distinct a.grantee) from {} cross join lateral (select a.grantee from {}) a \
             where o.oid = {} and a.grantee in ({})",
            self.own.all(),
            self.rights(),
            inside.oid,
            roles.join(", ")
        )
    }
}

/// The number of a role by its name; null where there is none.
fn regrole(name: &str) -> String {
    format!("to_regrole({})::oid", quote::literal(&quote::ident(name)))
}
