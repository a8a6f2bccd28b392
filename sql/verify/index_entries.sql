-- Verify roost:index_entries

BEGIN;

SELECT node, token, key_hash, key, value FROM roost.index_entries WHERE false;

DO $$
BEGIN
  ASSERT (SELECT confdeltype = 'c' FROM pg_catalog.pg_constraint
          WHERE conrelid = 'roost.index_entries'::regclass AND conname = 'node_is_alive'), 'state goes with its node';
END $$;

ROLLBACK;
