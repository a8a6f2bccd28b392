-- What each role may not do, tried; and what it may, listed, so that a right that is added shows here.
BEGIN;
SELECT plan(39);

SELECT table_privs_are('roost', 'nodes', 'roost_app', ARRAY['SELECT', 'INSERT'], 'roost_app on nodes');
SELECT table_privs_are('roost', 'tombstones', 'roost_app', ARRAY['SELECT'], 'roost_app on tombstones');
SELECT table_privs_are('roost', 'index_entries', 'roost_app', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'], 'roost_app on index_entries');
SELECT table_privs_are('roost', 'journal', 'roost_app', ARRAY['SELECT'], 'roost_app on journal');
SELECT column_privs_are('roost', 'journal', 'position', 'roost_app', ARRAY['SELECT', 'UPDATE'], 'roost_app on the position');
SELECT column_privs_are('roost', 'journal', 'writer', 'roost_app', ARRAY['SELECT', 'UPDATE'], 'roost_app on the writer');
SELECT table_privs_are('roost', 'definitions', 'roost_app', ARRAY['SELECT', 'INSERT'], 'roost_app on definitions');
SELECT column_privs_are('roost', 'definitions', 'definition', 'roost_readonly', '{}', 'roost_readonly on code');
SELECT table_privs_are('roost', 'nodes', 'roost_readonly', '{}', 'roost_readonly on nodes as a whole');
SELECT column_privs_are('roost', 'nodes', secret, 'roost_readonly', '{}', 'roost_readonly on ' || secret)
  FROM unnest(ARRAY['sealed_key', 'envelope_sealed', 'envelope_signature', 'enclosed_key']::name[]) secret;
SELECT column_privs_are('roost', 'index_entries', secret, 'roost_readonly', '{}', 'roost_readonly on ' || secret)
  FROM unnest(ARRAY['token', 'key_hash', 'key', 'value']::name[]) secret;
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p WHERE pronamespace = 'roost'::regnamespace AND has_function_privilege('public', p.oid, 'EXECUTE')$$,
  'nobody may call a function merely by being there');
SELECT function_privs_are('roost', 'destroy_nodes', ARRAY['bytea[]'], 'roost_readonly', '{}', 'roost_readonly destroys nothing');

SET LOCAL ROLE roost_app;
SELECT throws_ok(statement, '42501', NULL, 'roost_app: ' || statement) FROM unnest(ARRAY[
  'DELETE FROM roost.nodes', 'UPDATE roost.nodes SET capabilities = 31', 'TRUNCATE roost.nodes',
  'INSERT INTO roost.tombstones (public_key) VALUES (''\x'')', 'DELETE FROM roost.tombstones', 'DELETE FROM roost.definitions', 'TRUNCATE roost.index_entries',
  'CREATE TABLE roost.mine ()', 'CREATE TABLE public.mine ()', 'CREATE TEMPORARY TABLE mine ()', 'CREATE SCHEMA mine',
  'DROP TABLE roost.nodes', 'ALTER TABLE roost.nodes DISABLE TRIGGER USER']) statement;
RESET ROLE;

SET LOCAL ROLE roost_readonly;
SELECT lives_ok('SELECT public_key, parent, lifetime, access, budget_nodes, created_at FROM roost.nodes', 'roost_readonly sees the directory');
SELECT lives_ok('SELECT hash, defined_at FROM roost.definitions', 'and which code there is');
SELECT lives_ok('SELECT node, count(*) FROM roost.index_entries GROUP BY node', 'and how much state each node has');
SELECT throws_ok(statement, '42501', NULL, 'roost_readonly: ' || statement) FROM unnest(ARRAY[
  'SELECT * FROM roost.nodes', 'SELECT value FROM roost.index_entries', 'SELECT definition FROM roost.definitions',
  'UPDATE roost.journal SET position = 9']) statement;
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
