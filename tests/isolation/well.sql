-- Shared tables as they should be: what the checks say nothing about.
CREATE ROLE app_owner NOLOGIN;
CREATE ROLE app_rw NOLOGIN NOBYPASSRLS;
CREATE ROLE vault_engine LOGIN CREATEROLE;
GRANT app_owner, app_rw TO vault_engine WITH ADMIN OPTION;
CREATE ROLE "v-runtime-1" LOGIN VALID UNTIL 'infinity' IN ROLE app_rw;
CREATE ROLE "v-db-admin-1" LOGIN IN ROLE app_owner;
CREATE ROLE replicator LOGIN REPLICATION;
CREATE ROLE watcher LOGIN IN ROLE pg_monitor;

GRANT USAGE ON SCHEMA public TO app_rw;
CREATE TABLE public.tenant (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE public.country (code text PRIMARY KEY, name text NOT NULL);
CREATE TABLE public.customer (
  tenant_id uuid NOT NULL REFERENCES public.tenant,
  id bigint GENERATED ALWAYS AS IDENTITY,
  country text REFERENCES public.country,
  email text NOT NULL,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, email)
);
CREATE TABLE public.orders (
  tenant_id uuid NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  customer_id bigint NOT NULL,
  total numeric NOT NULL DEFAULT 0,
  tax numeric GENERATED ALWAYS AS (total * 0.19) STORED,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, customer_id) REFERENCES public.customer (tenant_id, id)
);
CREATE TABLE public.event (
  tenant_id uuid NOT NULL,
  at timestamptz NOT NULL,
  what text,
  PRIMARY KEY (tenant_id, at)
) PARTITION BY RANGE (at);
CREATE TABLE public.event_2026_10 PARTITION OF public.event FOR VALUES FROM ('2026-10-01') TO ('2026-11-01');
CREATE TABLE public.event_2026_11 PARTITION OF public.event FOR VALUES FROM ('2026-11-01') TO ('2026-12-01');
CREATE VIEW public.order_total AS SELECT tenant_id, sum(total) AS total FROM public.orders GROUP BY tenant_id;
CREATE TABLE public.outbox (tenant_id uuid NOT NULL, body text);

-- A sensible owner, and one guard that no other policy can widen.
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['tenant', 'country', 'customer', 'orders', 'event', 'event_2026_10', 'event_2026_11', 'order_total', 'outbox'] LOOP
    EXECUTE format('ALTER TABLE public.%I OWNER TO app_owner', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['customer', 'orders', 'event'] LOOP
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format($p$CREATE POLICY tenant_guard ON public.%I AS RESTRICTIVE FOR ALL TO PUBLIC
      USING (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')::uuid))
      WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')::uuid))$p$, name);
    EXECUTE format('CREATE POLICY app_access ON public.%I AS PERMISSIVE FOR ALL TO app_rw USING (true)', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON public.%I TO app_rw', name);
  END LOOP;
END $$;
GRANT SELECT ON public.country, public.order_total TO app_rw;
-- One permissive policy that is bound itself is as good.
CREATE TABLE public.note (tenant_id uuid NOT NULL, id uuid, body text, PRIMARY KEY (tenant_id, id));
ALTER TABLE public.note OWNER TO app_owner;
ALTER TABLE public.note ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.note FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON public.note TO app_rw
  USING (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE, DELETE ON public.note TO app_rw;
