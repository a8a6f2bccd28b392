-- Deploy roost:journal
--
-- Up to which batch everything is committed. Each transaction of the journal sets the position to its own batch's, so after a
-- connection that was lost in mid-commit one look tells whether the batch counts. It only ascends: a second writer, or
-- a batch sent twice, fails here instead of overwriting what came later.

BEGIN;

SET LOCAL ROLE roost_owner;

CREATE TABLE roost.journal (
  only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT there_is_one_row CHECK (only_row),
  position bigint  NOT NULL CONSTRAINT position_is_not_negative CHECK (position >= 0)
) WITH (fillfactor = 10);   -- updated by every transaction: room for its versions on one page
COMMENT ON TABLE roost.journal IS 'one row: the last committed batch';

CREATE FUNCTION roost.refuse_step_back() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
  AS $$
BEGIN
  IF NEW.position <= OLD.position THEN
    RAISE EXCEPTION 'the journal is at % and cannot go to %', OLD.position, NEW.position
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'position_ascends';
  END IF;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION roost.refuse_step_back() IS 'trigger: the journal''s position only ascends';

INSERT INTO roost.journal (position) VALUES (0);

CREATE TRIGGER position_ascends
  BEFORE UPDATE ON roost.journal
  FOR EACH ROW EXECUTE FUNCTION roost.refuse_step_back();

CREATE TRIGGER the_row_stays
  BEFORE DELETE OR TRUNCATE ON roost.journal
  FOR EACH STATEMENT EXECUTE FUNCTION roost.refuse_change('the journal has exactly one row');

COMMIT;
