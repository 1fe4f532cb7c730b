-- A schema with one of everything that the owner of a schema can make, under a name that means something to everybody who
-- does not quote it.
CREATE SCHEMA "t_Odd ""it's $x" AUTHORIZATION app_owner;
GRANT USAGE ON SCHEMA "t_Odd ""it's $x" TO app_rw;
SET ROLE app_owner;
SET search_path = "t_Odd ""it's $x";

CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s');
CREATE DOMAIN pos AS int CHECK (value > 0);
CREATE TYPE pair AS (a int, b text);
CREATE TYPE span AS RANGE (subtype = int);
CREATE TABLE big (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, d date NOT NULL, m mood DEFAULT 'ok', p pos, w pair, s span, j jsonb,
  x bytea, f float8, twice bigint GENERATED ALWAYS AS (id * 2) STORED, UNIQUE (id, d)
);
INSERT INTO big (d, p, w, s, j, x, f)
SELECT date '2026-01-01' + g, g, (g, E'line\nbreak\t\\.')::pair, span(g, g + 1), '{"a": "COPY x FROM stdin;"}', '\x00ff', 1.1::float8 / 3
FROM generate_series(1, 3000) g;
CREATE TABLE "Part" (id int, k text) PARTITION BY LIST (k);
CREATE TABLE part_a PARTITION OF "Part" FOR VALUES IN ('a');
CREATE TABLE part_d PARTITION OF "Part" DEFAULT;
INSERT INTO "Part" VALUES (1, 'a'), (2, 'zz'), (3, E'\\.'), (4, NULL), (5, E'x\n\\.\ny');
CREATE UNLOGGED TABLE cache (n int);
-- A column that is gone leaves a hole behind.
CREATE TABLE gone (a int, b int, c int);
ALTER TABLE gone DROP COLUMN b;
INSERT INTO gone VALUES (1, 2);
CREATE TABLE kid (id int REFERENCES big ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, CHECK (id > 0));
INSERT INTO kid VALUES (5);

CREATE VIEW seen AS SELECT id, d FROM big WHERE m = 'ok';
CREATE MATERIALIZED VIEW mat AS SELECT count(*) n FROM big;
CREATE INDEX ON mat (n);
CREATE INDEX big_d ON big (d DESC) WHERE p > 3;
CREATE INDEX ON big ((id % 7));
ALTER TABLE big CLUSTER ON big_pkey;
CREATE STATISTICS st ON d, p FROM big;
ALTER TABLE big ALTER COLUMN d SET STATISTICS 500;
ALTER TABLE big REPLICA IDENTITY FULL;

-- What stands in it looks like what ends a dump, a transaction or a table.
CREATE FUNCTION f(a int, OUT b text) LANGUAGE plpgsql AS $f$ BEGIN b := '
COMMIT;
\restrict x
-- its'; END $f$;
CREATE PROCEDURE pr() LANGUAGE sql AS 'select 1;
COPY a FROM stdin;
';
CREATE AGGREGATE agg (int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE FUNCTION trig() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end';
CREATE TRIGGER tt BEFORE UPDATE ON big FOR EACH ROW WHEN (old.id > 3) EXECUTE FUNCTION trig();
ALTER TABLE big DISABLE TRIGGER tt;
CREATE RULE ru AS ON INSERT TO kid DO ALSO SELECT 1;
COMMENT ON TABLE big IS 'it''s
\connect x
COPY z FROM stdin;';
ALTER TABLE gone ENABLE ROW LEVEL SECURITY;
CREATE POLICY pol ON gone FOR SELECT TO app_rw USING (a = 1);

CREATE SEQUENCE sq START 7 INCREMENT 5;
SELECT nextval('sq'), nextval('sq');
CREATE SEQUENCE never;
ALTER SEQUENCE never RESTART 40;
CREATE TEXT SEARCH CONFIGURATION ts (COPY = pg_catalog.simple);
CREATE COLLATION co (LOCALE = 'C');

GRANT SELECT (id, d), UPDATE (d) ON big TO app_rw;
GRANT SELECT ON seen TO app_rw WITH GRANT OPTION;
GRANT EXECUTE ON FUNCTION f TO app_rw;
REVOKE EXECUTE ON FUNCTION f FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA "t_Odd ""it's $x" GRANT SELECT ON TABLES TO app_rw;
