-- One table for each fault. The comment before a statement names what it plants.
CREATE FUNCTION public.guard(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE public.%I OWNER TO app_owner', name);
  EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
  EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name);
  EXECUTE format($p$CREATE POLICY own ON public.%I TO app_rw
    USING (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')::uuid))$p$, name);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON public.%I TO app_rw', name);
END $$;

-- 3.1 row-level security is off
CREATE TABLE public.f01_off (tenant_id uuid NOT NULL, id uuid, PRIMARY KEY (tenant_id, id));
SELECT public.guard('f01_off');
ALTER TABLE public.f01_off DISABLE ROW LEVEL SECURITY;
-- 3.2 not forced
CREATE TABLE public.f02_force (tenant_id uuid NOT NULL, id uuid, PRIMARY KEY (tenant_id, id));
SELECT public.guard('f02_force');
ALTER TABLE public.f02_force NO FORCE ROW LEVEL SECURITY;
-- 3.3 owned by the role through which applications work
CREATE TABLE public.f03_owner (tenant_id uuid NOT NULL, id uuid, PRIMARY KEY (tenant_id, id));
SELECT public.guard('f03_owner');
ALTER TABLE public.f03_owner OWNER TO app_rw;
-- 3.4 a login of the application that bypasses
CREATE ROLE f04_bypass LOGIN BYPASSRLS IN ROLE app_rw;
-- 3.5 a partition that can be read directly
CREATE TABLE public.f05_parent (tenant_id uuid NOT NULL, at date NOT NULL, PRIMARY KEY (tenant_id, at)) PARTITION BY RANGE (at);
CREATE TABLE public.f05_part_1 PARTITION OF public.f05_parent FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ALTER TABLE public.f05_part_1 OWNER TO app_owner;
SELECT public.guard('f05_parent');
GRANT SELECT ON public.f05_part_1 TO app_rw;
-- 3.6 a view of somebody who is exempt
CREATE VIEW public.f06_view AS SELECT * FROM public.customer;
GRANT SELECT ON public.f06_view TO app_rw;
-- 3.7 a materialized view
CREATE MATERIALIZED VIEW public.f07_matview AS SELECT tenant_id, count(*) AS n FROM public.orders GROUP BY tenant_id;
ALTER MATERIALIZED VIEW public.f07_matview OWNER TO app_owner;
GRANT SELECT ON public.f07_matview TO app_rw;
-- 3.8 a function that runs as somebody who is exempt
CREATE FUNCTION public.f08_definer() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
  AS 'SELECT count(*) FROM public.orders';
-- 3.9 a second permissive policy widens the first
CREATE TABLE public.f09_or (tenant_id uuid NOT NULL, id uuid, PRIMARY KEY (tenant_id, id));
SELECT public.guard('f09_or');
CREATE POLICY support ON public.f09_or FOR SELECT TO app_rw USING (true);
-- 3.10 a policy that does not name the tenant column
CREATE TABLE public.f10_true (tenant_id uuid NOT NULL, id uuid, PRIMARY KEY (tenant_id, id));
SELECT public.guard('f10_true');
ALTER POLICY own ON public.f10_true USING (true);
-- 3.11 rows may be written for others
CREATE TABLE public.f11_check (tenant_id uuid NOT NULL, id uuid, PRIMARY KEY (tenant_id, id));
SELECT public.guard('f11_check');
ALTER POLICY own ON public.f11_check WITH CHECK (true);
-- 3.14 a session without a tenant gets an error
CREATE TABLE public.f14_unset (tenant_id uuid NOT NULL, id uuid, PRIMARY KEY (tenant_id, id));
SELECT public.guard('f14_unset');
ALTER POLICY own ON public.f14_unset USING (tenant_id = current_setting('app.current_tenant')::uuid);
-- 3.15 the first tenant of a prepared statement is everybody's
CREATE FUNCTION public.f15_tenant() RETURNS uuid LANGUAGE sql IMMUTABLE
  AS $$ SELECT nullif(current_setting('app.current_tenant', true), '')::uuid $$;
CREATE TABLE public.f15_immutable (tenant_id uuid NOT NULL, id uuid, PRIMARY KEY (tenant_id, id));
SELECT public.guard('f15_immutable');
ALTER POLICY own ON public.f15_immutable USING (tenant_id = public.f15_tenant());
-- 3.16 a foreign key that crosses tenants, and the 3.17 that it needs
CREATE TABLE public.f16_target (tenant_id uuid NOT NULL, id uuid PRIMARY KEY);
CREATE INDEX ON public.f16_target (tenant_id);
SELECT public.guard('f16_target');
CREATE TABLE public.f16_fk (tenant_id uuid NOT NULL, id uuid, target uuid REFERENCES public.f16_target, PRIMARY KEY (tenant_id, id));
SELECT public.guard('f16_fk');
-- 3.17 a key over all tenants
CREATE TABLE public.f17_key (tenant_id uuid NOT NULL, id uuid, email text UNIQUE, PRIMARY KEY (tenant_id, id));
SELECT public.guard('f17_key');
-- 3.18 rows of nobody
CREATE TABLE public.f18_null (tenant_id uuid, id uuid);
CREATE INDEX ON public.f18_null (tenant_id);
SELECT public.guard('f18_null');
-- 3.19 what row-level security does not cover
CREATE TABLE public.f19_truncate (tenant_id uuid NOT NULL, id uuid, PRIMARY KEY (tenant_id, id));
SELECT public.guard('f19_truncate');
GRANT TRUNCATE ON public.f19_truncate TO app_rw;
-- 3.30 no index that begins with the tenant
CREATE TABLE public.f30_index (tenant_id uuid NOT NULL, id uuid, PRIMARY KEY (id, tenant_id));
SELECT public.guard('f30_index');
DROP FUNCTION public.guard(text);
