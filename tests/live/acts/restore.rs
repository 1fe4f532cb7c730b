//! One tenant is brought back out of a copy: of each model, with proof, and nobody else is touched.

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value as Json;

use super::{copies, json, says};
use crate::{faults::Heals, ground::Ground};

/// One tenant of each model: its path, its name, how the lab calls it, and the column that a trigger writes.
const TENANTS: [(&str, &str, &str, &str); 4] = [
    (
        "",
        "Contoso Retail",
        "atlas/orders/Contoso Retail",
        "public.customer.updated_at",
    ),
    (
        "atlas/suite/t_cafe_dore",
        "cafe_dore",
        "atlas/suite/cafe_dore",
        "t_cafe_dore.customer.updated_at",
    ),
    (
        "boreas/tenant_cafe_dore/tenant_cafe_dore",
        "cafe_dore",
        "boreas/tenant_cafe_dore/cafe_dore",
        "public.customer.updated_at",
    ),
    ("acme//acme", "acme", "acme/shop/acme", "public.customer.updated_at"),
];

/// The id of a tenant of shared tables.
fn id(ground: &Ground) -> String {
    ground
        .sql(
            "atlas-a",
            "orders",
            "select id::text from tenant where name = 'Contoso Retail'",
        )
        .remove(0)
}

/// Does what a bad deploy does, and makes a copy of the moment before it: its name.
pub fn botched(ground: &Ground, who: &str) -> String {
    ground.lab(&["fault", "botch", who]);
    before(ground, who)
}

/// A copy of the moment before that: its name.
fn before(ground: &Ground, who: &str) -> String {
    let (instance, moment) = moment_before(ground, who);
    copied(ground, &instance, &moment)
}

/// The instance of a tenant that was botched, and the moment before.
pub fn moment_before(ground: &Ground, who: &str) -> (String, String) {
    let status: Json = serde_json::from_str(&ground.lab_says(&["status", "--json"])).unwrap();
    let faults = status["faults"].as_array().unwrap();
    let kept = &faults.iter().find(|fault| fault["target"] == who).unwrap()["kept"];
    let text = |name: &str| kept[name].as_str().unwrap().to_owned();
    (text("instance"), text("before"))
}

/// Makes a copy, the only one of its instance: its name.
pub fn copied(ground: &Ground, instance: &str, moment: &str) -> String {
    let line = format!("run beside {instance} --set moment={moment} --write T-1 --confirm y");
    says(ground, &line, 0, "done: ");
    let copies = copies::stages(ground, instance);
    let [(copy, _)] = copies.as_slice() else {
        panic!("{copies:?}")
    };
    copy.clone()
}

fn line(path: &str, copy: &str, mapped: &str) -> String {
    format!("restore {path} --set from={copy} --set mapped={mapped}")
}

fn run(ground: &Ground, line: &str, name: &str) -> (Option<i32>, String) {
    let mut all = super::words(&format!("run {line} --write T-1 --reason drill --confirm"));
    all.push(name.to_owned());
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let output = ground.console(&all);
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), said)
}

pub fn confirmed(ground: &Ground, line: &str, name: &str, wanted: i32, words: &str) -> String {
    let (code, said) = run(ground, line, name);
    assert_eq!(code, Some(wanted), "{said}");
    assert!(said.contains(words), "{said}");
    said
}

/// Tells the applications of the lab to stand still, or to go on.
pub fn traffic(ground: &Ground, signal: Signal) {
    let status: Json = serde_json::from_str(&ground.lab_says(&["status", "--json"])).unwrap();
    let parts = status["parts"].as_array().unwrap();
    let traffic = parts.iter().find(|part| part["name"] == "traffic").unwrap();
    let pid = i32::try_from(traffic["pid"].as_i64().unwrap()).unwrap();
    kill(Pid::from_raw(pid), signal).unwrap();
}

/// They stand still as long as this lives: what they write while a plan is read is refused, rightly.
pub struct Still<'a>(&'a Ground);

impl<'a> Still<'a> {
    pub fn stand(ground: &'a Ground) -> Self {
        traffic(ground, Signal::SIGSTOP);
        Self(ground)
    }
}

impl Drop for Still<'_> {
    fn drop(&mut self) {
        traffic(self.0, Signal::SIGCONT);
    }
}

/// What the tenant has of its own making.
fn state(ground: &Ground) -> Vec<String> {
    let id = id(ground);
    let of = |table: &str, what: &str| {
        format!(
            "select md5(coalesce(string_agg(concat_ws(',', {what}), ';' order by {what}), '')) from {table} where tenant_id = '{id}'"
        )
    };
    let all = [
        of("customer", "id, name, email, referred_by"),
        of("orders", "id, customer_id, status, note, placed_at"),
        of("order_line", "order_id, line, sku, quantity, cents, total"),
        of("event", "at, id, kind, order_id"),
    ];
    ground.sql("atlas-a", "orders", &all.join(" union all "))
}

pub fn every_model(ground: &Ground) {
    if copies::are_impossible(ground) {
        return;
    }
    let (_tidy, _heals, _still) = (
        copies::Dropped(ground, &["atlas", "boreas", "acme"]),
        Heals(ground),
        Still::stand(ground),
    );
    for (path, name, who, mapped) in TENANTS {
        let path = if path.is_empty() {
            format!("atlas/orders/{}", id(ground))
        } else {
            path.to_owned()
        };
        let copy = botched(ground, who);
        let line = line(&path, &copy, mapped);
        if name == "Contoso Retail" {
            shared(ground, &line);
        } else {
            // The same words whatever model it is (R14), and a second plan for the same moment is empty (R4).
            confirmed(ground, &line, name, 0, "read back: yes");
            says(ground, &format!("plan {line}"), 2, "there is nothing to restore");
        }
        copies::drop_all(ground, path.split('/').next().unwrap());
    }
}

fn shared(ground: &Ground, line: &str) {
    let name = "Contoso Retail";
    // Rows that changed since the plan was read (R6).
    let (plan, _) = json(ground, &format!("plan {line} --json"));
    let digest = plan["digest"].as_str().unwrap();
    let late = format!(
        "update orders set note = 'later' where id = (select min(id) from orders where tenant_id = '{}')",
        id(ground)
    );
    ground.execute("atlas-a", "orders", &late);
    confirmed(
        ground,
        &format!("{line} --digest {digest}"),
        name,
        3,
        "the plan is not the one that was shown",
    );
    let (before, moment) = (state(ground), copies::now(ground));
    let said = confirmed(ground, line, name, 0, "read back: yes");
    // Nobody else has a row of that transaction (R2).
    let xid = said
        .split("transaction ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .unwrap();
    for table in ["customer", "product", "orders", "order_line", "event"] {
        let theirs = format!(
            "select 'x' from {table} where xmin = '{xid}'::xid and tenant_id <> '{}'",
            id(ground)
        );
        assert_eq!(ground.sql("atlas-a", "orders", &theirs), [""; 0], "{table}");
    }
    let after = state(ground);
    assert_ne!(after, before);
    says(ground, &format!("plan {line}"), 2, "there is nothing to restore");
    // The way back is a copy of just before (R11).
    let then = line
        .split(" --set from=")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .unwrap();
    copies::drop_all(ground, "atlas");
    let back = copied(ground, "atlas", &moment.to_string());
    confirmed(ground, &line.replace(then, &back), name, 0, "read back: yes");
    assert_eq!(state(ground), before);
    says(
        ground,
        &format!("plan {}", line.replace(then, &back)),
        2,
        "there is nothing to restore",
    );
}
