-- In two steps: the first holds its lock for a moment only, the second reads the table beside writers.
ALTER TABLE order_line ADD CONSTRAINT order_line_cents_check CHECK (cents >= 0) NOT VALID;
ALTER TABLE order_line VALIDATE CONSTRAINT order_line_cents_check;
