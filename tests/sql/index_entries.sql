-- The state of nodes.
BEGIN;
SELECT plan(16);

CREATE FUNCTION pg_temp.key(name text) RETURNS bytea LANGUAGE sql RETURN sha256(name::bytea);
CREATE FUNCTION pg_temp.zeros(count integer) RETURNS bytea LANGUAGE sql RETURN decode(repeat('00', count), 'hex');
CREATE FUNCTION pg_temp.insertion(node text, token integer, key_hash integer) RETURNS text LANGUAGE sql RETURN
  format('INSERT INTO roost.index_entries VALUES (pg_temp.key(%L), pg_temp.zeros(%s), pg_temp.zeros(%s), ''\x00ff00'', ''\x00'')', node, token, key_hash);

INSERT INTO roost.nodes (public_key, sealed_key, lifetime, access, capabilities)
  SELECT pg_temp.key(name), '\x00', 'root', 'anyone', 0 FROM unnest(ARRAY['one', 'two']) name;

SELECT columns_are('roost', 'index_entries', ARRAY['node', 'token', 'key_hash', 'key', 'value']);
SELECT col_is_pk('roost', 'index_entries', ARRAY['node', 'token', 'key_hash'], 'an entry is found by node, index and key');
SELECT is((SELECT count(*) FROM pg_index WHERE indrelid = 'roost.index_entries'::regclass), 1::bigint,
  'no other index makes a write slower');

SELECT lives_ok(pg_temp.insertion('one', 64, 1), 'the shortest key hash');
SELECT lives_ok(pg_temp.insertion('one', 64, 255), 'the longest key hash');
SELECT throws_ok(pg_temp.insertion('one', 64, 0), '23514', NULL, 'no key hash at all');
SELECT throws_ok(pg_temp.insertion('one', 64, 256), '23514', NULL, 'a key hash that is too long');
SELECT throws_ok(pg_temp.insertion('one', 63, 9), '23514', NULL, 'a token that is too short');
SELECT throws_ok(pg_temp.insertion('one', 65, 9), '23514', NULL, 'a token that is too long');
SELECT throws_ok(pg_temp.insertion('nobody', 64, 9), '23503', NULL, 'the state of no node');
SELECT throws_ok(pg_temp.insertion('one', 64, 1), '23505', NULL, 'two values for one key');
SELECT is((SELECT key FROM roost.index_entries LIMIT 1), '\x00ff00'::bytea, 'bytes come back as they were, zeros too');

SET LOCAL ROLE roost_app;
SELECT lives_ok($$INSERT INTO roost.index_entries
  SELECT node, pg_temp.zeros(64), hash, '\x01', '\x02' FROM unnest(ARRAY[pg_temp.key('one'), pg_temp.key('two')], ARRAY['\x00'::bytea, '\x02']) e(node, hash)
  ON CONFLICT (node, token, key_hash) DO UPDATE SET key = excluded.key, value = excluded.value$$, 'roost_app writes over what is there');
SELECT lives_ok($$DELETE FROM roost.index_entries WHERE node = pg_temp.key('two')$$, 'and deletes');
RESET ROLE;
SELECT is((SELECT value FROM roost.index_entries WHERE node = pg_temp.key('one') AND key_hash = '\x00'), '\x02'::bytea, 'the last value counts');

DELETE FROM roost.nodes WHERE public_key = pg_temp.key('one');
SELECT is_empty('SELECT * FROM roost.index_entries', 'a node''s state goes with it');

SELECT * FROM finish();
ROLLBACK;
