-- Revert roost:index_entries

BEGIN;

DROP TABLE roost.index_entries;

COMMIT;
