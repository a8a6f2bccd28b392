-- Deploy roost:grants
--
-- All rights in one place. roost_app adds nodes and never changes or deletes one; state it may change as it likes; the journal
-- it may only move. roost_readonly sees the directory without keys, even sealed ones, and of state only how much there is:
-- an index's token is a capability, and values are the nodes' own.

BEGIN;

SET LOCAL ROLE roost_owner;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA roost FROM PUBLIC;
GRANT USAGE ON SCHEMA roost TO roost_app, roost_readonly;

GRANT SELECT ON roost.lifetimes, roost.access_kinds TO roost_app, roost_readonly;
GRANT EXECUTE ON FUNCTION roost.schema_version() TO roost_app, roost_readonly;

GRANT SELECT, INSERT ON roost.nodes TO roost_app;
GRANT EXECUTE ON FUNCTION roost.all_are_keys(bytea[]) TO roost_app;   -- a CHECK runs as whoever inserts
GRANT EXECUTE ON FUNCTION roost.destroy_nodes(bytea[]) TO roost_app;
GRANT SELECT ON roost.tombstones TO roost_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON roost.index_entries TO roost_app;
GRANT SELECT ON roost.journal TO roost_app;
GRANT UPDATE (position) ON roost.journal TO roost_app;

GRANT SELECT (public_key, parent, lifetime, access, access_only, budget_nodes, budget_awake, budget_memory_bytes,
              capabilities, created_at) ON roost.nodes TO roost_readonly;
GRANT SELECT ON roost.tombstones, roost.journal TO roost_readonly;
GRANT SELECT (node) ON roost.index_entries TO roost_readonly;

COMMIT;
