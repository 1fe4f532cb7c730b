-- The orders application for tenants that share tables: rows are told apart by tenant_id, and row-level security is
-- in its right form: forced, one restrictive guard that names the column, one permissive policy that lets the
-- application in, keys and references that carry the tenant, no grant that row-level security does not cover.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO app_rw, watchers;
GRANT CREATE ON SCHEMA public TO app_owner;
CREATE SCHEMA history AUTHORIZATION app_owner;  -- partitions: out of reach except through their parent
SET ROLE app_owner;

-- The registry. Only the operators' own tools read it.
CREATE TABLE tenant (
  id         uuid PRIMARY KEY,
  name       text NOT NULL UNIQUE,
  plan       text NOT NULL,
  region     text NOT NULL,
  size_rank  int NOT NULL,
  bytes      bigint NOT NULL DEFAULT 0,  -- metered; statistics cannot tell tenants of one table apart
  created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON tenant TO watchers;

CREATE TABLE customer (
  tenant_id   uuid NOT NULL REFERENCES tenant,
  id          bigint GENERATED ALWAYS AS IDENTITY,
  name        text NOT NULL,
  email       text NOT NULL,
  referred_by bigint,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, email),
  FOREIGN KEY (tenant_id, referred_by) REFERENCES customer (tenant_id, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE product (
  tenant_id uuid NOT NULL REFERENCES tenant,
  sku       text NOT NULL,
  name      text NOT NULL,
  cents     int NOT NULL CHECK (cents > 0),
  PRIMARY KEY (tenant_id, sku)
);
CREATE TABLE orders (
  tenant_id   uuid NOT NULL REFERENCES tenant,
  id          bigint GENERATED ALWAYS AS IDENTITY,
  customer_id bigint NOT NULL,
  status      text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'paid', 'packed', 'shipped', 'returned')),
  note        text,
  placed_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, customer_id) REFERENCES customer (tenant_id, id)
);
CREATE INDEX orders_by_customer ON orders (tenant_id, customer_id);
CREATE INDEX orders_by_time ON orders (tenant_id, placed_at);
CREATE TABLE order_line (
  tenant_id uuid NOT NULL REFERENCES tenant,
  order_id  bigint NOT NULL,
  line      int NOT NULL,
  sku       text NOT NULL,
  quantity  int NOT NULL CHECK (quantity > 0),
  cents     int NOT NULL,
  total     bigint GENERATED ALWAYS AS (quantity::bigint * cents) STORED,
  PRIMARY KEY (tenant_id, order_id, line),
  FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, sku) REFERENCES product (tenant_id, sku)
);
CREATE TABLE event (
  tenant_id uuid NOT NULL REFERENCES tenant,
  at        timestamptz NOT NULL DEFAULT now(),
  id        uuid NOT NULL DEFAULT gen_random_uuid(),
  kind      text NOT NULL,
  order_id  bigint,
  PRIMARY KEY (tenant_id, at, id)
) PARTITION BY RANGE (at);

GRANT SELECT ON SEQUENCE customer_id_seq, orders_id_seq TO watchers;  -- how near their end they are

CREATE FUNCTION note_order() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  INSERT INTO public.event (tenant_id, kind, order_id) VALUES (new.tenant_id, 'order ' || new.status, new.id);
  RETURN new;
END $$;
CREATE TRIGGER note_order AFTER INSERT OR UPDATE OF status ON orders FOR EACH ROW EXECUTE FUNCTION note_order();
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  new.updated_at := now();
  RETURN new;
END $$;
CREATE TRIGGER touch BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION touch();

DO $$
DECLARE
  month date;
  part text;
  covered text;
  own constant text := 'tenant_id = (SELECT nullif(current_setting(''app.current_tenant'', true), '''')::uuid)';
BEGIN
  FOR month IN SELECT date_trunc('month', now()) + make_interval(months => n) FROM generate_series(-3, 2) n LOOP
    part := 'event_' || to_char(month, 'YYYY_MM');
    EXECUTE format('CREATE TABLE history.%I PARTITION OF event FOR VALUES FROM (%L) TO (%L)',
      part, month, month + interval '1 month');
  END LOOP;
  CREATE TABLE history.event_other PARTITION OF event DEFAULT;
  FOR covered IN SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'history') AND c.relname <> 'tenant' LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', covered);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', covered);
    EXECUTE format('CREATE POLICY tenant_guard ON %s AS RESTRICTIVE FOR ALL TO PUBLIC USING (%s) WITH CHECK (%s)',
      covered, own, own);
    EXECUTE format('CREATE POLICY app_access ON %s AS PERMISSIVE FOR ALL TO app_rw USING (true)', covered);
  END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON customer, product, orders, order_line, event TO app_rw;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO app_rw;

-- A view that looks with the eyes of whoever asks, where the server knows how.
DO $$
BEGIN
  IF current_setting('server_version_num')::int >= 150000 THEN
    CREATE VIEW order_summary WITH (security_invoker = true) AS
      SELECT o.tenant_id, o.id, o.status, sum(l.total) AS total
      FROM orders o JOIN order_line l ON l.tenant_id = o.tenant_id AND l.order_id = o.id
      GROUP BY o.tenant_id, o.id, o.status;
  END IF;
END $$;
RESET ROLE;
