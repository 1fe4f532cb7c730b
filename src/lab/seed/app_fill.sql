-- Rows for the schema that is first in the search path. The number of customers stands for {customers}.
INSERT INTO product (sku, name, cents)
SELECT 'P-' || g, (ARRAY['Lamp', 'Chair', 'Kettle', 'Rug', 'Desk', 'Mug'])[1 + g % 6], 250 + g * 375
FROM generate_series(1, 6) g ON CONFLICT DO NOTHING;
WITH made AS (
  INSERT INTO customer (name, email)
  SELECT (ARRAY['Ada', 'Bela', 'Carmen', 'Dmitri', 'Elif'])[1 + g % 5] || ' ' ||
    (ARRAY['Abe', 'Berg', 'Costa', 'Diaz', 'Eriksen', 'Fontaine', 'Garcia'])[1 + g % 7], 'c' || gen_random_uuid() || '@example.com'
  FROM generate_series(1, {customers}) g RETURNING id
), placed AS (
  INSERT INTO orders (customer_id, status, placed_at)
  SELECT id, (ARRAY['shipped', 'paid', 'packed'])[1 + (id + g) % 3], now() - (id % 80) * interval '1 day'
  FROM made, generate_series(1, 1 + (id % 5)::int) g RETURNING id
)
INSERT INTO order_line (order_id, line, sku, quantity, cents)
SELECT id, g, 'P-' || 1 + (id + g) % 6, 1 + (id * g) % 4, 625 FROM placed, generate_series(1, 1 + (id % 3)::int) g;
-- Everybody was sent by the one before; the first two, by each other.
UPDATE customer c SET referred_by = p.by
FROM (SELECT id, coalesce(lag(id) OVER w, lead(id) OVER w) AS by FROM customer WINDOW w AS (ORDER BY id)) p WHERE p.id = c.id;
