-- Verify roost:nodes

BEGIN;

SELECT public_key, parent, lifetime, access, access_only, budget_nodes, budget_awake, budget_memory_bytes, capabilities,
       sealed_key, envelope_sealed, envelope_signature, enclosed_key, created_at
FROM roost.nodes WHERE false;

DO $$
BEGIN
  -- By reference at first, by a CHECK since kinds_by_check.
  ASSERT (SELECT count(*) FROM pg_catalog.pg_constraint
          WHERE conrelid = 'roost.nodes'::regclass AND conname IN ('lifetime_is_known', 'access_is_known') AND convalidated) = 2,
    'lifetimes and kinds of access are checked';
  ASSERT (SELECT convalidated FROM pg_catalog.pg_constraint
          WHERE conrelid = 'roost.nodes'::regclass AND contype = 'f' AND conname = 'parent_is_a_node'), 'a parent is a node';
  ASSERT to_regclass('roost.nodes_by_parent') IS NOT NULL, 'children are found by an index';
END $$;

ROLLBACK;
