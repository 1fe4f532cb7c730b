//! A tenant of shared tables is brought back while the others write: not one of their rows differs from what they wrote.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{JoinHandle, sleep, spawn},
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};
use tenantry::{
    model::{Place, Server},
    provider::{
        postgres::{Login, Manner, Operators, Session},
        vault::Method,
    },
};
use tokio::runtime::Builder;

use super::{copies, restore, says};
use crate::{
    faults::Heals,
    ground::{Ground, PROGRAM},
};

const WRITERS: usize = 8;
/// Transactions a second that all of them must come to, and that each of them tries.
const LEAST: f64 = 200.0;
const EACH: f64 = 45.0;
/// Rows of the writers are below this: no sequence gives such numbers, and none is behind because of them.
const OWN: i64 = 0;
const WHO: &str = "Contoso Retail";
const MAPPED: &str = "public.customer.updated_at";
const STATES: [&str; 5] = ["new", "paid", "packed", "shipped", "returned"];

/// What somebody has committed: each row with its last values.
#[derive(Debug, Default, PartialEq, Eq)]
struct Rows {
    /// State, note, and the quantity of the one line.
    orders: BTreeMap<i64, (String, String, i64)>,
    /// Names.
    customers: BTreeMap<i64, String>,
}

/// What a writer tells in the end: what it has committed, and when each transaction began and ended.
struct Told {
    tenant: String,
    rows: Rows,
    times: Vec<(Instant, Instant)>,
}

struct Writers<'a> {
    ground: &'a Ground,
    lease: String,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Told>>,
}

impl<'a> Writers<'a> {
    fn begin(ground: &'a Ground, server: &Server) -> Self {
        let vault = ground.vault();
        let mut lease = ground
            .block_on(vault.read("database/creds/atlas-runtime-user"))
            .unwrap();
        let mut text = |at: &str| {
            lease
                .pointer_mut(at)
                .map(Json::take)
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned()
        };
        let (id, user, password) = (text("/lease_id"), text("/data/username"), text("/data/password"));
        let tenants = ground.sql(
            "atlas-a",
            "orders",
            &format!("select id::text from tenant where name <> '{WHO}' order by size_rank limit {WRITERS}"),
        );
        assert_eq!(tenants.len(), WRITERS);
        let stop = Arc::new(AtomicBool::new(false));
        let one = |(n, tenant): (usize, String)| {
            let (server, stop, user, password) = (server.clone(), stop.clone(), user.clone(), password.clone());
            spawn(move || {
                let runtime = Builder::new_current_thread().enable_all().build().unwrap();
                let login = Login {
                    user,
                    password: password.into(),
                };
                runtime.block_on(write(&server, &login, tenant, n as u64, &stop))
            })
        };
        Self {
            threads: tenants.into_iter().enumerate().map(one).collect(),
            ground,
            lease: id,
            stop,
        }
    }

    fn end(&mut self) -> Vec<Told> {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.drain(..).map(|thread| thread.join().unwrap()).collect()
    }
}

impl Drop for Writers<'_> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
        let vault = self.ground.vault();
        let body = json!({ "lease_id": self.lease });
        drop(
            self.ground
                .block_on(vault.call(Method::Put, "sys/leases/revoke", Some(&body))),
        );
        let away = format!(
            "delete from event where order_id < {OWN}; delete from orders where id < {OWN}; delete from customer where id < {OWN}"
        );
        self.ground.execute("atlas-a", "orders", &away);
        copies::drop_all(self.ground, "atlas");
    }
}

/// Writes as one tenant until it is told to stop, a transaction at a time.
async fn write(server: &Server, login: &Login, tenant: String, seed: u64, stop: &AtomicBool) -> Told {
    let session = Session::open(server, "orders", login, Manner::Plain).await.unwrap();
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut rows, mut times, mut next) = (Rows::default(), Vec::new(), OWN);
    let began = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let before = Instant::now();
        let sql = deed(&mut rows, &mut next, &tenant, &mut random);
        // What is not committed ends the test: nobody would know what there is to be.
        let whole = format!("begin; select set_config('app.current_tenant', '{tenant}', true); {sql}; commit");
        session.batch(&whole).await.unwrap();
        times.push((before, Instant::now()));
        let due = began + Duration::from_secs_f64(times.len() as f64 / EACH);
        tokio::time::sleep(due.saturating_duration_since(Instant::now())).await;
    }
    Told { tenant, rows, times }
}

/// Something that is done, and what is there once it is committed.
fn deed(rows: &mut Rows, next: &mut i64, tenant: &str, random: &mut fastrand::Rng) -> String {
    let known: Vec<i64> = rows.orders.keys().copied().collect();
    let n = random.u32(..);
    let state = STATES[random.usize(..STATES.len())].to_owned();
    match (random.u8(..10), known.is_empty()) {
        (0..4, _) | (_, true) => {
            *next -= 1;
            let (id, note, quantity) = (*next, format!("order {n}"), random.i64(1..9));
            let sql = format!(
                "insert into customer (tenant_id, id, name, email) overriding system value values ('{tenant}', {id}, 'buyer {n}', '{id}@load.example');
                 insert into orders (tenant_id, id, customer_id, status, note) overriding system value values ('{tenant}', {id}, {id}, '{state}', '{note}');
                 insert into order_line (tenant_id, order_id, line, sku, quantity, cents) values ('{tenant}', {id}, 1, 'P-1', {quantity}, 100)"
            );
            rows.customers.insert(id, format!("buyer {n}"));
            rows.orders.insert(id, (state, note, quantity));
            sql
        }
        (4..9, _) => {
            let (id, note) = (known[random.usize(..known.len())], format!("changed {n}"));
            let row = rows.orders.get_mut(&id).unwrap();
            *row = (state.clone(), note.clone(), random.i64(1..9));
            rows.customers.insert(id, format!("called {n}"));
            format!(
                "update orders set status = '{state}', note = '{note}' where id = {id};
                 update order_line set quantity = {} where order_id = {id}; update customer set name = 'called {n}' where id = {id}",
                row.2
            )
        }
        _ => {
            let id = known[random.usize(..known.len())];
            rows.orders.remove(&id);
            format!("delete from orders where id = {id}")
        }
    }
}

/// What there is of a tenant's that a writer has written.
fn written(ground: &Ground, tenant: &str) -> Rows {
    let read = |sql: &str| ground.sql("atlas-a", "orders", sql);
    let orders = read(&format!(
        "select concat_ws('|', o.id, o.status, o.note, (select string_agg(l.quantity::text, ',') from order_line l
           where l.tenant_id = o.tenant_id and l.order_id = o.id))
         from orders o where o.tenant_id = '{tenant}' and o.id < {OWN}"
    ));
    let customers = read(&format!(
        "select concat_ws('|', id, name) from customer where tenant_id = '{tenant}' and id < {OWN}"
    ));
    let order = |row: &String| {
        let words: Vec<&str> = row.split('|').collect();
        let row = (words[1].to_owned(), words[2].to_owned(), words[3].parse().unwrap());
        (words[0].parse().unwrap(), row)
    };
    let customer = |row: &String| {
        let (id, name) = row.split_once('|').unwrap();
        (id.parse().unwrap(), name.to_owned())
    };
    Rows {
        orders: orders.iter().map(order).collect(),
        customers: customers.iter().map(customer).collect(),
    }
}

/// A digest of each table, of the rows of which this is true.
fn digests(own: &str, but: i64) -> String {
    let of = |table: &str, what: &str, id: &str| {
        format!(
            "select md5(coalesce(string_agg(concat_ws(',', tenant_id, {what}), ';' order by tenant_id, {what}), '')) from public.{table}
             where {own} and coalesce({id}, 0) >= {but}"
        )
    };
    [
        of("customer", "id, name, email, referred_by", "id"),
        of("product", "sku, name, cents", "0"),
        of(
            "orders",
            "id, customer_id, status, note, extract(epoch from placed_at)",
            "id",
        ),
        of("order_line", "order_id, line, sku, quantity, cents, total", "order_id"),
        of("event", "extract(epoch from at), id, kind, order_id", "order_id"),
    ]
    .join(" union all ")
}

/// What a copy of the instance says.
fn in_copy(ground: &Ground, copy: &str, sql: &str) -> Vec<String> {
    let system = "select system_identifier::text from pg_control_system()";
    let system = ground.sql("atlas-a", "postgres", system).remove(0);
    let mut settings = ground.settings();
    for backups in settings
        .fleet
        .instances
        .iter_mut()
        .filter_map(|one| one.backups.as_mut())
    {
        backups.tenantry = Some(PROGRAM.into());
    }
    let place = Place::copy("atlas", copy, system).database("orders");
    ground.block_on(async {
        let session = Operators::new(&settings).unwrap().open(&place).await.unwrap();
        session.column(sql, &[]).await.unwrap()
    })
}

/// Transactions a second that ended between two moments, and the longest.
fn rate(told: &[Told], (from, to): (Instant, Instant)) -> (f64, Duration) {
    let times = told.iter().flat_map(|one| &one.times);
    let within: Vec<_> = times.filter(|(began, ended)| *ended > from && *began < to).collect();
    let longest = within.iter().map(|(began, ended)| *ended - *began).max();
    (
        within.len() as f64 / (to - from).as_secs_f64(),
        longest.unwrap_or_default(),
    )
}

fn tell(told: &[Told], at: [Instant; 5]) {
    let parts = [
        "before",
        "while the copy is made",
        "during the preview",
        "during the restore",
    ];
    for (what, span) in parts.iter().zip(at.windows(2)) {
        let (rate, longest) = rate(told, (span[0], span[1]));
        let took = (span[1] - span[0]).as_secs_f64();
        println!("{what}, {took:.1} s: {rate:.0} transactions a second, the longest {longest:?}");
    }
}

/// Each row that somebody has written is what they wrote last, and what they deleted is gone.
fn are_as_written(ground: &Ground, told: &[Told]) {
    let mut rows = 0;
    for one in told {
        assert_eq!(written(ground, &one.tenant), one.rows, "{}", one.tenant);
        rows += one.rows.orders.len() * 2 + one.rows.customers.len();
    }
    println!("{rows} rows of {WRITERS} others are what they wrote");
}

pub fn shared(ground: &Ground) {
    if copies::are_impossible(ground) {
        return;
    }
    let fleet = ground.now().fleet.clone();
    let server = fleet
        .instances
        .iter()
        .flat_map(|one| &one.servers)
        .find(|one| one.name == "atlas-a");
    let _heals = Heals(ground);
    let id = ground.sql(
        "atlas-a",
        "orders",
        &format!("select id::text from tenant where name = '{WHO}'"),
    );
    let (mine, theirs) = (format!("tenant_id = '{}'", id[0]), format!("tenant_id <> '{}'", id[0]));
    let _still = restore::Still::stand(ground);
    let mut writers = Writers::begin(ground, server.unwrap());
    let began = Instant::now();
    sleep(Duration::from_secs(3));

    let quiet = Instant::now();
    ground.lab(&["fault", "botch", &format!("atlas/orders/{WHO}")]);
    let before = ground.sql("atlas-a", "orders", &digests(&theirs, OWN));
    let (_, moment) = restore::moment_before(ground, &format!("atlas/orders/{WHO}"));
    let copy = restore::copied(ground, "atlas", &moment);

    // The others are digested too while they write: in one snapshot, or their own commits would be taken for ours.
    let line = format!(
        "restore atlas/orders/{} --set from={copy} --set mapped={MAPPED} --set neighbours=digest",
        id[0]
    );
    let previewed = Instant::now();
    says(ground, &format!("plan {line}"), 3, "restore ");
    let applied = Instant::now();
    let confirm = WHO.replace(' ', "§");
    says(
        ground,
        &format!("run {line} --write T-1 --reason drill --confirm {confirm}"),
        0,
        "read back: yes",
    );
    let ended = Instant::now();
    sleep(Duration::from_secs(1));
    let told = writers.end();

    tell(&told, [began, quiet, previewed, applied, ended]);
    let (whole, _) = rate(&told, (previewed, ended));
    assert!(whole >= LEAST, "only {whole:.0} transactions a second were written");
    are_as_written(ground, &told);
    assert_eq!(
        ground.sql("atlas-a", "orders", &digests(&theirs, OWN)),
        before,
        "R2: and so is what nobody wrote"
    );
    let sql = digests(&mine, i64::MIN);
    assert_eq!(
        ground.sql("atlas-a", "orders", &sql),
        in_copy(ground, &copy, &sql),
        "R5: the tenant is as in the copy"
    );
    says(ground, &format!("plan {line}"), 2, "there is nothing to restore");
}
