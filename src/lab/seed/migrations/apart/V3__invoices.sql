-- One invoice or several for an order.
CREATE TABLE invoice (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id  bigint NOT NULL REFERENCES orders,
  cents     bigint NOT NULL,
  issued_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX invoice_by_order ON invoice (order_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON invoice TO app_rw;
GRANT SELECT ON SEQUENCE invoice_id_seq TO watchers;
