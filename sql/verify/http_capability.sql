-- Verify roost:http_capability

BEGIN;

DO $$
BEGIN
  ASSERT (SELECT col_description('roost.nodes'::regclass, attnum) LIKE '%5 http'
          FROM pg_attribute WHERE attrelid = 'roost.nodes'::regclass AND attname = 'capabilities');
END $$;

ROLLBACK;
