-- Rows for every tenant; how many falls with its rank. The superuser writes them: nobody else sees all tenants.
SET session_replication_role = replica;
CREATE TEMP TABLE weight AS
  SELECT id, size_rank, greatest(2, (300 / power(size_rank, 1.15))::int) AS customers FROM tenant;

INSERT INTO product (tenant_id, sku, name, cents)
SELECT w.id, 'P-' || g, (ARRAY['Lamp', 'Chair', 'Kettle', 'Rug', 'Desk', 'Mug'])[1 + g % 6] || ' ' || g, 250 + g * 375
FROM weight w, generate_series(1, 6) g;

INSERT INTO customer (tenant_id, name, email, created_at)
SELECT w.id, f.first || ' ' || f.last, lower(f.first || '.' || f.last) || g || '@example.com', now() - g * interval '3 hours'
FROM weight w, generate_series(1, w.customers) g,
  LATERAL (SELECT
    (ARRAY['Ada', 'Bela', 'Carmen', 'Dmitri', 'Elif', 'Farid', 'Grace', 'Hiro', 'Ines', 'Jonas', 'Kofi'])[1 + (g + size_rank) % 11] AS first,
    (ARRAY['Abe', 'Berg', 'Costa', 'Diaz', 'Eriksen', 'Fontaine', 'Garcia'])[1 + (g * 3 + size_rank) % 7] AS last) f;

-- Everybody was sent by the one before; the first two of a tenant, by each other.
UPDATE customer c SET referred_by = p.by
FROM (SELECT tenant_id, id, coalesce(lag(id) OVER w, lead(id) OVER w) AS by
  FROM customer WINDOW w AS (PARTITION BY tenant_id ORDER BY id)) p
WHERE p.tenant_id = c.tenant_id AND p.id = c.id;

INSERT INTO orders (tenant_id, customer_id, status, note, placed_at)
SELECT c.tenant_id, c.id, (ARRAY['shipped', 'shipped', 'paid', 'packed', 'returned'])[1 + (c.id + g) % 5],
  CASE WHEN (c.id + g) % 7 = 0 THEN 'leave at the door' END, now() - (c.id % 80) * interval '1 day' - g * interval '7 minutes'
FROM customer c, generate_series(1, 2 + (c.id % 9)::int) g;

INSERT INTO order_line (tenant_id, order_id, line, sku, quantity, cents)
SELECT o.tenant_id, o.id, g, 'P-' || 1 + (o.id + g) % 6, 1 + (o.id * g) % 4, 250 + (1 + (o.id + g) % 6)::int * 375
FROM orders o, generate_series(1, 1 + (o.id % 4)::int) g;

INSERT INTO event (tenant_id, at, kind, order_id)
SELECT tenant_id, placed_at, 'order ' || status, id FROM orders;

-- Metering: what the rows of a tenant come to, indexes included, as a nightly job would count it.
UPDATE tenant t SET bytes = s.bytes FROM (
  SELECT c.tenant_id, 8192 + sum(160 + o.lines * 110 + o.orders * 260) AS bytes
  FROM customer c JOIN (SELECT o.tenant_id, o.customer_id, count(DISTINCT o.id) AS orders, count(*) AS lines
    FROM orders o JOIN order_line l ON l.tenant_id = o.tenant_id AND l.order_id = o.id GROUP BY 1, 2) o
    ON o.tenant_id = c.tenant_id AND o.customer_id = c.id
  GROUP BY 1) s
WHERE t.id = s.tenant_id;
RESET session_replication_role;
