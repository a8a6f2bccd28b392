-- What was destroyed stays so.
BEGIN;
SELECT plan(11);

CREATE FUNCTION pg_temp.key(name text) RETURNS bytea LANGUAGE sql RETURN sha256(name::bytea);

SELECT columns_are('roost', 'tombstones', ARRAY['public_key', 'destroyed_at']);
SELECT col_is_pk('roost', 'tombstones', 'public_key', 'one tombstone a key');
INSERT INTO roost.nodes (public_key, sealed_key, lifetime, access, capabilities) VALUES (pg_temp.key('living'), '\x00', 'root', 'anyone', 0);
SELECT lives_ok($$INSERT INTO roost.tombstones (public_key) VALUES (pg_temp.key('dead'))$$, 'a key that is no node may have a tombstone');

SELECT throws_like($$INSERT INTO roost.nodes (public_key, sealed_key, lifetime, access, capabilities)
  VALUES (pg_temp.key('dead'), '\x00', 'root', 'anyone', 0)$$, '%was destroyed and cannot be made again', 'a destroyed key is no node again');
SELECT throws_like($$INSERT INTO roost.nodes (public_key, sealed_key, lifetime, access, capabilities)
  SELECT pg_temp.key(name), '\x00', 'root', 'anyone', 0 FROM unnest(ARRAY['a', 'b', 'dead', 'c']) name$$,
  '%was destroyed and cannot be made again', 'nor among others');
SELECT is((SELECT count(*) FROM roost.nodes WHERE public_key IN (pg_temp.key('a'), pg_temp.key('c'))), 0::bigint,
  'and the others of that statement are not made either');
SELECT throws_like($$INSERT INTO roost.tombstones (public_key) VALUES (pg_temp.key('living'))$$, '%is alive%', 'the living have none');
SELECT throws_ok($$INSERT INTO roost.tombstones (public_key) VALUES ('\x00')$$, '23514', NULL, 'a tombstone has a key of 32 bytes');
SELECT throws_ok('DELETE FROM roost.tombstones', '23000', NULL, 'none is removed');
SELECT throws_ok('UPDATE roost.tombstones SET destroyed_at = now()', '23000', NULL, 'none is changed');
SELECT throws_ok('TRUNCATE roost.tombstones', '23000', NULL, 'nor all of them');

SELECT * FROM finish();
ROLLBACK;
