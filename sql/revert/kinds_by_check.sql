-- Revert roost:kinds_by_check

BEGIN;

SET LOCAL ROLE roost_owner;

CREATE TABLE roost.lifetimes (
  name text PRIMARY KEY
);
COMMENT ON TABLE roost.lifetimes IS 'how long a node may live';
INSERT INTO roost.lifetimes VALUES ('root'), ('linked'), ('ephemeral'), ('resetting'), ('leased');

CREATE TABLE roost.access_kinds (
  name text PRIMARY KEY
);
COMMENT ON TABLE roost.access_kinds IS 'who may send a node a computation';
INSERT INTO roost.access_kinds VALUES ('anyone'), ('container'), ('only');

GRANT SELECT ON roost.lifetimes, roost.access_kinds TO roost_app, roost_readonly;

ALTER TABLE roost.nodes
  DROP CONSTRAINT lifetime_is_known,
  DROP CONSTRAINT access_is_known,
  ADD CONSTRAINT lifetime_is_known FOREIGN KEY (lifetime) REFERENCES roost.lifetimes,
  ADD CONSTRAINT access_is_known FOREIGN KEY (access) REFERENCES roost.access_kinds;

COMMENT ON COLUMN roost.nodes.lifetime IS NULL;
COMMENT ON COLUMN roost.nodes.access IS NULL;

COMMIT;
