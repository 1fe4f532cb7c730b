//! What a restore of one tenant promises, tried on real servers out of one copy: what it writes, what it sends, what it refuses.

use std::{fs, path::PathBuf, time::Instant};

use tenantry::{config::Policy, model::Plan, ops::Outcome};

use super::{begin, carry, copies, json, plan, planted, restore, says};
use crate::ground::Ground;

const SERVER: &str = "atlas-a";
const DATABASE: &str = "orders";
/// What the tests make besides rows of the tenant. Tables of customers and orders refer to each other by keys that hold at once.
const MADE: &str = "create extension if not exists pg_walinspect; alter table customer add column first_order bigint, \
    add constraint proofs_first foreign key (tenant_id, first_order) references orders (tenant_id, id)";
const AWAY: &str = "alter database orders reset log_statement; drop extension if exists pg_walinspect; \
    alter table customer drop column if exists first_order; delete from legacy.depot where code like 'proofs %'";
/// What the tenant has before, with its id in `{id}`: its first customers have a first order, and a code is its own.
const BEFORE: &str =
    "update customer c set first_order = (select min(o.id) from orders o where o.tenant_id = c.tenant_id \
      and o.customer_id = c.id) where tenant_id = '{id}';
    insert into legacy.depot (tenant_id, id, code) values ('{id}', 990001, 'proofs old')";
/// What becomes of it: rows are changed, deleted and added, in circles of keys and under triggers.
const HARM: &str = "update orders set status = 'returned' where tenant_id = '{id}' and customer_id <= {cut};
    update customer set name = 'nobody', first_order = null where tenant_id = '{id}';
    delete from orders where tenant_id = '{id}' and customer_id > {cut};
    update customer set referred_by = null where tenant_id = '{id}';
    delete from customer where tenant_id = '{id}' and id > {cut};
    insert into customer (tenant_id, name, email) values ('{id}', 'Later', 'later@proofs.example');
    delete from legacy.depot where tenant_id = '{id}' and code = 'proofs old';
    insert into legacy.depot (tenant_id, id, code) values ('{id}', 990002, 'proofs new')";

/// A tenant of shared tables with a copy of before, and another one.
pub struct Scene<'a> {
    pub ground: &'a Ground,
    pub id: String,
    pub other: String,
    pub line: String,
    began: Instant,
}

impl Drop for Scene<'_> {
    fn drop(&mut self) {
        planted::away(self);
        self.execute(AWAY);
        copies::drop_all(self.ground, "atlas");
    }
}

impl<'a> Scene<'a> {
    fn new(ground: &'a Ground) -> Self {
        // Few rows: what is tried does not depend on how many.
        let tenants = "select id::text from tenant order by size_rank offset 10 limit 2";
        let [id, other] = ground.sql(SERVER, DATABASE, tenants).try_into().unwrap();
        Self {
            line: String::new(),
            began: Instant::now(),
            ground,
            id,
            other,
        }
    }

    /// Makes what the copy has, the copy, and then the harm. What the tenant had.
    fn harmed(&mut self) -> String {
        self.execute(MADE);
        self.execute(BEFORE);
        let (then, moment) = (self.rows().0, copies::now(self.ground));
        let cut = "select avg(id)::bigint::text from customer where tenant_id = '{id}'";
        let cut = self.sql(cut).remove(0);
        self.execute(&HARM.replace("{cut}", &cut));
        let copy = restore::copied(self.ground, "atlas", &moment.to_string());
        self.line = format!(
            "restore atlas/orders/{} --set from={copy} --set mapped=public.customer.updated_at",
            self.id
        );
        then
    }

    fn filled(&self, sql: &str) -> String {
        sql.replace("{id}", &self.id).replace("{other}", &self.other)
    }

    pub fn sql(&self, sql: &str) -> Vec<String> {
        self.ground.sql(SERVER, DATABASE, &self.filled(sql))
    }

    pub fn execute(&self, sql: &str) {
        self.ground.execute(SERVER, DATABASE, &self.filled(sql));
    }

    /// How many rows and a sum over all of them, table by table: the tenant's, and those of all others. What a trigger writes
    /// is left out.
    pub fn rows(&self) -> (String, String) {
        let tables = "select format('select (x.tenant_id is not distinct from %2$L)::text || '' '' || %1$L || count(*) || '' '' || \
            sum(hashtextextended((to_jsonb(x) - ''updated_at'')::text, 0)) from %1$s x group by x.tenant_id is not distinct from %2$L', \
            c.oid::regclass, '{id}') from pg_class c where c.relkind in ('r', 'p') and not c.relispartition and exists (select \
            from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped) order by c.oid";
        let all = self.sql(&self.sql(tables).join(" union all "));
        let (mut own, mut others): (Vec<String>, Vec<String>) =
            all.into_iter().partition(|one| one.starts_with("true "));
        own.sort();
        others.sort();
        (own.join("; "), others.join("; "))
    }

    pub fn plan(&self, more: &str) -> Plan {
        plan(self.ground, &format!("{}{more}", self.line))
    }

    /// It is refused in these words, before anything is written.
    #[track_caller]
    pub fn refused(&self, more: &str, words: &str) {
        says(self.ground, &format!("plan {}{more}", self.line), 2, words);
    }

    /// Carries a plan out that must fail in these words.
    #[track_caller]
    pub fn fails(&self, plan: &Plan, words: &str) {
        match carry(self.ground, begin(plan, "ada"), &Policy::default(), &Ground::runs()) {
            (_, Some(Outcome::Undone { why })) => assert!(why.contains(words), "{words}: {why}"),
            other => panic!("{words}: {other:?}"),
        }
    }

    /// How long it took until here.
    pub fn tell(&self, what: &str) {
        println!("{:>6.1} s  {what}", self.began.elapsed().as_secs_f64());
    }

    /// Where the log ends now.
    fn end(&self) -> String {
        self.sql("select pg_logical_emit_message(true, 'proofs', '')::text");
        self.sql("select pg_current_wal_flush_lsn()::text").remove(0)
    }

    /// Rows of tables that are not the server's own, as its log has them since a position.
    fn logged(&self, since: &str) -> usize {
        let rows = "select r.start_lsn::text from pg_get_wal_records_info('{since}', '{end}') r where (r.resource_manager = 'Heap' \
            or r.record_type ~ 'MULTI_INSERT') and substring(r.block_ref from 'rel [0-9]+/([0-9]+/[0-9]+) ') in \
            (select d.oid || '/' || pg_relation_filenode(c.oid) from pg_class c join pg_namespace n on n.oid = c.relnamespace \
            join pg_database d on d.datname = current_database() where n.nspname !~ '^pg_(catalog|temp)' \
            and n.nspname <> 'information_schema' and c.relkind in ('r', 't', 'm'))";
        self.sql(&rows.replace("{since}", since).replace("{end}", &self.end()))
            .len()
    }
}

pub fn all(ground: &Ground) {
    if copies::are_impossible(ground) {
        return;
    }
    let _still = restore::Still::stand(ground);
    let mut scene = Scene::new(ground);
    let then = scene.harmed();
    let (now, others) = scene.rows();
    assert_ne!(now, then);
    scene.tell("a copy of before is there");
    r1_planning_writes_nothing(&scene);
    t7_a_value_that_another_tenant_has_taken_is_told_and_refused(&scene);
    r8_rows_that_others_refer_to_are_told_and_refused(&scene);
    r13_columns_that_have_changed_names_are_told_and_refused(&scene);
    planted::each_makes_it_fail_and_roll_back(&scene, &(now, others.clone()));
    r9_only_rows_are_written_and_nothing_is_switched_off(&scene);
    // R5: the tenant is as it was then, what triggers wrote is gone again (B13). R2: the others are as they are.
    assert_eq!(scene.rows(), (then, others));
    // R4
    scene.refused("", "there is nothing to restore");
    scene.tell("it is back");
}

fn r1_planning_writes_nothing(scene: &Scene<'_>) {
    let began = scene.end();
    let (plan, _) = json(
        scene.ground,
        &format!("plan {} --set neighbours=digest --json", scene.line),
    );
    assert_eq!(scene.logged(&began), 0, "of all tables");
    // R1: row by row, with keys; R12: the zone, the position and the last commit that is in it.
    let shown = plan.to_string();
    for words in [
        "insert id=",
        "change id=",
        "delete id=",
        "rows to insert, ",
        " (position ",
        "last commit ",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    // R14: what holds who writes.
    assert!(
        shown.contains("rows: row-level security holds app_rw to the tenant"),
        "{shown}"
    );
    // It can be seen if there is something.
    scene.execute("update product set name = name where tenant_id = '{id}'");
    assert!(scene.logged(&began) > 0, "the log tells what is written");
    scene.tell("R1");
}

fn t7_a_value_that_another_tenant_has_taken_is_told_and_refused(scene: &Scene<'_>) {
    scene.execute("insert into legacy.depot (tenant_id, id, code) values ('{other}', 990001, 'proofs old')");
    scene.refused("", "depot_code_key lets nobody else have them: proofs old");
    // Where nobody was asked the server refuses it.
    scene.execute("delete from legacy.depot where tenant_id = '{other}' and code like 'proofs %'");
    let plan = scene.plan("");
    scene.execute("insert into legacy.depot (tenant_id, id, code) values ('{other}', 990001, 'proofs old')");
    scene.fails(&plan, "depot_code_key");
    scene.execute("delete from legacy.depot where tenant_id = '{other}' and code like 'proofs %'");
    scene.tell("T7");
}

fn r8_rows_that_others_refer_to_are_told_and_refused(scene: &Scene<'_>) {
    scene.execute("insert into legacy.shipment (tenant_id, id, depot) values ('{other}', 990001, 'proofs new')");
    scene.refused(
        "",
        "legacy.depot that would go (proofs new), and the server would refuse it",
    );
    scene.execute("delete from legacy.shipment where id = 990001");
    // T4: the server itself does not ask row-level security about them.
    scene.execute(planted::CASCADES);
    scene.refused(
        "",
        "legacy.depot that would go (proofs new), and would go with them (cascade)",
    );
    scene.execute("drop table proofs_child");
    scene.tell("R8, T4");
}

fn r13_columns_that_have_changed_names_are_told_and_refused(scene: &Scene<'_>) {
    scene.execute(planted::EXCHANGE);
    scene.refused(
        "",
        "public.customer has [email pg_catalog.text, name pg_catalog.text] as other columns",
    );
    let plan = scene.plan(" --set drift=default");
    let told = plan
        .touches
        .iter()
        .any(|(_, words)| words.contains("rows are written by these names"));
    assert!(told, "{:?}", plan.touches);
    scene.execute(planted::EXCHANGE);
    scene.tell("R13");
}

fn r9_only_rows_are_written_and_nothing_is_switched_off(scene: &Scene<'_>) {
    scene.execute("alter database orders set log_statement = 'all'");
    let path = scene.ground.dir().join("log").join(format!("{SERVER}.log"));
    let from = fs::metadata(&path).unwrap().len();
    let word = scene.plan("").confirm.word();
    let said = restore::confirmed(scene.ground, &scene.line, &word, 0, "read back: yes");
    // R14: how long each phase took.
    assert!(said.contains(" to write, ") && said.contains(" to prove"), "{said}");
    scene.execute("alter database orders reset log_statement");
    let sent = statements(&path, from);
    println!("{} statements were sent", sent.len());
    // The log has all of it: what is written is there, in circles of keys and where triggers fire.
    let customer = r#"INSERT INTO "PUBLIC"."CUSTOMER" "#;
    for began in [
        customer,
        r#"INSERT INTO "PUBLIC"."ORDERS" "#,
        r#"UPDATE "PUBLIC"."CUSTOMER" X SET "FIRST_ORDER" = V."#,
    ] {
        assert!(sent.iter().any(|sql| sql.starts_with(began)), "{began}: {sent:#?}");
    }
    // The generated column is left out, and what the server numbers is written as it was (T3, B12).
    let lines = sent
        .iter()
        .find(|sql| sql.starts_with(r#"INSERT INTO "PUBLIC"."ORDER_LINE" "#))
        .unwrap();
    assert!(
        lines.contains("OVERRIDING SYSTEM VALUE") && !lines.contains("\"TOTAL\""),
        "{lines}"
    );
    // R10: one transaction, in which nobody waits for long.
    assert_eq!(sent.iter().filter(|sql| *sql == "COMMIT").count(), 1, "{sent:#?}");
    for limit in ["SET LOCAL LOCK_TIMEOUT = ", "SET LOCAL STATEMENT_TIMEOUT = "] {
        assert!(sent.iter().any(|sql| sql.contains(limit)), "{limit}: {sent:#?}");
    }
    for sql in &sent {
        let first = sql.split([' ', ';', '(']).next().unwrap();
        let rows = [
            "BEGIN", "SET", "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "COMMIT", "ROLLBACK",
        ]
        .contains(&first);
        assert!(rows, "this is no statement about rows: {sql}");
        // T2, T5, T6, and what would swallow a row
        for never in [
            "SESSION_REPLICATION_ROLE",
            "DISABLE TRIGGER",
            "ALTER TABLE",
            "ALTER CONSTRAINT",
            "SETVAL(",
            "ON CONFLICT",
        ] {
            assert!(!sql.contains(never), "{never}: {sql}");
        }
    }
    scene.tell("R9");
}

/// What the console has sent since, in capitals, as the server's log has it.
fn statements(path: &PathBuf, from: u64) -> Vec<String> {
    let log = fs::read(path).unwrap();
    let log = String::from_utf8_lossy(&log[usize::try_from(from).unwrap()..]).to_uppercase();
    // What goes on in another line begins with a tab.
    let log = log.replace("\n\t", " ");
    let ours = log
        .lines()
        .filter(|line| line.contains("@ORDERS/TENANTRY/") && !line.contains("/TENANTRY/WATCH "));
    let sql = ours.filter_map(|line| {
        line.split_once(" STATEMENT: ")
            .or_else(|| line.split_once(" EXECUTE "))?
            .1
            .into()
    });
    let text = |sql: &str| {
        sql.split_once(": ")
            .filter(|(name, _)| !name.contains(' '))
            .map_or(sql, |(_, sql)| sql)
            .trim()
            .to_owned()
    };
    sql.map(text).collect()
}
