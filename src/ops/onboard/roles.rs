//! The three roles of a new tenant, and what the two that use its tables may do in its schema.

use super::scene::Scene;
use crate::model::quote;

/// The rights that the application has on the tables of its tenant.
pub(super) const WRITES: &str = "select, insert, update, delete";

impl Scene<'_> {
    /// Their names as constants, for `in (…)`.
    pub(super) fn role_names(&self) -> String {
        self.names.roles().map(quote::literal).join(", ")
    }

    /// All of them, and nothing that lets one of them do more; as a condition.
    pub(super) fn roles_stand(&self) -> String {
        format!(
            "(select count(*) = 3 from pg_roles where rolname in ({}) and not (rolcanlogin or rolsuper or rolbypassrls \
             or rolcreaterole or rolcreatedb or rolreplication)) \
             and coalesce(pg_has_role(to_regrole({})::oid, to_regrole({})::oid, 'member'), false)",
            self.role_names(),
            regrole(&self.wishes.how.admin_role),
            regrole(&self.names.owner),
        )
    }

    /// None of them is there; as a condition.
    pub(super) fn no_roles(&self) -> String {
        format!("not exists (select from pg_roles where rolname in ({}))", self.role_names())
    }

    /// What makes them, said by whoever makes roles. Whoever comes second finds the names taken, and makes nothing.
    pub(super) fn roles_made(&self, maker: &str, engine: &str) -> Vec<String> {
        let ident = quote::ident;
        let all = self.names.roles().map(ident).join(", ");
        let mut said = vec![format!("set local role {}", ident(maker))];
        said.extend(self.names.roles().map(|role| format!("create role {} nologin", ident(role))));
        said.push(format!(
            "grant {} to {}",
            ident(&self.names.owner),
            ident(&self.wishes.how.admin_role)
        ));
        if engine != maker {
            said.push(format!("grant {all} to {} with admin option", ident(engine)));
        }
        said
    }

    /// What takes them away.
    pub(super) fn roles_dropped(&self, maker: &str) -> [String; 2] {
        let all = self.names.roles().map(quote::ident).join(", ");
        [
            format!("set local role {}", quote::ident(maker)),
            format!("drop role {all}"),
        ]
    }

    /// Who may do what in its schema, said by its owner.
    pub(super) fn rights(&self) -> Vec<String> {
        let ident = quote::ident;
        let schema = ident(&self.schema);
        let (writer, reader) = (ident(&self.names.writer), ident(&self.names.reader));
        let defaults = format!("alter default privileges in schema {schema} grant");
        vec![
            format!("grant usage on schema {schema} to {writer}, {reader}"),
            format!("{defaults} {WRITES} on tables to {writer}"),
            format!("{defaults} select on tables to {reader}"),
            format!("{defaults} usage, select on sequences to {writer}"),
            format!("{defaults} select on sequences to {reader}"),
        ]
    }

    /// These rights are there; as a condition on `n` (`pg_namespace`).
    pub(super) fn rights_stand(&self) -> String {
        let enters = |role: &str| {
            format!(
                "coalesce(has_schema_privilege(to_regrole({})::oid, n.oid, 'usage'), false)",
                regrole(role)
            )
        };
        format!(
            "{} and {} and (select count(*) = 2 from pg_default_acl d where d.defaclnamespace = n.oid \
             and d.defaclrole = to_regrole({}))",
            enters(&self.names.writer),
            enters(&self.names.reader),
            regrole(&self.names.owner),
        )
    }
}

/// The name of a role as the constant that `to_regrole` takes.
pub(super) fn regrole(role: &str) -> String {
    quote::literal(&quote::ident(role))
}
