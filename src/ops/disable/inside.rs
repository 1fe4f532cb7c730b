//! Who may use a tenant's schema: as it is now, closed to all of them but its owner and who watches, and open again.

use serde::Deserialize;

use super::{WITHIN, Who};
use crate::{
    model::{Act, Check, Question, Step, Text, Transact, Undo, quote},
    ops::{
        Refusal,
        survey::{Known, parsed},
    },
};

/// Who may use its schema.
#[derive(Deserialize)]
pub(super) struct Inside {
    /// `pg_namespace.oid`
    pub(super) oid: String,
    pub(super) owner: String,
    /// Who watches may use it by a grant of its own.
    pub(super) watched: bool,
    pub(super) others: Vec<Entry>,
}

/// A right to use a schema, of somebody who neither owns it nor watches.
#[derive(Deserialize)]
pub(super) struct Entry {
    /// None is everybody.
    pub(super) role: Option<String>,
    /// It may be passed on.
    pub(super) grants: bool,
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
        format!("who may use the schema of {}", self.target)
    }

    /// Rights to use the schema `n`, as `a`, of others than its owner and who watches.
    fn rights(&self) -> String {
        format!(
            "aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a where a.privilege_type = 'USAGE' \
             and a.grantee <> n.nspowner and a.grantee is distinct from to_regrole({})::oid",
            quote::literal(&quote::ident(self.readers))
        )
    }

    pub(super) fn asks(&self) -> String {
        format!(
            "select json_build_object('oid', n.oid::text, 'owner', pg_get_userbyid(n.nspowner), 'watched', exists (select from \
             aclexplode(n.nspacl) a where a.privilege_type = 'USAGE' and a.grantee = to_regrole({})::oid), 'others', \
             (select coalesce(json_agg(json_build_object('role', g.rolname, 'grants', a.is_grantable) order by g.rolname), '[]') \
             from (select a.grantee, a.is_grantable from {}) a left join pg_roles g on g.oid = a.grantee))::text \
             from pg_namespace n where n.nspname = {}",
            quote::literal(&quote::ident(self.readers)),
            self.rights(),
            quote::literal(&self.schema)
        )
    }

    pub(super) fn inside(&self, known: Known<'_>) -> Result<Inside, Refusal> {
        let rows = known.rows(&self.entered())?;
        let found: Vec<Inside> = parsed(rows.ok_or_else(|| Refusal::new("nothing was found out yet"))?)?;
        let inside = found.into_iter().next();
        let inside = inside.ok_or_else(|| Refusal::new(format!("{} has no schema {}", self.target, self.schema)))?;
        if inside.others.is_empty() {
            return Err(Refusal::new(format!(
                "{} is shut out already: nobody but {} may use its schema, and who watches",
                self.name,
                Text::from(inside.owner)
            )));
        }
        Ok(inside)
    }

    /// Nobody of it may use its schema any more: what is prepared there is checked anew, too.
    pub(super) fn closed(&self, inside: &Inside) -> Step {
        let schema = quote::ident(&self.schema);
        let others: Vec<String> = inside.others.iter().map(Entry::ident).collect();
        let watch = (!inside.watched).then(|| quote::ident(self.readers));
        let still = format!(
            "select exists (select from pg_namespace where oid = {} and nspname = {}) /* it is the schema that was seen */",
            inside.oid,
            quote::literal(&self.schema)
        );
        let shut = format!(
            "select not exists (select from pg_namespace n cross join lateral (select from {}) a where n.oid = {})",
            self.rights(),
            inside.oid
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
        let mut closes: Vec<String> = watch
            .iter()
            .map(|role| format!("grant usage on schema {schema} to {role}"))
            .collect();
        closes.push(format!("revoke usage on schema {schema} from {}", others.join(", ")));
        let grants = inside.others.iter();
        let mut opens: Vec<String> = grants
            .map(|entry| format!("grant usage on schema {schema} to {}{}", entry.ident(), entry.back()))
            .collect();
        opens.extend(
            watch
                .iter()
                .map(|role| format!("revoke usage on schema {schema} from {role}")),
        );
        Step {
            name: format!("{}: its schema is closed", self.name),
            act: Act::Transact(transact(closes, &shut)),
            again: true,
            check: Check {
                ask: Question::Sql(self.place.sql(shut.clone())),
                within: WITHIN,
            },
            undo: Undo::Act(Act::Transact(transact(opens, &open))),
        }
    }

    /// How many of those that were shut out may use it.
    fn counted(&self, inside: &Inside) -> String {
        let roles: Vec<String> = inside
            .others
            .iter()
            .map(|entry| {
                entry.role.as_deref().map_or_else(
                    || "0".into(),
                    |role| format!("to_regrole({})::oid", quote::literal(&quote::ident(role))),
                )
            })
            .collect();
        format!(
            "select count(distinct a.grantee) from pg_namespace n cross join lateral (select a.grantee from {}) a \
             where n.oid = {} and a.grantee in ({})",
            self.rights(),
            inside.oid,
            roles.join(", ")
        )
    }
}
