-- One invoice or several for an order, kept apart by tenant as every other table here.
CREATE TABLE invoice (
  tenant_id uuid NOT NULL REFERENCES tenant,
  id        bigint GENERATED ALWAYS AS IDENTITY,
  order_id  bigint NOT NULL,
  cents     bigint NOT NULL,
  issued_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id)
);
CREATE INDEX invoice_by_order ON invoice (tenant_id, order_id);
ALTER TABLE invoice ENABLE ROW LEVEL SECURITY;
ALTER TABLE invoice FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_guard ON invoice AS RESTRICTIVE FOR ALL TO PUBLIC
  USING (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')::uuid));
CREATE POLICY app_access ON invoice AS PERMISSIVE FOR ALL TO app_rw USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON invoice TO app_rw;
GRANT SELECT ON SEQUENCE invoice_id_seq TO watchers;
