DROP INDEX orders_with_note;
ALTER TABLE orders DROP COLUMN note;
