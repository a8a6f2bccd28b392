-- Deploy roost:kinds_by_check
--
-- The kinds of lifetime and access by a CHECK, no longer by reference to a table: each new node paid for two look-ups there that
-- locked the row they found, a third of what it costs to add a node. As before, a new kind needs a migration.

BEGIN;

SET LOCAL ROLE roost_owner;

ALTER TABLE roost.nodes
  DROP CONSTRAINT lifetime_is_known,
  DROP CONSTRAINT access_is_known,
  ADD CONSTRAINT lifetime_is_known CHECK (lifetime IN ('root', 'linked', 'ephemeral', 'resetting', 'leased')),
  ADD CONSTRAINT access_is_known CHECK (access IN ('anyone', 'container', 'only'));

COMMENT ON COLUMN roost.nodes.lifetime IS 'how long the node may live';
COMMENT ON COLUMN roost.nodes.access IS 'who may send the node a computation';

DROP TABLE roost.lifetimes;
DROP TABLE roost.access_kinds;

COMMIT;
