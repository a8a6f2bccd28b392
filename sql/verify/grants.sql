-- Verify roost:grants

BEGIN;

DO $$
BEGIN
  ASSERT has_table_privilege('roost_app', 'roost.nodes', 'SELECT') AND has_table_privilege('roost_app', 'roost.nodes', 'INSERT')
     AND NOT has_table_privilege('roost_app', 'roost.nodes', 'UPDATE')
     AND NOT has_table_privilege('roost_app', 'roost.nodes', 'DELETE'), 'roost_app adds nodes and leaves them as they are';
  ASSERT has_function_privilege('roost_app', 'roost.destroy_nodes(bytea[])', 'EXECUTE'), 'roost_app may destroy nodes';
  ASSERT NOT has_function_privilege('roost_readonly', 'roost.destroy_nodes(bytea[])', 'EXECUTE'), 'a reader destroys nothing';
  ASSERT NOT has_column_privilege('roost_readonly', 'roost.nodes', 'sealed_key', 'SELECT'), 'a reader sees no keys';
END $$;

ROLLBACK;
