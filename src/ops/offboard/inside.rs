//! Who may enter what is a tenant's own, its schema or its database: as it is now, closed to all but its owner and who watches, and
//! open again.

use jiff::Timestamp;
use serde::Deserialize;

use super::{WITHIN, Who};
use crate::{
    model::{Act, Check, Question, Step, Text, Transact, Undo, quote, shut},
    ops::{
        Refusal,
        survey::{Known, parsed},
    },
};

/// Logins that are told by name.
const TOLD: usize = 5;

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
    /// The end of its comment.
    pub(super) note: Option<String>,
    pub(super) others: Vec<Entry>,
}

impl Inside {
    /// Since when it is shut out, where it is marked so.
    pub(super) fn shut(&self) -> Option<Timestamp> {
        shut::since(self.note.as_deref()?)
    }
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
             aclexplode(o.set) a where a.privilege_type = o.lets_in and a.grantee = {}), 'note', {}, 'others', \
             (select coalesce(json_agg(json_build_object('role', g.rolname, 'grants', a.is_grantable) order by g.rolname), '[]') \
             from (select a.grantee, a.is_grantable from {}) a left join pg_roles g on g.oid = a.grantee))::text \
             from {} where o.name = {}",
            self.watcher(),
            self.own.note(),
            self.rights(),
            self.own.all(),
            quote::literal(self.own.name())
        )
    }

    pub(super) fn inside(&self, known: Known<'_>) -> Result<Inside, Refusal> {
        let rows = known.rows(&self.entered())?;
        let found: Vec<Inside> = parsed(rows.ok_or_else(|| Refusal::new("nothing was found out yet"))?)?;
        let inside = found.into_iter().next();
        inside.ok_or_else(|| Refusal::new(format!("{} has no {}", self.target, self.own.shown())))
    }

    /// Nobody gets in, and since when.
    pub(super) fn shut_since(&self, inside: &Inside) -> Result<Timestamp, Refusal> {
        let since = inside.shut().filter(|_| inside.others.is_empty());
        since.ok_or_else(|| {
            let what = format!("{} is not shut out", self.known.name);
            Refusal::new(what).hint("first disable, then wait as long as the policy says")
        })
    }

    /// A query whether it is the one that was seen.
    pub(super) fn is_it(&self, inside: &Inside) -> String {
        format!(
            "select {} /* it is the one that was seen */",
            self.own.is_it(&inside.oid)
        )
    }

    /// A query whether nobody but its owner and who watches is let in, and whether the mark is such a one, as a condition on `o`.
    pub(super) fn is_shut(&self, inside: &Inside, marked: &str) -> String {
        format!(
            "select exists (select from {} where o.oid = {} and {marked} and not exists (select from {})) /* nobody is let in */",
            self.own.all(),
            inside.oid,
            self.rights()
        )
    }

    /// Queries whether it is the one that was seen, shut out since the same moment.
    pub(super) fn unchanged(&self, inside: &Inside) -> Vec<String> {
        let note = quote::literal(inside.note.as_deref().unwrap_or_default());
        let same = format!("{} = {note}", self.own.note());
        vec![self.is_it(inside), self.is_shut(inside, &same)]
    }

    /// Nobody of it may enter any more. In a schema what is prepared is checked anew, too: the plans of every session are.
    pub(super) fn closed(&self, inside: &Inside) -> Step {
        let (on, all, oid) = (self.own.on(), self.own.all(), &inside.oid);
        let others: Vec<String> = inside.others.iter().map(Entry::ident).collect();
        let watch = (!inside.watched).then(|| quote::ident(self.readers));
        let shut = self.is_shut(inside, &self.own.is_marked());
        let open = format!(
            "select ({}) = {} and exists (select from {all} where o.oid = {oid} and not {})",
            self.counted(inside),
            inside.others.len(),
            self.own.is_marked()
        );
        let transact = |statements: Vec<String>, unless: &str| Transact {
            role: Some(inside.owner.clone()),
            unless: Some(unless.to_owned()),
            guards: vec![self.is_it(inside)],
            statements: statements.into_iter().map(Into::into).collect(),
            proofs: vec![unless.to_owned()],
            ..Transact::on(self.place.clone())
        };
        let lets = watch.iter().map(|role| format!("grant {on} to {role}"));
        let revoked = (!others.is_empty()).then(|| format!("revoke {on} from {}", others.join(", ")));
        let closes = lets.chain(revoked).chain([self.own.marks(oid)]);
        let grants = inside.others.iter();
        let grants = grants.map(|entry| format!("grant {on} to {}{}", entry.ident(), entry.back()));
        let unlets = watch.iter().map(|role| format!("revoke {on} from {role}"));
        let opens = grants.chain(unlets).chain([self.own.unmarks(oid)]);
        Step {
            name: format!("{}: its {} is closed", self.known.name, self.own.shown()),
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
        if inside.others.is_empty() {
            return "select 0".into();
        }
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
