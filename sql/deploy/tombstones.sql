-- Deploy roost:tombstones
--
-- A destroyed node's key stays here for good: its URL answers 410, and no row of `nodes` can have that key again, so a
-- copied key cannot bring a node back to life. The rule is checked once a statement, for all of its rows together.
--
-- Two transactions at once, one destroying a key and one making it, would not see each other. There is one writer, the
-- journal, so there are never two.

BEGIN;

SET LOCAL ROLE roost_owner;

CREATE TABLE roost.tombstones (
  public_key   bytea       PRIMARY KEY CONSTRAINT public_key_is_32_bytes CHECK (octet_length(public_key) = 32),
  destroyed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE roost.tombstones IS 'the keys of destroyed nodes; none of them is ever a node again';

CREATE FUNCTION roost.refuse_destroyed() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
  AS $$
DECLARE
  destroyed bytea;
BEGIN
  SELECT a.public_key INTO destroyed FROM arrived a JOIN roost.tombstones t USING (public_key) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'node % was destroyed and cannot be made again', encode(destroyed, 'hex')
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'destroyed_stays_destroyed';
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION roost.refuse_destroyed() IS 'trigger: no key that has a tombstone becomes a node';

CREATE TRIGGER destroyed_stays_destroyed
  AFTER INSERT ON roost.nodes
  REFERENCING NEW TABLE AS arrived
  FOR EACH STATEMENT EXECUTE FUNCTION roost.refuse_destroyed();

CREATE FUNCTION roost.refuse_tombstone_of_living() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
  AS $$
DECLARE
  living bytea;
BEGIN
  SELECT a.public_key INTO living FROM arrived a JOIN roost.nodes n USING (public_key) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'node % is alive: it gets its tombstone from roost.destroy_nodes', encode(living, 'hex')
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'the_living_have_no_tombstone';
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION roost.refuse_tombstone_of_living() IS 'trigger: no node has a tombstone';

CREATE TRIGGER the_living_have_no_tombstone
  AFTER INSERT ON roost.tombstones
  REFERENCING NEW TABLE AS arrived
  FOR EACH STATEMENT EXECUTE FUNCTION roost.refuse_tombstone_of_living();

CREATE TRIGGER tombstones_stay
  BEFORE UPDATE OR DELETE OR TRUNCATE ON roost.tombstones
  FOR EACH STATEMENT EXECUTE FUNCTION roost.refuse_change('what was destroyed stays so');

COMMIT;
