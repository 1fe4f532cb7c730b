-- What the customer asked for, and whose orders have such a note.
ALTER TABLE orders ADD COLUMN note text;
CREATE INDEX orders_with_note ON orders (customer_id) WHERE note IS NOT NULL;
