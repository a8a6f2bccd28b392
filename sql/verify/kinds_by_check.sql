-- Verify roost:kinds_by_check

BEGIN;

DO $$
BEGIN
  ASSERT (SELECT count(*) FROM pg_constraint
          WHERE conrelid = 'roost.nodes'::regclass AND conname IN ('lifetime_is_known', 'access_is_known')
            AND contype = 'c' AND convalidated) = 2, 'lifetimes and kinds of access are checked';
  ASSERT to_regclass('roost.lifetimes') IS NULL AND to_regclass('roost.access_kinds') IS NULL, 'the tables of kinds are gone';
END $$;

ROLLBACK;
