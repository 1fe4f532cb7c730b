//! Tables with a fault in their isolation, each planted to be found: the numbers are the rules of the policies view.
//!
//! They live in the schema `legacy` of the database `orders`. The tables in `public` have none of these faults.

/// A fault, where it is, and how it was made.
#[derive(Debug)]
pub struct Planted {
    /// The rule that it breaks.
    pub rule: &'static str,
    /// The relation or function that shows it.
    pub object: &'static str,
    /// What is wrong.
    pub flaw: &'static str,
    sql: &'static str,
}

/// `pg_temp.guard(table)` gives a table everything that is right: owner, forced row-level security, both policies, grants.
const BEGIN: &str = r"
CREATE SCHEMA legacy AUTHORIZATION app_owner;
GRANT USAGE ON SCHEMA legacy TO app_rw;
CREATE FUNCTION pg_temp.guard(t regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE own constant text := 'tenant_id = (SELECT nullif(current_setting(''app.current_tenant'', true), '''')::uuid)';
BEGIN
  EXECUTE format('ALTER TABLE %s OWNER TO app_owner', t);
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
  EXECUTE format('CREATE POLICY tenant_guard ON %s AS RESTRICTIVE FOR ALL TO PUBLIC USING (%s) WITH CHECK (%s)', t, own, own);
  EXECUTE format('CREATE POLICY app_access ON %s AS PERMISSIVE FOR ALL TO app_rw USING (true)', t);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO app_rw', t);
END $$;
";

/// All of them, in the order of the rules.
pub const ALL: &[Planted] = &[
    Planted {
        rule: "3.1",
        object: "legacy.newsletter",
        flaw: "row-level security was never enabled",
        sql: "CREATE TABLE legacy.newsletter (tenant_id uuid NOT NULL, email text, PRIMARY KEY (tenant_id, email));
              ALTER TABLE legacy.newsletter OWNER TO app_owner;
              GRANT SELECT, INSERT, UPDATE, DELETE ON legacy.newsletter TO app_rw;",
    },
    Planted {
        rule: "3.2",
        object: "legacy.invoice",
        flaw: "row-level security is not forced, so the owner sees every tenant",
        sql: "CREATE TABLE legacy.invoice (tenant_id uuid NOT NULL, number int, cents int, PRIMARY KEY (tenant_id, number));
              SELECT pg_temp.guard('legacy.invoice');
              ALTER TABLE legacy.invoice NO FORCE ROW LEVEL SECURITY;",
    },
    Planted {
        rule: "3.3",
        object: "legacy.import_job",
        flaw: "the application's own role owns the table and may switch row-level security off",
        sql: "CREATE TABLE legacy.import_job (tenant_id uuid NOT NULL, id int, PRIMARY KEY (tenant_id, id));
              SELECT pg_temp.guard('legacy.import_job');
              ALTER TABLE legacy.import_job OWNER TO app_rw;",
    },
    Planted {
        rule: "3.5",
        object: "legacy.reading_2026",
        flaw: "the partition has a grant of its own and no row-level security",
        sql: "CREATE TABLE legacy.reading (tenant_id uuid NOT NULL, at date, n int, PRIMARY KEY (tenant_id, at)) PARTITION BY RANGE (at);
              SELECT pg_temp.guard('legacy.reading');
              CREATE TABLE legacy.reading_2026 PARTITION OF legacy.reading FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
              ALTER TABLE legacy.reading_2026 OWNER TO app_owner;
              GRANT SELECT ON legacy.reading_2026 TO app_rw;",
    },
    Planted {
        rule: "3.6",
        object: "legacy.customer_directory",
        flaw: "the view looks with the eyes of its owner, a superuser",
        sql: "CREATE VIEW legacy.customer_directory AS SELECT tenant_id, name, email FROM public.customer;
              GRANT SELECT ON legacy.customer_directory TO app_rw;",
    },
    Planted {
        rule: "3.7",
        object: "legacy.sales_by_month",
        flaw: "the materialized view is a copy of every tenant's rows",
        sql: "CREATE MATERIALIZED VIEW legacy.sales_by_month AS
                SELECT o.tenant_id, date_trunc('month', o.placed_at) AS month, sum(l.total) AS total FROM public.orders o
                JOIN public.order_line l ON l.tenant_id = o.tenant_id AND l.order_id = o.id GROUP BY 1, 2;
              CREATE INDEX ON legacy.sales_by_month (tenant_id, month);
              GRANT SELECT ON legacy.sales_by_month TO app_rw;",
    },
    Planted {
        rule: "3.8",
        object: "legacy.order_count",
        flaw: "the function runs as a superuser, for everybody, with whatever search path the caller has",
        sql: "CREATE FUNCTION legacy.order_count(whose uuid) RETURNS bigint LANGUAGE sql SECURITY DEFINER
                AS 'SELECT count(*) FROM public.orders WHERE tenant_id = whose';",
    },
    Planted {
        rule: "3.9",
        object: "legacy.ticket",
        flaw: "two permissive policies are OR-ed and nothing restricts: public tickets of all tenants are visible",
        sql: "CREATE TABLE legacy.ticket (tenant_id uuid NOT NULL, id int, public boolean, PRIMARY KEY (tenant_id, id));
              SELECT pg_temp.guard('legacy.ticket');
              DROP POLICY tenant_guard ON legacy.ticket;
              DROP POLICY app_access ON legacy.ticket;
              CREATE POLICY own ON legacy.ticket TO app_rw
                USING (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')::uuid));
              CREATE POLICY support ON legacy.ticket TO app_rw USING (public);",
    },
    Planted {
        rule: "3.10",
        object: "legacy.survey",
        flaw: "the only policy is true for every row",
        sql: "CREATE TABLE legacy.survey (tenant_id uuid NOT NULL, id int, PRIMARY KEY (tenant_id, id));
              SELECT pg_temp.guard('legacy.survey');
              DROP POLICY tenant_guard ON legacy.survey;",
    },
    Planted {
        rule: "3.11",
        object: "legacy.coupon",
        flaw: "WITH CHECK (true) lets a tenant write rows for another",
        sql: "CREATE TABLE legacy.coupon (tenant_id uuid NOT NULL, code text, PRIMARY KEY (tenant_id, code));
              SELECT pg_temp.guard('legacy.coupon');
              DROP POLICY tenant_guard ON legacy.coupon;
              DROP POLICY app_access ON legacy.coupon;
              CREATE POLICY own ON legacy.coupon TO app_rw
                USING (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')::uuid)) WITH CHECK (true);",
    },
    Planted {
        rule: "3.14",
        object: "legacy.basket",
        flaw: "the policy is an error, not an empty answer, where no tenant is set",
        sql: "CREATE TABLE legacy.basket (tenant_id uuid NOT NULL, id int, PRIMARY KEY (tenant_id, id));
              SELECT pg_temp.guard('legacy.basket');
              DROP POLICY tenant_guard ON legacy.basket;
              CREATE POLICY tenant_guard ON legacy.basket AS RESTRICTIVE
                USING (tenant_id = (SELECT current_setting('app.current_tenant')::uuid));",
    },
    Planted {
        rule: "3.15",
        object: "legacy.price_list",
        flaw: "the policy calls a function that says it is immutable and is not: a prepared statement keeps the first tenant",
        sql: "CREATE FUNCTION legacy.current_tenant() RETURNS uuid LANGUAGE sql IMMUTABLE
                AS 'SELECT nullif(current_setting(''app.current_tenant'', true), '''')::uuid';
              CREATE TABLE legacy.price_list (tenant_id uuid NOT NULL, sku text, PRIMARY KEY (tenant_id, sku));
              SELECT pg_temp.guard('legacy.price_list');
              DROP POLICY tenant_guard ON legacy.price_list;
              CREATE POLICY tenant_guard ON legacy.price_list AS RESTRICTIVE USING (tenant_id = legacy.current_tenant());",
    },
    Planted {
        rule: "3.17",
        object: "legacy.depot",
        flaw: "a code that one tenant uses is taken for all, and tells them so",
        sql: "CREATE TABLE legacy.depot (tenant_id uuid NOT NULL, id int, code text UNIQUE, PRIMARY KEY (tenant_id, id));
              SELECT pg_temp.guard('legacy.depot');",
    },
    Planted {
        rule: "3.16",
        object: "legacy.shipment",
        flaw: "the foreign key does not carry the tenant: it may point at another's row",
        sql: "CREATE TABLE legacy.shipment (tenant_id uuid NOT NULL, id int, depot text REFERENCES legacy.depot (code),
                PRIMARY KEY (tenant_id, id));
              SELECT pg_temp.guard('legacy.shipment');",
    },
    Planted {
        rule: "3.18",
        object: "legacy.attachment",
        flaw: "the tenant column may be null",
        sql: "CREATE TABLE legacy.attachment (tenant_id uuid, name text);
              CREATE INDEX ON legacy.attachment (tenant_id, name);
              SELECT pg_temp.guard('legacy.attachment');",
    },
    Planted {
        rule: "3.19",
        object: "legacy.journal",
        flaw: "TRUNCATE is granted, which row-level security does not cover",
        sql: "CREATE TABLE legacy.journal (tenant_id uuid NOT NULL, id int, PRIMARY KEY (tenant_id, id));
              SELECT pg_temp.guard('legacy.journal');
              GRANT TRUNCATE ON legacy.journal TO app_rw;",
    },
    Planted {
        rule: "3.30",
        object: "legacy.telemetry",
        flaw: "no index is led by the tenant column: every query reads every tenant's rows",
        sql: "CREATE TABLE legacy.telemetry (tenant_id uuid NOT NULL, at timestamptz, n int);
              CREATE INDEX ON legacy.telemetry (at);
              SELECT pg_temp.guard('legacy.telemetry');",
    },
];

/// The statements that plant all of them.
pub fn sql() -> String {
    let each: Vec<&str> = ALL.iter().map(|planted| planted.sql).collect();
    format!("{BEGIN}{}DROP FUNCTION pg_temp.guard(regclass);", each.join("\n"))
}
