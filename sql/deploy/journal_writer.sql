-- Deploy roost:journal_writer
--
-- Whose the journal is. The lock that keeps two roostds apart lives in a session, and a roostd that lost its session cannot tell from
-- the position alone whether another one was at work since: the batch whose number it finds there may be the other's. So each
-- roostd writes an id of its own here when it starts, under the lock, and moves the position only while that id stands.
--
-- A roostd of before would move the position of another. So the schema's version goes up.

BEGIN;

SET LOCAL ROLE roost_owner;

ALTER TABLE roost.journal ADD COLUMN writer uuid NOT NULL DEFAULT gen_random_uuid();
COMMENT ON COLUMN roost.journal.writer IS 'the roostd that started last; no other may move the position';

-- A new writer leaves the position as it is.
DROP TRIGGER position_ascends ON roost.journal;
CREATE TRIGGER position_ascends
  BEFORE UPDATE OF position ON roost.journal
  FOR EACH ROW EXECUTE FUNCTION roost.refuse_step_back();

GRANT UPDATE (writer) ON roost.journal TO roost_app;

CREATE OR REPLACE FUNCTION roost.schema_version() RETURNS integer
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN 4;

COMMIT;
