-- Revert roost:nodes

BEGIN;

DROP TABLE roost.nodes;
DROP TABLE roost.access_kinds;
DROP TABLE roost.lifetimes;
DROP FUNCTION roost.all_are_keys(bytea[]);
DROP FUNCTION roost.refuse_change();

COMMIT;
