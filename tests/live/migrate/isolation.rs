//! A migration that opens a door between tenants is seen at the first of them, and goes no further.

use super::{course::Course, pool::Pool};
use crate::ground::Ground;

/// Roles are the whole server's, so they are dropped by themselves.
struct Roles<'a>(&'a Ground, Vec<String>);

impl<'a> Roles<'a> {
    fn make(ground: &'a Ground, names: Vec<String>) -> Self {
        let roles = Self(ground, names);
        roles.each("drop role if exists {}");
        roles.each("create role {} nologin");
        roles
    }

    fn each(&self, statement: &str) {
        let all: Vec<String> = self.1.iter().map(|name| statement.replace("{}", name)).collect();
        self.0.execute("atlas-a", "suite", &all.join(";"));
    }
}

impl Drop for Roles<'_> {
    fn drop(&mut self) {
        self.each("drop owned by {}; drop role if exists {}");
    }
}

fn told<'a>(plan: &'a serde_json::Value, of: &str) -> &'a str {
    let touches = plan["plan"]["touches"].as_array().expect("what it touches");
    let line = touches.iter().find(|line| line[0] == format!("isolation of {of}"));
    line.and_then(|line| line[1].as_str())
        .unwrap_or_else(|| panic!("{of}: {touches:?}"))
}

pub fn of_schemas(ground: &Ground) {
    ground.settle();
    let course = Course::new(ground, "iso", 5);
    let own = |n: usize| format!("{}_rw", course.schema(n));
    let roles = Roles::make(ground, (0..3).map(own).collect());
    course.file("V1__one.sql", "create table item (id int primary key);");
    // Who may enter all of them tells nothing apart.
    let first = course.path(0);
    let canary = format!("canary={first}");
    let plan = course.plan(&["--set", &canary]).unwrap();
    let said = told(&plan, &first);
    assert!(
        said.contains("app_rw, who may enter it, may enter 4 other schemas"),
        "{said}"
    );
    for n in 0..3 {
        course.execute(&format!("grant usage on schema {} to {}", course.schema(n), own(n)));
    }
    let plan = course.plan(&["--set", &canary]).unwrap();
    assert_eq!(told(&plan, &first), "will be asked of it");
    let (code, said) = course.run(&["--set", &canary]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!("isolation of {first}")), "{said}");
    // Each file is right where it is lived alone, and opens a neighbour.
    course.file(
        "V2__open.sql",
        format!(
            "create table other (id int); grant usage on schema {} to {};",
            course.schema(1),
            own(0)
        ),
    );
    let (code, said) = course.run(&["--set", &canary]);
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(
        course.those("to_regclass('{}.other') is not null"),
        [course.schema(0)],
        "it stops at the first: {said}"
    );
    drop(roles);
}

pub fn of_shared_tables(ground: &Ground) {
    ground.settle();
    let pool = Pool::new(ground, "isolation");
    let own = "tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)";
    // Row-level security stays forced and a policy stays there: only who looks with the application's eyes sees it.
    pool.file("V9__open.sql", "alter policy tenant_guard on customer using (true);");
    pool.file(
        "U9__open.sql",
        &format!("alter policy tenant_guard on customer using ({own});"),
    );
    let (code, said) = pool.run(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("sees rows of others in public.customer"), "{said}");
    // On the way back it is open already, so nothing can be asked of the way.
    let (code, said) = pool.run(&["--set", "to=3"]);
    assert_eq!(code, Some(0), "{said}");
    // A migration that shuts the application out of its own rows is none that went well either.
    pool.file(
        "V9__open.sql",
        "alter policy tenant_guard on customer using (false);
        alter policy tenant_guard on product using (false); alter policy tenant_guard on orders using (false);
        alter policy tenant_guard on order_line using (false); alter policy tenant_guard on event using (false);",
    );
    let back: String = ["customer", "product", "orders", "order_line", "event"]
        .map(|table| format!("alter policy tenant_guard on {table} using ({own});"))
        .concat();
    pool.file("U9__open.sql", &back);
    let (code, said) = pool.run(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("sees no row of its own"), "{said}");
    let (code, said) = pool.run(&["--set", "to=1"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(pool.versions(), ["1"]);
}
