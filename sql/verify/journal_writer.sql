-- Verify roost:journal_writer

BEGIN;

DO $$
BEGIN
  ASSERT roost.schema_version() >= 4, 'an older roostd refuses this schema';
  ASSERT (SELECT count(writer) FROM roost.journal) = 1, 'the journal has a writer';
  ASSERT has_column_privilege('roost_app', 'roost.journal', 'writer', 'UPDATE'), 'roost_app may become it';
END $$;

ROLLBACK;
