-- Verify roost:nodes

BEGIN;

SELECT public_key, parent, lifetime, access, access_only, budget_nodes, budget_awake, budget_memory_bytes, capabilities,
       sealed_key, envelope_sealed, envelope_signature, enclosed_key, created_at
FROM roost.nodes WHERE false;

DO $$
BEGIN
  ASSERT (SELECT count(*) FROM roost.lifetimes) = 5, 'five lifetimes';
  ASSERT (SELECT count(*) FROM roost.access_kinds) = 3, 'three kinds of access';
  ASSERT (SELECT count(*) FROM pg_catalog.pg_constraint
          WHERE conrelid = 'roost.nodes'::regclass AND contype = 'f' AND convalidated) = 3, 'three foreign keys';
  ASSERT to_regclass('roost.nodes_by_parent') IS NOT NULL, 'children are found by an index';
END $$;

ROLLBACK;
