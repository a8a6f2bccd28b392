-- Deploy roost:definitions
--
-- The container's code: closed terms by their content hash, which values of nodes refer to. A definition is what its hash says, so there is
-- nothing to change in it, and whoever stores it a second time stores nothing. None is ever removed: values anywhere in the state
-- may refer to it.
--
-- An older roostd would not know of the table: what its nodes define would stay in their values, and values that refer to code here
-- could not be used. So the schema's version goes up.

BEGIN;

SET LOCAL ROLE roost_owner;

CREATE TABLE roost.definitions (
  hash       bytea       PRIMARY KEY CONSTRAINT hash_is_64_bytes CHECK (octet_length(hash) = 64),
  definition bytea       NOT NULL CONSTRAINT definition_is_1_to_4194304_bytes CHECK (octet_length(definition) BETWEEN 1 AND 4194304),
  defined_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE roost.definitions IS 'code, by its content hash; it only grows';
COMMENT ON COLUMN roost.definitions.hash IS 'SHA3-512 in the language''s scheme: the definition''s name';
COMMENT ON COLUMN roost.definitions.definition IS 'the closed term; roostd checks against the hash what it reads';

CREATE TRIGGER definitions_stay
  BEFORE UPDATE OR DELETE OR TRUNCATE ON roost.definitions
  FOR EACH STATEMENT EXECUTE FUNCTION roost.refuse_change('what values refer to stays as it is');

GRANT SELECT, INSERT ON roost.definitions TO roost_app;
GRANT SELECT (hash, defined_at) ON roost.definitions TO roost_readonly;   -- programs may hold secrets

CREATE OR REPLACE FUNCTION roost.schema_version() RETURNS integer
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN 2;

COMMIT;
