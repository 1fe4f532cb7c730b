//! The roles of a tenant that outlive what is its own: which of them go with it, and which stay because they have to do with
//! something else.

use serde::Deserialize;

use super::{Who, inside::Inside, own::Own};
use crate::{
    model::{Text, quote},
    ops::{
        Refusal, onboard,
        survey::{Known, parsed},
    },
};

/// One of its roles.
#[derive(Deserialize)]
pub(super) struct Remains {
    pub(super) role: String,
    /// Who acts may drop it (before 16 whoever makes roles may, since then whom its `ADMIN OPTION` was given to), and take its
    /// rights on that database.
    droppable: bool,
    /// It has rights on the database that its schema is in.
    pub(super) enters: bool,
    /// Whose that database is.
    pub(super) landlord: String,
    /// Who logs in as a member of it, and what else it owns or has rights to.
    elsewhere: Vec<Text>,
}

impl Remains {
    /// It goes.
    pub(super) fn goes(&self) -> bool {
        self.droppable && self.elsewhere.is_empty()
    }

    /// Why it stays.
    pub(super) fn stays(&self) -> String {
        let elsewhere: Vec<String> = self.elsewhere.iter().map(ToString::to_string).collect();
        match elsewhere.as_slice() {
            [] => "who acts may not drop it".into(),
            some => format!("it has to do with {} too", some.join("; ")),
        }
    }
}

impl Who<'_> {
    pub(super) fn remain(&self) -> String {
        format!("roles of {}", self.target)
    }

    /// Those that bear its name, as `onboard` gives it to them.
    pub(super) fn asks_roles(&self, inside: &Inside) -> String {
        let names = onboard::home_roles(self.own.name()).map(|role| quote::literal(&role));
        let (here, own) = match &self.own {
            Own::Schema(_) => ("current_database()".into(), in_schema(&inside.oid)),
            Own::Database(name) => (quote::literal(name), "true".to_owned()),
        };
        format!(
            "select json_build_object('role', r.rolname, 'landlord', pg_get_userbyid(h.datdba), \
             'enters', exists (select from aclexplode(h.datacl) a where a.grantee = r.oid), \
             'droppable', (r.oid not in (select a.grantee from aclexplode(h.datacl) a) \
               or pg_has_role(current_user, h.datdba, 'member')) and (current_setting('server_version_num')::int < 160000 or exists (select from pg_auth_members m \
               join pg_roles k on k.rolcreaterole and pg_has_role(current_user, k.oid, 'member') \
               and pg_has_role(k.oid, m.member, 'usage') where m.roleid = r.oid and m.admin_option)), \
             'elsewhere', (select coalesce(json_agg(w.what order by w.what), '[]') from ( \
               select 'the login ' || m.rolname from pg_auth_members a join pg_roles m on m.oid = a.member \
               where a.roleid = r.oid and m.rolcanlogin and not a.admin_option union \
               select case when d.dbid in (0, h.oid) then pg_describe_object(d.classid, d.objid, d.objsubid) \
               else 'database ' || (select datname from pg_database where oid = d.dbid) end \
               from pg_shdepend d where d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid \
               and not (d.dbid = 0 and d.classid = 'pg_database'::regclass and d.objid = h.oid) \
               and not (d.dbid = h.oid and {own})) w (what)))::text \
             from pg_roles r join pg_database h on h.datname = {here} where r.rolname in ({}) order by r.rolname",
            names.join(", ")
        )
    }

    pub(super) fn remains(&self, known: Known<'_>) -> Result<Vec<Remains>, Refusal> {
        let rows = known.rows(&self.remain())?;
        parsed(rows.ok_or_else(|| Refusal::new("nothing was found out yet"))?)
    }
}

/// Whether a dependency `d` of this database is of what stands in a schema, and goes with it.
fn in_schema(oid: &str) -> String {
    format!(
        "((d.classid = 'pg_namespace'::regclass and d.objid = {oid}) \
         or (d.classid = 'pg_class'::regclass and exists (select from pg_class x where x.oid = d.objid and x.relnamespace = {oid})) \
         or (d.classid = 'pg_proc'::regclass and exists (select from pg_proc x where x.oid = d.objid and x.pronamespace = {oid})) \
         or (d.classid = 'pg_type'::regclass and exists (select from pg_type x where x.oid = d.objid and x.typnamespace = {oid})) \
         or (d.classid = 'pg_default_acl'::regclass \
           and exists (select from pg_default_acl x where x.oid = d.objid and x.defaclnamespace = {oid})) \
         or (d.classid = 'pg_policy'::regclass and exists (select from pg_policy x join pg_class c on c.oid = x.polrelid \
           where x.oid = d.objid and c.relnamespace = {oid})))"
    )
}
