//! The three roles of a new tenant, and what the two that use its tables may do in its schema.

use super::scene::Scene;
use crate::model::quote;

/// The rights that the application has on the tables of its tenant.
pub(in crate::ops) const WRITES: &str = "select, insert, update, delete";

/// Conditions are on a row `w` with the names of a tenant, so that they can be asked of many at once.
pub(super) const ROW: &str = "w (slug, home, owner, writer, reader, most)";
/// All of them are there, and nothing that lets one of them do more; but for who is a member of the owner.
const STAND: &str = "(select count(*) = 3 from pg_roles where rolname in (w.owner, w.writer, w.reader) and not (rolcanlogin \
    or rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication))";
/// None of them is there.
pub(super) const NONE: &str = "not exists (select from pg_roles where rolname in (w.owner, w.writer, w.reader))";
/// The two that use its tables have their rights in the schema `n` (`pg_namespace`).
pub(super) const RIGHTS: &str = "coalesce(has_schema_privilege(to_regrole(quote_ident(w.writer))::oid, n.oid, 'usage'), false) \
    and coalesce(has_schema_privilege(to_regrole(quote_ident(w.reader))::oid, n.oid, 'usage'), false) \
    and (select count(*) = 2 from pg_default_acl d where d.defaclnamespace = n.oid \
    and d.defaclrole = to_regrole(quote_ident(w.owner)))";

impl Scene<'_> {
    /// The row of its names.
    pub(super) fn row(&self) -> String {
        let names = &self.names;
        let all = [&names.slug, &names.home, &names.owner, &names.writer, &names.reader];
        let all = all.map(|name| quote::literal(name)).join(", ");
        format!("({all}, {})", self.most())
    }

    /// A query that yields whether a condition on its row is so.
    pub(super) fn is(&self, condition: &str) -> String {
        format!("select {condition} from (values {}) {ROW}", self.row())
    }

    /// All its roles are there, as they are made.
    pub(super) fn roles_stand(&self) -> String {
        let admin = quote::literal(&quote::ident(&self.wishes.how.admin_role));
        format!(
            "{STAND} and coalesce(pg_has_role(to_regrole({admin})::oid, to_regrole(quote_ident(w.owner))::oid, 'member'), false)"
        )
    }

    /// What makes them, said by whoever makes roles. Whoever comes second finds the names taken, and makes nothing.
    pub(super) fn roles_made(&self, maker: &str, engine: &str) -> Vec<String> {
        let ident = quote::ident;
        let all = self.names.roles().map(ident).join(", ");
        let mut said = vec![format!("set local role {}", ident(maker))];
        said.extend(
            self.names
                .roles()
                .map(|role| format!("create role {} nologin", ident(role))),
        );
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
    pub(in crate::ops) fn rights(&self) -> Vec<String> {
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
}
