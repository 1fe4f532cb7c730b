//! What the catalog of a server says of roles, databases, schemas and relations, and what the secrets server lists: as text
//! in which nothing is a number of the server's own, so that what was made and taken back again must leave it as it was.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use crate::{acts::credentials, ground::Ground};

/// How long what ends by itself may take: the logins of a process that died, say.
const PATIENCE: Duration = Duration::from_secs(15);

/// Logins of the lab's own traffic come and go all the time.
const TRAFFIC: &str = "^v-.*-(atlas|boreas|acme)-(runtime-user|db-admin|operate)-";

/// What all databases share.
const SHARED: &str = "\
    select format('role %s super=%s inherit=%s createrole=%s createdb=%s login=%s replication=%s bypassrls=%s limit=%s until=%s', \
        rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit, \
        rolvaliduntil) from pg_roles where rolname !~ '{traffic}' \
    union all select format('comment on role %s: %s', r.rolname, d.description) from pg_shdescription d \
        join pg_roles r on r.oid = d.objoid where d.classoid = 'pg_authid'::regclass \
    union all select format('comment on database %s: %s', datname, shobj_description(oid, 'pg_database')) from pg_database \
    union all select format('setting of %s in %s: %s', coalesce(r.rolname, 'all'), coalesce(d.datname, 'all'), s.setconfig) \
        from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole left join pg_database d on d.oid = s.setdatabase \
        where coalesce(r.rolname, '') !~ '{traffic}' \
    union all select format('%s is a member of %s by %s: %s', m.rolname, r.rolname, g.rolname, \
        to_jsonb(a) - '{oid,roleid,member,grantor}'::text[]) from pg_auth_members a \
        join pg_roles r on r.oid = a.roleid join pg_roles m on m.oid = a.member left join pg_roles g on g.oid = a.grantor \
        where m.rolname !~ '{traffic}' and r.rolname !~ '{traffic}' \
    union all select format('database %s of %s limit=%s open=%s: %s', datname, pg_get_userbyid(datdba), datconnlimit, \
        datallowconn, acl.list) from pg_database \
        left join lateral (select string_agg(one::text, ' ' order by one::text) from unnest(datacl) one) acl (list) on true";

/// What one database has.
const OWN: &str = "\
    select format('schema %s of %s: %s; %s', nspname, pg_get_userbyid(nspowner), acl.list, \
        obj_description(n.oid, 'pg_namespace')) from pg_namespace n \
        left join lateral (select string_agg(one::text, ' ' order by one::text) from unnest(nspacl) one) acl (list) on true \
        where nspname !~ '^pg_(temp|toast)' \
    union all select format('relation %s.%s (%s) of %s: %s', n.nspname, c.relname, c.relkind, pg_get_userbyid(c.relowner), \
        acl.list) from pg_class c join pg_namespace n on n.oid = c.relnamespace \
        left join lateral (select string_agg(one::text, ' ' order by one::text) from unnest(c.relacl) one) acl (list) on true \
        where n.nspname !~ '^(pg_|information_schema$)' \
    union all select format('function %s.%s of %s: %s', n.nspname, p.proname, pg_get_userbyid(p.proowner), acl.list) \
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace \
        left join lateral (select string_agg(one::text, ' ' order by one::text) from unnest(p.proacl) one) acl (list) on true \
        where n.nspname !~ '^(pg_|information_schema$)' \
    union all select format('default for %s of %s in %s: %s', d.defaclobjtype, pg_get_userbyid(d.defaclrole), \
        coalesce(n.nspname, 'all'), acl.list) from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace \
        left join lateral (select string_agg(one::text, ' ' order by one::text) from unnest(d.defaclacl) one) acl (list) on true";

/// Who is in the registry of shared tables. An id is the server's own, and so is the moment; bytes are metered.
const REGISTERED: &str =
    "select 'registered: ' || (to_jsonb(t) - array['id', 'created_at', 'bytes'])::text from tenant t";

/// What is so now on this primary and on the secrets server, a line each, sorted.
pub fn fingerprint(ground: &Ground, server: &str) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = ground
        .sql(server, "postgres", &SHARED.replace("{traffic}", TRAFFIC))
        .into_iter()
        .collect();
    let databases = ground.sql(
        server,
        "postgres",
        "select datname::text from pg_database where datallowconn and not datistemplate",
    );
    assert!(databases.len() > 1, "{databases:?}");
    for database in databases {
        let own = ground.sql(server, &database, OWN);
        assert!(own.len() > 2, "{database}: {own:?}");
        all.extend(own.into_iter().map(|line| format!("{database}: {line}")));
        if database == "orders" {
            let all_registered = ground.sql(server, &database, REGISTERED);
            assert!(!all_registered.is_empty());
            all.extend(all_registered);
        }
    }
    let vault = ground.vault();
    for kind in ["roles", "static-roles"] {
        let names = ground
            .block_on(vault.list(&format!("database/{kind}")))
            .expect("listed");
        assert!(!names.is_empty());
        for name in names {
            let mut body = credentials::read(ground, &format!("database/{kind}/{name}"))["data"].clone();
            // A static role has been rotated meanwhile.
            if let Some(body) = body.as_object_mut() {
                body.retain(|key, _| !key.contains("rotation"));
            }
            all.insert(format!("secrets server: {kind} {name}: {body}"));
        }
    }
    let leases = credentials::leases(ground).into_iter();
    let of_tenants = leases.filter(|lease| lease.contains("-runtime-") || lease.contains("-migrate-"));
    all.extend(
        of_tenants
            .filter(|lease| !lease.contains("-runtime-user/"))
            .map(|lease| format!("lease {lease}")),
    );
    all
}

/// It is as it was; what is not is told line by line.
#[track_caller]
pub fn is_as(ground: &Ground, server: &str, before: &BTreeSet<String>, context: &str) {
    let end = Instant::now() + PATIENCE;
    loop {
        let now = fingerprint(ground, server);
        if now == *before {
            return;
        }
        if Instant::now() > end {
            let new: Vec<_> = now.difference(before).collect();
            let gone: Vec<_> = before.difference(&now).collect();
            panic!("{context}: there is besides {new:#?}, and there is no more {gone:#?}");
        }
        thread::sleep(Duration::from_millis(100));
    }
}
