-- The journal's position: one row that only ascends, and whose it is.
BEGIN;
SELECT plan(15);

SELECT results_eq('SELECT position FROM roost.journal', ARRAY[0::bigint], 'it begins at 0');
SET LOCAL ROLE roost_app;
SELECT lives_ok('UPDATE roost.journal SET position = 1', 'the next batch');
SELECT lives_ok('UPDATE roost.journal SET position = position + 41', 'a later one');
SELECT throws_like('UPDATE roost.journal SET position = 42', 'the journal is at 42 and cannot go to 42', 'the same batch twice');
SELECT throws_like('UPDATE roost.journal SET position = 41', 'the journal is at 42 and cannot go to 41', 'an earlier batch');
SELECT lives_ok('UPDATE roost.journal SET writer = gen_random_uuid()', 'a new writer, who leaves the position as it is');
SELECT is_empty('UPDATE roost.journal SET position = 43 WHERE writer = gen_random_uuid() RETURNING position', 'who is not the writer moves nothing');
SELECT throws_ok('UPDATE roost.journal SET writer = NULL', '23502', NULL, 'it always has one');
SELECT throws_ok('INSERT INTO roost.journal VALUES (true, 50)', '42501', NULL, 'roost_app adds no row');
SELECT throws_ok('DELETE FROM roost.journal', '42501', NULL, 'and removes none');
SELECT throws_ok('UPDATE roost.journal SET only_row = false', '42501', NULL, 'and changes nothing but the position');
RESET ROLE;
SELECT throws_ok('INSERT INTO roost.journal VALUES (true, 50)', '23505', NULL, 'not even the owner adds a second row');
SELECT throws_ok('INSERT INTO roost.journal VALUES (false, 50)', '23514', NULL, 'of either kind');
SELECT throws_ok('DELETE FROM roost.journal', '23000', NULL, 'or removes the one');
SELECT results_eq('SELECT position FROM roost.journal', ARRAY[42::bigint], 'it is where the last good batch put it');

SELECT * FROM finish();
ROLLBACK;
