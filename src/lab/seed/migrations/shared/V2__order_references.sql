-- The customer's own number for an order.
ALTER TABLE orders ADD COLUMN reference text;
