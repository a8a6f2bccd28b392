-- Deploy roost:definitions_mended
--
-- A definition whose bytes were damaged could never be replaced: roostd leaves it out at its start, a node defines it anew, and storing it
-- did nothing, so that what was stored since referred to code that was gone again after the next start. Now whoever stores a hash that is
-- there with other bytes replaces them. roostd checks bytes against their hash before they come here, so the new ones mean what the
-- hash says; the old ones are damaged, or the same term with other names of variables. Hashes still stay, and no row goes.
--
-- A roostd of before would not mend; one of now may not work on the schema of before. So the schema's version goes up.

BEGIN;

SET LOCAL ROLE roost_owner;

DROP TRIGGER definitions_stay ON roost.definitions;
CREATE TRIGGER definitions_stay
  BEFORE UPDATE OF hash, defined_at OR DELETE OR TRUNCATE ON roost.definitions
  FOR EACH STATEMENT EXECUTE FUNCTION roost.refuse_change('what values refer to stays');
COMMENT ON COLUMN roost.definitions.definition IS 'the closed term; roostd checks against the hash what it writes and what it reads';

GRANT UPDATE (definition) ON roost.definitions TO roost_app;

CREATE OR REPLACE FUNCTION roost.schema_version() RETURNS integer
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN 3;

COMMIT;
