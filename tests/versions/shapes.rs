//! The shape and the history of schemas on real servers: what counts, what does not, and that names do not matter.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tenantry::{
    facts::migrations::{
        difference::{How, differences},
        history::{self, History},
        outlines,
        shapes::Shapes,
        standing::{Reason, Stand, standings},
    },
    model::{Fleet, Isolation, Target, Tenancy, Track, quote},
    provider::{Doors, postgres::Session},
    store::Snapshot,
};

use crate::cluster::{Cluster, look, programs};

const DATABASE: &str = "shapes";

/// Names that are beginnings of others, that need quotes, and that mean something to a regular expression.
const NAMES: [&str; 10] = [
    "pre",
    "pre_fix",
    "Ünï-code",
    "a.b",
    "q\"uote",
    "comma, name",
    "dol$lar",
    "select",
    "x+y(z)[w]|{1}^",
    "it's",
];

/// Everything that has a shape. `{s}` is the schema, `{q}` is it in a constant.
const DDL: &str = "
CREATE TYPE mood AS ENUM ('well', 'ill');
CREATE DOMAIN cents AS int DEFAULT 0 CHECK (VALUE >= 0);
CREATE TYPE pair AS (a int, b mood);
CREATE TYPE lone AS (a int);
CREATE TYPE span AS RANGE (subtype = int);
CREATE SEQUENCE ticket INCREMENT 5;
CREATE TABLE pre (id int PRIMARY KEY, a int CHECK (a > 0));
CREATE TABLE item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, feels mood NOT NULL DEFAULT 'well', p pair,
  number bigint DEFAULT nextval('ticket'::regclass), name text COLLATE \"C\", price cents, twice int GENERATED ALWAYS AS (7 * 2) STORED,
  valid span, UNIQUE (name), CHECK (name <> 'none'));
CREATE TABLE line (pre_id bigint NOT NULL REFERENCES item, old serial, note text);
CREATE INDEX line_by_note ON line (lower(note)) WHERE note IS NOT NULL;
CREATE STATISTICS line_stats ON pre_id, note FROM line;
CREATE TABLE event (at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE event_other PARTITION OF event DEFAULT;
CREATE UNLOGGED TABLE scratch (LIKE line);
CREATE VIEW seen AS SELECT p.id, l.note FROM item p JOIN line l ON l.pre_id = p.id;
CREATE MATERIALIZED VIEW kept AS SELECT count(*) AS n FROM line;
CREATE FUNCTION count_of(m mood DEFAULT 'well') RETURNS SETOF item LANGUAGE sql STABLE SET search_path FROM CURRENT
  AS 'SELECT * FROM {q}.item WHERE feels = m';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SET search_path = {s}, pg_temp AS 'BEGIN RETURN new; END';
CREATE FUNCTION over(m mood) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION over(n int) RETURNS int LANGUAGE sql AS 'SELECT 2';
CREATE PROCEDURE nothing(INOUT p pair) LANGUAGE plpgsql AS 'BEGIN END';
CREATE AGGREGATE total (int) (sfunc = int4pl, stype = int, initcond = '0');
CREATE TRIGGER touched BEFORE UPDATE ON line FOR EACH ROW EXECUTE FUNCTION touch();
CREATE RULE never AS ON DELETE TO scratch DO INSTEAD NOTHING;
ALTER TABLE line ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON line USING (pre_id IN (SELECT id FROM item)) WITH CHECK (true);
";

/// What changes the shape. One after the other, in one schema.
const COUNTS: [&str; 33] = [
    "ALTER TABLE line ADD COLUMN extra text",
    "ALTER TABLE line ALTER COLUMN extra SET NOT NULL",
    "ALTER TABLE line ALTER COLUMN extra SET DEFAULT 'x'",
    "ALTER TABLE line ALTER COLUMN extra TYPE varchar(9)",
    "ALTER TABLE line ALTER COLUMN extra SET STORAGE EXTERNAL",
    "ALTER TABLE line RENAME COLUMN extra TO more",
    "ALTER TABLE line ADD CHECK (more <> '') NOT VALID",
    "ALTER TABLE line VALIDATE CONSTRAINT line_more_check",
    "ALTER TABLE line RENAME CONSTRAINT line_more_check TO filled",
    "CREATE INDEX more_index ON line (more)",
    "ALTER TABLE line SET (fillfactor = 50)",
    "ALTER TABLE line FORCE ROW LEVEL SECURITY",
    "ALTER TABLE line REPLICA IDENTITY FULL",
    "ALTER TABLE line CLUSTER ON more_index",
    "ALTER TABLE line SET UNLOGGED",
    "ALTER POLICY own ON line USING (true)",
    "ALTER POLICY own ON line TO watcher",
    "ALTER TABLE line DISABLE TRIGGER touched",
    "DROP TRIGGER touched ON line",
    "CREATE RULE quiet AS ON INSERT TO scratch DO INSTEAD NOTHING",
    "CREATE OR REPLACE VIEW seen AS SELECT p.id, l.note, 1 AS one FROM item p JOIN line l ON l.pre_id = p.id",
    "ALTER FUNCTION count_of(mood) VOLATILE",
    "ALTER FUNCTION count_of(mood) RESET search_path",
    "ALTER FUNCTION touch() SECURITY DEFINER",
    "CREATE OR REPLACE PROCEDURE nothing(INOUT p pair) LANGUAGE plpgsql AS 'BEGIN NULL; END'",
    "ALTER TYPE mood ADD VALUE 'so so'",
    "ALTER TYPE lone ADD ATTRIBUTE c int",
    "ALTER DOMAIN cents SET DEFAULT 1",
    "ALTER DOMAIN cents ADD CHECK (VALUE < 1000)",
    "ALTER SEQUENCE ticket INCREMENT 6",
    "ALTER STATISTICS line_stats RENAME TO line_figures",
    "ALTER TABLE event DETACH PARTITION event_other",
    "DROP TABLE scratch",
];

/// What does not.
const COUNTS_NOT: [&str; 8] = [
    "COMMENT ON TABLE line IS 'lines'",
    "GRANT SELECT ON line TO watcher",
    "ALTER TABLE item OWNER TO watcher",
    "SELECT nextval('ticket')",
    "INSERT INTO event VALUES ('2026-01-01', 'x')",
    "ANALYZE line",
    "CREATE TABLE tenantry_migration (version text)",
    "CREATE TABLE gone (a int); DROP TABLE gone; ALTER TABLE item ADD COLUMN gone int; ALTER TABLE item DROP COLUMN gone",
];

async fn make(admin: &Session, schema: &str) {
    let quoted = quote::ident(schema);
    let body = DDL.replace("{q}", &quoted.replace('\'', "''")).replace("{s}", &quoted);
    let sql = format!("CREATE SCHEMA {quoted}; SET search_path = {quoted}; {body} RESET search_path;");
    admin
        .batch(&sql)
        .await
        .unwrap_or_else(|fault| panic!("{schema}: {fault}"));
}

/// The same server, with schemas that follow a history.
fn follow(fleet: &Fleet) -> Arc<Fleet> {
    let mut fleet = fleet.clone();
    fleet.instances[0].tenancies = vec![Tenancy::Schema {
        database: DATABASE.into(),
        pattern: "^(?<tenant>.+)$".into(),
    }];
    fleet.tracks = vec![Track {
        directory: "/nowhere".into(),
        models: vec![Isolation::Schema],
        instances: Vec::new(),
        schema: "public".into(),
        database: None,
        owner: None,
        also: Vec::new(),
        readers: "watcher".into(),
    }];
    Arc::new(fleet)
}

async fn scene(cluster: &Cluster) -> (Session, Arc<Fleet>, Doors) {
    let admin = cluster.session("postgres", "postgres").await;
    for sql in ["create role watcher login", &format!("create database {DATABASE}")] {
        admin.batch(sql).await.unwrap();
    }
    let (fleet, doors) = cluster.watched_by("watcher");
    let admin = cluster.session("postgres", DATABASE).await;
    admin.batch("drop schema public").await.unwrap();
    (admin, follow(&fleet), doors)
}

fn shapes(world: &Snapshot) -> &Shapes {
    let database = Target::database("scratch", DATABASE);
    let faults: Vec<_> = world.faults("shapes").collect();
    world
        .get::<Shapes>(&database)
        .unwrap_or_else(|| panic!("{faults:?}"))
        .value
}

fn digest<'a>(shapes: &'a Shapes, schema: &str) -> &'a str {
    let shape = shapes.find(schema).unwrap_or_else(|| panic!("{schema} was not seen"));
    shape
        .form
        .as_ref()
        .unwrap_or_else(|fault| panic!("{schema}: {fault}"))
        .digest
        .raw()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m7_a_shape_is_the_same_under_every_name_and_another_after_every_change() {
    for programs in programs() {
        let cluster = Cluster::start(&programs);
        let (admin, fleet, doors) = scene(&cluster).await;
        for name in NAMES {
            make(&admin, name).await;
        }
        let world = look(&fleet, &doors, &["shapes"]).await;
        let usual = digest(shapes(&world), "pre").to_owned();
        for name in NAMES {
            assert_eq!(
                digest(shapes(&world), name),
                usual,
                "{name} on PostgreSQL {}",
                admin.major()
            );
        }
        let schema = "a.b";
        let change = async |sql: &str| {
            let session = cluster.session("postgres", DATABASE).await;
            let sql = format!("SET search_path = {}; {sql}", quote::ident(schema));
            session
                .batch(&sql)
                .await
                .unwrap_or_else(|fault| panic!("{sql}: {fault}"));
            let world = look(&fleet, &doors, &["shapes"]).await;
            assert_eq!(digest(shapes(&world), "pre"), usual, "{sql} changed another schema");
            digest(shapes(&world), schema).to_owned()
        };
        for sql in COUNTS_NOT {
            assert_eq!(change(sql).await, usual, "{sql} on PostgreSQL {}", admin.major());
        }
        let mut known = vec![usual.clone()];
        for sql in COUNTS {
            let digest = change(sql).await;
            assert!(
                !known.contains(&digest),
                "{sql} on PostgreSQL {} is not seen",
                admin.major()
            );
            known.push(digest);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m7_a_history_is_absent_kept_or_not_ours_to_read_and_a_difference_has_words() {
    for programs in programs() {
        let cluster = Cluster::start(&programs);
        let (admin, fleet, doors) = scene(&cluster).await;
        for (schema, recorded) in [("a.b", true), ("b", true), ("c", true), ("shut", true), ("none", false)] {
            make(&admin, schema).await;
            if !recorded {
                continue;
            }
            let (table, create) = (history::table(schema), history::create(schema, "watcher"));
            let row = format!(
                "insert into {table} (version, name, sha256, how, complete, statements, run) \
                 values ('1', 'x', 'sum', 'applied', true, 2, 'by hand')"
            );
            // Twice: what is there already stays.
            admin.batch(&format!("{create} {create} {row}")).await.unwrap();
        }
        admin
            .batch("revoke usage on schema shut from watcher; alter table b.line add extra text")
            .await
            .unwrap();
        let world = look(&fleet, &doors, &["shapes", "outlines", "migrations"]).await;
        let seen = shapes(&world);
        assert_eq!(seen.records.len(), 1, "equal histories are read once");
        let kept = seen.find("a.b").unwrap();
        assert_eq!(seen.records(kept).unwrap()[0].version().unwrap().to_string(), "1");
        assert!(matches!(&kept.history, History::Kept(kept) if kept.count == 1 && kept.run.is_some()));
        assert_eq!(seen.find("none").unwrap().history, History::Absent);
        let History::Unseen(fault) = &seen.find("shut").unwrap().history else {
            panic!("{:?}", seen.find("shut"))
        };
        assert!(
            fault.hint.as_ref().unwrap().contains("grant usage on schema \"shut\""),
            "{fault:?}"
        );
        let stands = standings(&world);
        let apart = stands.iter().find(|one| one.target.name().raw() == "b").unwrap();
        // There are no files: what is at a version is compared with its peers all the same.
        assert!(matches!(apart.stand, Stand::Unknown(_)), "{:?}", apart.stand);
        assert!(outlines::of(&world, &apart.target).is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m7_one_schema_that_was_changed_by_hand_is_told_in_words() {
    let files = std::env::temp_dir().join(format!("tenantry-files-{}", std::process::id()));
    std::fs::create_dir_all(&files).unwrap();
    std::fs::write(files.join("V1__x.sql"), "select 1;").unwrap();
    for programs in programs() {
        let cluster = Cluster::start(&programs);
        let (admin, fleet, doors) = scene(&cluster).await;
        let mut fleet = (*fleet).clone();
        fleet.tracks[0].directory.clone_from(&files);
        let fleet = Arc::new(fleet);
        for schema in ["a.b", "b", "c"] {
            make(&admin, schema).await;
            let row = format!(
                "insert into {} values ('1', 'x', encode(sha256('select 1;'), 'hex'), 'applied', true, 1, 'by hand')",
                history::table(schema)
            );
            admin
                .batch(&format!("{} {row}", history::create(schema, "watcher")))
                .await
                .unwrap();
        }
        let hand = "alter table \"a.b\".line add extra text, drop note cascade; alter table \"a.b\".item alter price drop default";
        admin
            .batch(&format!("{hand}; create index on \"a.b\".item (price)"))
            .await
            .unwrap();
        let world = look(&fleet, &doors, &["shapes", "outlines", "migrations"]).await;
        let stands = standings(&world);
        let apart = stands.iter().find(|one| one.target.name().raw() == "a.b").unwrap();
        let like = apart.like().expect("another shape");
        assert!(matches!(apart.reasons(), [Reason::Shape { .. }]), "{:?}", apart.stand);
        let (here, there) = (
            outlines::of(&world, &apart.target).unwrap(),
            outlines::of(&world, like).unwrap(),
        );
        let told = differences(here, there);
        let of = |what: &str| {
            &told
                .iter()
                .find(|one| one.what == what)
                .unwrap_or_else(|| panic!("{told:#?}"))
                .how
        };
        assert_eq!(of("column line.extra"), &How::More);
        assert_eq!(of("column line.note"), &How::Missing);
        assert_eq!(of("index item_price_idx"), &How::More);
        assert_eq!(of("index line_by_note"), &How::Missing);
        assert!(told.iter().all(|one| !one.what.contains("item.name")), "{told:#?}");
    }
    std::fs::remove_dir_all(&files).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m9_ten_schemas_or_four_hundred_take_one_question_about_shapes() {
    for programs in programs() {
        let cluster = Cluster::prepared(&programs, |_| "-c log_statement=all".into());
        let (admin, fleet, doors) = scene(&cluster).await;
        let questions = || {
            let log = std::fs::read_to_string(cluster.home().join("log")).unwrap();
            let asked = log.split("LOG:  execute ").skip(1);
            let asked: Vec<&str> = asked.filter(|one| one.contains("tenantry_migration")).collect();
            let shapes = asked.iter().filter(|one| one.contains("pg_get_constraintdef")).count();
            (shapes, asked.len() - shapes)
        };
        // What the server writes down may be in its file a moment later.
        let asks = async |expected: (usize, usize)| {
            let end = Instant::now() + Duration::from_secs(5);
            while questions() != expected && Instant::now() < end {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert_eq!(questions(), expected);
        };
        let make = async |from: usize, to: usize| {
            let each = (from..to).map(|n| {
                let create = history::create(&format!("t{n}"), "watcher");
                format!("create schema t{n}; create table t{n}.a (id int primary key, t text default 'x'); {create}")
            });
            for sql in each {
                admin.batch(&sql).await.unwrap();
            }
        };
        make(0, 10).await;
        look(&fleet, &doors, &["shapes"]).await;
        // Which schemas there are, their shapes, their histories, and the one history that they all have.
        asks((1, 3)).await;
        make(10, 400).await;
        let world = look(&fleet, &doors, &["shapes"]).await;
        assert_eq!(shapes(&world).schemas.len(), 400);
        // The histories are read in two parts.
        asks((2, 7)).await;
        assert!(
            shapes(&world)
                .schemas
                .iter()
                .all(|shape| matches!(shape.history, History::Kept(_)))
        );
    }
}
