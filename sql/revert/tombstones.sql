-- Revert roost:tombstones

BEGIN;

DROP TRIGGER destroyed_stays_destroyed ON roost.nodes;
DROP TABLE roost.tombstones;
DROP FUNCTION roost.refuse_destroyed();
DROP FUNCTION roost.refuse_tombstone_of_living();

COMMIT;
