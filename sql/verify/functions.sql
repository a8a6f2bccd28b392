-- Verify roost:functions

BEGIN;

DO $$
BEGIN
  ASSERT roost.schema_version() >= 1, 'the schema says its version';
  ASSERT (SELECT prosecdef AND proconfig @> ARRAY['search_path=pg_catalog, pg_temp']
          FROM pg_catalog.pg_proc WHERE oid = 'roost.destroy_nodes(bytea[])'::regprocedure),
    'destroy_nodes runs as its owner with a fixed search path';
  ASSERT roost.destroy_nodes('{}') = 0, 'destroying nothing destroys nothing';
END $$;

ROLLBACK;
