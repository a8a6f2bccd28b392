-- Revert roost:functions

BEGIN;

DROP FUNCTION roost.destroy_nodes(bytea[]);
DROP FUNCTION roost.schema_version();

COMMIT;
