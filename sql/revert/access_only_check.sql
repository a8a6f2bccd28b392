-- Revert roost:access_only_check

BEGIN;

ALTER TABLE roost.nodes
  DROP CONSTRAINT access_only_lists_keys,
  ADD CONSTRAINT access_only_lists_keys CHECK (roost.all_are_keys(access_only));

COMMIT;
