-- Revert roost:definitions_mended

BEGIN;

SET LOCAL ROLE roost_owner;

CREATE OR REPLACE FUNCTION roost.schema_version() RETURNS integer
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN 2;

REVOKE UPDATE (definition) ON roost.definitions FROM roost_app;

COMMENT ON COLUMN roost.definitions.definition IS 'the closed term; roostd checks against the hash what it reads';
DROP TRIGGER definitions_stay ON roost.definitions;
CREATE TRIGGER definitions_stay
  BEFORE UPDATE OR DELETE OR TRUNCATE ON roost.definitions
  FOR EACH STATEMENT EXECUTE FUNCTION roost.refuse_change('what values refer to stays as it is');

COMMIT;
