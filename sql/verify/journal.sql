-- Verify roost:journal

BEGIN;

DO $$
BEGIN
  ASSERT (SELECT count(*) FROM roost.journal) = 1, 'the journal has one row';
  ASSERT (SELECT count(*) FROM pg_catalog.pg_trigger
          WHERE tgrelid = 'roost.journal'::regclass AND NOT tgisinternal AND tgenabled = 'O') = 2,
    'its two rules are in force';
END $$;

ROLLBACK;
