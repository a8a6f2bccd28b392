-- Revert roost:definitions
--
-- Values in the nodes' state that refer to code cannot be used any more.

BEGIN;

SET LOCAL ROLE roost_owner;

CREATE OR REPLACE FUNCTION roost.schema_version() RETURNS integer
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN 1;

DROP TABLE roost.definitions;

COMMIT;
