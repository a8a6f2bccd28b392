-- Verify roost:kinds_by_check

BEGIN;

DO $$
BEGIN
  ASSERT (SELECT convalidated AND pg_get_constraintdef(oid) LIKE ALL (ARRAY['%''root''%', '%''linked''%', '%''ephemeral''%', '%''resetting''%', '%''leased''%'])
          FROM pg_constraint WHERE conrelid = 'roost.nodes'::regclass AND contype = 'c' AND conname = 'lifetime_is_known'), 'lifetimes are checked';
  ASSERT (SELECT convalidated AND pg_get_constraintdef(oid) LIKE ALL (ARRAY['%''anyone''%', '%''container''%', '%''only''%'])
          FROM pg_constraint WHERE conrelid = 'roost.nodes'::regclass AND contype = 'c' AND conname = 'access_is_known'), 'kinds of access are checked';
  ASSERT to_regclass('roost.lifetimes') IS NULL AND to_regclass('roost.access_kinds') IS NULL, 'the tables of kinds are gone';
END $$;

ROLLBACK;
