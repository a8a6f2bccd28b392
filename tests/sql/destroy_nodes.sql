-- roost.destroy_nodes: the only way out of the directory.
BEGIN;
SELECT plan(14);

CREATE FUNCTION pg_temp.key(name text) RETURNS bytea LANGUAGE sql RETURN sha256(name::bytea);
CREATE FUNCTION pg_temp.zeros(count integer) RETURNS bytea LANGUAGE sql RETURN decode(repeat('00', count), 'hex');
INSERT INTO roost.nodes (public_key, sealed_key, lifetime, access, capabilities)
  SELECT pg_temp.key(name), '\x00', 'root', 'anyone', 0 FROM unnest(ARRAY['a', 'b', 'c']) name;
INSERT INTO roost.nodes (public_key, parent, sealed_key, lifetime, access, capabilities, envelope_sealed, envelope_signature, enclosed_key)
  SELECT pg_temp.key(child), pg_temp.key(parent), '\x00', 'linked', 'only', 0, pg_temp.zeros(80), pg_temp.zeros(64), pg_temp.zeros(72)
  FROM (VALUES ('a1', 'a'), ('a11', 'a1')) family(child, parent);
INSERT INTO roost.index_entries SELECT pg_temp.key(name), pg_temp.zeros(64), '\x01', '\x', '\x' FROM unnest(ARRAY['a', 'a11', 'b']) name;

SELECT is_definer('roost', 'destroy_nodes', ARRAY['bytea[]'], 'it acts with its owner''s rights');
SELECT function_owner_is('roost', 'destroy_nodes', ARRAY['bytea[]'], 'roost_owner');
SELECT ok(proconfig @> ARRAY['search_path=pg_catalog, pg_temp'], 'nobody can slip a table under it')
  FROM pg_proc WHERE oid = 'roost.destroy_nodes(bytea[])'::regprocedure;

SET LOCAL ROLE roost_app;
SELECT throws_ok($$SELECT roost.destroy_nodes(ARRAY[pg_temp.key('a')])$$, '23503', NULL, 'children are not left behind');
SELECT is(roost.destroy_nodes(ARRAY[pg_temp.key('a'), pg_temp.key('a1'), pg_temp.key('a11')]), 3::bigint, 'a family goes at once');
SELECT is((SELECT count(*) FROM roost.tombstones), 3::bigint, 'each leaves a tombstone');
SELECT results_eq('SELECT node FROM roost.index_entries', 'SELECT pg_temp.key(''b'')', 'and no state');
SELECT results_eq('SELECT public_key FROM roost.nodes ORDER BY 1', $$SELECT pg_temp.key(name) FROM unnest(ARRAY['b', 'c']) name ORDER BY 1$$, 'the others stay');
SELECT is(roost.destroy_nodes(ARRAY[pg_temp.key('a')]), 0::bigint, 'destroying again does nothing');
SELECT is(roost.destroy_nodes(ARRAY[pg_temp.key('b'), pg_temp.key('b')]), 1::bigint, 'a key named twice is destroyed once');
SELECT is(roost.destroy_nodes('{}'), 0::bigint, 'nobody named, nobody destroyed');
SELECT is(roost.destroy_nodes(ARRAY[pg_temp.key('never')]), 0::bigint, 'a node that never was made can be destroyed beforehand');
SELECT throws_like($$INSERT INTO roost.nodes (public_key, sealed_key, lifetime, access, capabilities)
  VALUES (pg_temp.key('never'), '\x00', 'root', 'anyone', 0)$$, '%was destroyed%', 'and is then not made');
RESET ROLE;
SELECT set_eq('SELECT public_key FROM roost.tombstones',
  $$SELECT pg_temp.key(name) FROM unnest(ARRAY['a', 'a1', 'a11', 'b', 'never']) name$$, 'the tombstones of all of them');

SELECT * FROM finish();
ROLLBACK;
