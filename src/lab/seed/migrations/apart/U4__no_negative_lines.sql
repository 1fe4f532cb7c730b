ALTER TABLE order_line DROP CONSTRAINT order_line_cents_check;
