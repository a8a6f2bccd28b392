-- Code, by its content hash: added, replaced where its bytes are damaged, never removed.
BEGIN;
SELECT plan(18);

CREATE FUNCTION pg_temp.hash(name text) RETURNS bytea LANGUAGE sql RETURN sha512(name::bytea);

SELECT columns_are('roost', 'definitions', ARRAY['hash', 'definition', 'defined_at']);
SELECT col_is_pk('roost', 'definitions', 'hash', 'one definition a hash');
SELECT lives_ok($$INSERT INTO roost.definitions (hash, definition) VALUES (pg_temp.hash('a'), '\x01')$$, 'a definition has a byte at least');
SELECT lives_ok($$INSERT INTO roost.definitions (hash, definition) SELECT pg_temp.hash('large'), decode(repeat('ab', 4194304), 'hex')$$, 'and 4 MiB at most');
SELECT throws_ok($$INSERT INTO roost.definitions (hash, definition) SELECT pg_temp.hash('x'), decode(repeat('ab', 4194305), 'hex')$$, '23514', NULL,
  'not a byte more');
SELECT throws_ok($$INSERT INTO roost.definitions (hash, definition) VALUES (pg_temp.hash('x'), '')$$, '23514', NULL, 'not none');
SELECT throws_ok($$INSERT INTO roost.definitions (hash, definition) VALUES ('\x00', '\x01')$$, '23514', NULL, 'a hash has 64 bytes');
SELECT throws_ok($$INSERT INTO roost.definitions (hash, definition) VALUES (pg_temp.hash('x'), NULL)$$, '23502', NULL, 'a hash stands for something');

SET LOCAL ROLE roost_app;
SELECT lives_ok($$INSERT INTO roost.definitions AS d (hash, definition) SELECT * FROM unnest(ARRAY[pg_temp.hash('a'), pg_temp.hash('b')],
  ARRAY['\x02', '\x03']::bytea[]) ON CONFLICT (hash) DO UPDATE SET definition = excluded.definition WHERE d.definition <> excluded.definition$$,
  'what is there may be stored again');
SELECT is((SELECT definition FROM roost.definitions WHERE hash = pg_temp.hash('a')), '\x02', 'and replaces what differs');
SELECT is((SELECT definition FROM roost.definitions WHERE hash = pg_temp.hash('b')), '\x03', 'while what is new is stored');

SELECT throws_ok($$UPDATE roost.definitions SET hash = pg_temp.hash('c') WHERE hash = pg_temp.hash('a')$$, '42501', NULL, 'roostd changes no hash');
SELECT throws_ok('UPDATE roost.definitions SET defined_at = now()', '42501', NULL, 'and no time');
SELECT throws_ok('DELETE FROM roost.definitions', '42501', NULL, 'and removes nothing');
RESET ROLE;
SELECT throws_ok('DELETE FROM roost.definitions', '23000', NULL, 'none is removed, by nobody');
SELECT throws_ok($$UPDATE roost.definitions SET hash = pg_temp.hash('c') WHERE hash = pg_temp.hash('a')$$, '23000', NULL, 'no hash is changed');
SELECT throws_ok('UPDATE roost.definitions SET defined_at = now()', '23000', NULL, 'no time either');
SELECT throws_ok('TRUNCATE roost.definitions', '23000', NULL, 'nor all of them');

SELECT * FROM finish();
ROLLBACK;
