-- Revert roost:http_capability

BEGIN;

-- An older roostd refuses a bit that it does not know, so the nodes that have it lose it.
UPDATE roost.nodes SET capabilities = capabilities & 31 WHERE capabilities > 31;
COMMENT ON COLUMN roost.nodes.capabilities IS 'bit 0 spawn, 1 state, 2 clock, 3 random, 4 contact-all';

COMMIT;
