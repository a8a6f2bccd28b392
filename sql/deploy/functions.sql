-- Deploy roost:functions
--
-- What roostd does with more than its own rights, and what it asks at its start.

BEGIN;

SET LOCAL ROLE roost_owner;

-- SECURITY DEFINER, because roost_app has no DELETE on `nodes` and no INSERT on `tombstones`: nothing leaves the directory without a
-- trace. The fixed search_path keeps a caller from slipping in tables or operators of its own.
-- A node goes together with all below it: the foreign key of `parent` refuses to leave children behind.
CREATE FUNCTION roost.destroy_nodes(keys bytea[]) RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$
DECLARE
  destroyed bigint;
BEGIN
  DELETE FROM roost.nodes WHERE public_key = ANY (keys);
  GET DIAGNOSTICS destroyed = ROW_COUNT;
  INSERT INTO roost.tombstones (public_key) SELECT DISTINCT unnest(keys) ON CONFLICT DO NOTHING;
  RETURN destroyed;
END $$;
COMMENT ON FUNCTION roost.destroy_nodes(bytea[]) IS
  'deletes these nodes with their state and leaves a tombstone for each key; returns how many were alive';

-- To be raised by every change after which an older roostd would do harm.
CREATE FUNCTION roost.schema_version() RETURNS integer
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN 1;
COMMENT ON FUNCTION roost.schema_version() IS 'what roostd checks at its start; it refuses a schema that it does not know';

COMMIT;
