-- The orders application for a tenant that shares no table: in the schema that is first in the search path.
CREATE TABLE customer (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name        text NOT NULL,
  email       text NOT NULL UNIQUE,
  referred_by bigint REFERENCES customer DEFERRABLE INITIALLY DEFERRED,
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE product (
  sku   text PRIMARY KEY,
  name  text NOT NULL,
  cents int NOT NULL CHECK (cents > 0)
);
CREATE TABLE orders (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES customer,
  status      text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'paid', 'packed', 'shipped', 'returned')),
  placed_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orders_by_customer ON orders (customer_id);
CREATE TABLE order_line (
  order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE,
  line     int NOT NULL,
  sku      text NOT NULL REFERENCES product,
  quantity int NOT NULL CHECK (quantity > 0),
  cents    int NOT NULL,
  total    bigint GENERATED ALWAYS AS (quantity::bigint * cents) STORED,
  PRIMARY KEY (order_id, line)
);
CREATE TABLE event (
  at       timestamptz NOT NULL DEFAULT now(),
  kind     text NOT NULL,
  order_id bigint
) PARTITION BY RANGE (at);
CREATE INDEX event_by_time ON event (at);
CREATE TABLE event_2026 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE event_other PARTITION OF event DEFAULT;
CREATE FUNCTION note_order() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO event (kind, order_id) VALUES ('order ' || new.status, new.id);
  RETURN new;
END $$;
CREATE TRIGGER note_order AFTER INSERT OR UPDATE OF status ON orders FOR EACH ROW EXECUTE FUNCTION note_order();
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  new.updated_at := now();
  RETURN new;
END $$;
CREATE TRIGGER touch BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION touch();
GRANT SELECT, INSERT, UPDATE, DELETE ON customer, product, orders, order_line, event TO app_rw;
GRANT SELECT ON SEQUENCE customer_id_seq, orders_id_seq TO watchers;  -- how near their end they are, and nothing else
