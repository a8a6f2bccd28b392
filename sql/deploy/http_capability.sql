-- Deploy roost:http_capability
--
-- Bit 5 needs no other column: where nodes may fetch from is a setting of the container.

BEGIN;

COMMENT ON COLUMN roost.nodes.capabilities IS 'bit 0 spawn, 1 state, 2 clock, 3 random, 4 contact-all, 5 http';

COMMIT;
