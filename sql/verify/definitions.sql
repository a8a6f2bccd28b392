-- Verify roost:definitions

BEGIN;

SELECT hash, definition, defined_at FROM roost.definitions WHERE false;

DO $$
BEGIN
  ASSERT roost.schema_version() >= 2, 'an older roostd refuses this schema';
  ASSERT (SELECT count(*) FROM pg_catalog.pg_trigger
          WHERE tgrelid = 'roost.definitions'::regclass AND tgname = 'definitions_stay' AND tgenabled = 'O') = 1,
    'no definition changes or goes';
  ASSERT has_table_privilege('roost_app', 'roost.definitions', 'INSERT') AND NOT has_table_privilege('roost_app', 'roost.definitions', 'UPDATE'),
    'roost_app adds definitions and leaves them as they are';
  ASSERT NOT has_column_privilege('roost_readonly', 'roost.definitions', 'definition', 'SELECT'), 'a reader sees no code';
END $$;

ROLLBACK;
