-- Verify roost:definitions_mended

BEGIN;

DO $$
BEGIN
  ASSERT roost.schema_version() >= 3, 'an older roostd refuses this schema';
  ASSERT has_column_privilege('roost_app', 'roost.definitions', 'definition', 'UPDATE')
    AND NOT has_column_privilege('roost_app', 'roost.definitions', 'hash', 'UPDATE')
    AND NOT has_column_privilege('roost_app', 'roost.definitions', 'defined_at', 'UPDATE'),
    'roost_app may replace damaged bytes, and nothing else';
  ASSERT (SELECT tgenabled = 'O' AND cardinality(tgattr::smallint[]) = 2 FROM pg_catalog.pg_trigger
          WHERE tgrelid = 'roost.definitions'::regclass AND tgname = 'definitions_stay'),
    'hashes stay, and no definition goes';
END $$;

ROLLBACK;
