-- roost.schema_version: what roostd checks at its start. And each change of the schema says what it is for.
BEGIN;
SELECT plan(5);

SELECT function_returns('roost', 'schema_version', '{}'::name[], 'integer');
SELECT is(roost.schema_version(), 4, 'this is version 4');
SET LOCAL ROLE roost_readonly;
SELECT is(roost.schema_version(), 4, 'everybody may ask');
RESET ROLE;
SELECT is_empty($$SELECT relname FROM pg_class WHERE relnamespace = 'roost'::regnamespace AND relkind IN ('r', 'v')
  AND obj_description(oid, 'pg_class') IS NULL$$, 'every table says what it is');
SELECT is_empty($$SELECT proname FROM pg_proc WHERE pronamespace = 'roost'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL$$,
  'every function says what it does');

SELECT * FROM finish();
ROLLBACK;
