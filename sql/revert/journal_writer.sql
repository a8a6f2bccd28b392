-- Revert roost:journal_writer

BEGIN;

SET LOCAL ROLE roost_owner;

CREATE OR REPLACE FUNCTION roost.schema_version() RETURNS integer
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN 3;

DROP TRIGGER position_ascends ON roost.journal;
CREATE TRIGGER position_ascends
  BEFORE UPDATE ON roost.journal
  FOR EACH ROW EXECUTE FUNCTION roost.refuse_step_back();

ALTER TABLE roost.journal DROP COLUMN writer;

COMMIT;
