-- Verify roost:access_only_check

BEGIN;

DO $$
BEGIN
  ASSERT (SELECT convalidated AND pg_get_constraintdef(oid) LIKE '%OR roost.all_are_keys(access_only)%' FROM pg_constraint
          WHERE conrelid = 'roost.nodes'::regclass AND conname = 'access_only_lists_keys'),
    'access_only is empty or a list of keys';
END $$;

ROLLBACK;
