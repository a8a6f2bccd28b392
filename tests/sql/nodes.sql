-- The directory: each rule of a row is broken once, and the error must be that rule's.
BEGIN;
SELECT plan(43);

CREATE FUNCTION pg_temp.key(name text) RETURNS bytea LANGUAGE sql RETURN sha256(name::bytea);
CREATE FUNCTION pg_temp.zeros(count integer) RETURNS bytea LANGUAGE sql RETURN decode(repeat('00', count), 'hex');
-- Inserts a good root node, but for what is named; %s is a list of columns, %s of values.
CREATE FUNCTION pg_temp.insertion(columns text DEFAULT '', vals text DEFAULT '') RETURNS text LANGUAGE sql RETURN
  format('INSERT INTO roost.nodes (public_key, sealed_key, lifetime, access, capabilities%s) VALUES (%s)',
         CASE WHEN columns = '' THEN '' ELSE ', ' || columns END,
         'sha256(gen_random_uuid()::text::bytea), ''\x00'', ''root'', ''anyone'', 31' || CASE WHEN vals = '' THEN '' ELSE ', ' || vals END);
CREATE FUNCTION pg_temp.broken(statement text, rule text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE hit text;
BEGIN
  EXECUTE statement;
  RETURN ok(false, 'refused by ' || rule);
EXCEPTION WHEN integrity_constraint_violation OR check_violation OR foreign_key_violation OR unique_violation OR not_null_violation THEN
  GET STACKED DIAGNOSTICS hit = CONSTRAINT_NAME;
  RETURN is(hit, rule, 'refused by ' || rule);
END $$;

SELECT has_table('roost', 'nodes', 'there is a directory');
SELECT table_owner_is('roost', 'nodes', 'roost_owner', 'roost_owner owns it');
SELECT columns_are('roost', 'nodes', ARRAY['public_key', 'parent', 'lifetime', 'access', 'access_only', 'budget_nodes', 'budget_awake',
  'budget_memory_bytes', 'capabilities', 'sealed_key', 'envelope_sealed', 'envelope_signature', 'enclosed_key', 'created_at']);
SELECT col_is_pk('roost', 'nodes', 'public_key', 'a node is its key');
SELECT has_index('roost', 'nodes', 'nodes_by_parent', ARRAY['parent'], 'children are found without reading the directory');
SELECT lives_ok(replace(pg_temp.insertion(), '''root''', quote_literal(lifetime)), 'lifetime ' || lifetime)
  FROM unnest(ARRAY['root', 'linked', 'ephemeral', 'resetting', 'leased']) lifetime;
SELECT lives_ok(replace(pg_temp.insertion(), '''anyone''', quote_literal(access)), 'access ' || access)
  FROM unnest(ARRAY['anyone', 'container', 'only']) access;

SELECT lives_ok(pg_temp.insertion(), 'a root node');
SELECT lives_ok(pg_temp.insertion('budget_nodes, budget_awake, budget_memory_bytes', '0, 0, 0'), 'budgets of nothing');
SELECT lives_ok(pg_temp.insertion('budget_nodes', '9223372036854775807'), 'the largest budget');

SET LOCAL ROLE roost_app;
SELECT lives_ok($$INSERT INTO roost.nodes (public_key, sealed_key, lifetime, access, capabilities, access_only)
  VALUES (pg_temp.key('parent'), '\x01', 'root', 'only', 0, ARRAY[pg_temp.key('friend'), pg_temp.key('other')])$$, 'a node that listens to two');
SELECT lives_ok($$INSERT INTO roost.nodes (public_key, parent, sealed_key, lifetime, access, capabilities,
    envelope_sealed, envelope_signature, enclosed_key)
  SELECT pg_temp.key('child' || i), pg_temp.key('parent'), '\x00', 'linked', 'container', 1, pg_temp.zeros(80), pg_temp.zeros(64), pg_temp.zeros(72)
  FROM generate_series(1, 1000) i$$, 'roost_app adds a thousand children in one statement');
RESET ROLE;
SELECT is((SELECT count(*) FROM roost.nodes WHERE parent = pg_temp.key('parent')), 1000::bigint, 'all of them are there');

SELECT pg_temp.broken($$INSERT INTO roost.nodes (public_key, sealed_key, lifetime, access, capabilities)
  VALUES (pg_temp.key('parent'), '\x00', 'root', 'anyone', 0)$$, 'nodes_pkey');
SELECT pg_temp.broken(format($$INSERT INTO roost.nodes (public_key, sealed_key, lifetime, access, capabilities)
  VALUES (pg_temp.zeros(%s), '\x00', 'root', 'anyone', 0)$$, length), 'public_key_is_32_bytes') FROM unnest(ARRAY[0, 31, 33]) length;
SELECT pg_temp.broken(replace(pg_temp.insertion(), '''root''', '''eternal'''), 'lifetime_is_known');
SELECT pg_temp.broken(replace(pg_temp.insertion(), '''anyone''', '''nobody'''), 'access_is_known');
SELECT pg_temp.broken(replace(pg_temp.insertion(), '31)', '-1)'), 'capabilities_is_a_bit_set');
SELECT pg_temp.broken(replace(pg_temp.insertion(), '''\x00''', ''''''), 'sealed_key_has_a_length');
SELECT pg_temp.broken(pg_temp.insertion(budget, '-1'), budget || '_is_not_negative')
  FROM unnest(ARRAY['budget_nodes', 'budget_awake', 'budget_memory_bytes']) budget;
SELECT pg_temp.broken(pg_temp.insertion('access_only', 'ARRAY[pg_temp.key(''friend'')]'), 'only_lists_go_with_access_only');
SELECT pg_temp.broken(replace(pg_temp.insertion('access_only', list), '''anyone''', '''only'''), 'access_only_lists_keys')
  FROM unnest(ARRAY['ARRAY[pg_temp.zeros(31)]', 'ARRAY[pg_temp.key(''a''), NULL]', 'ARRAY[[pg_temp.key(''a'')], [pg_temp.key(''b'')]]']) list;
SELECT pg_temp.broken(pg_temp.insertion('enclosed_key', 'pg_temp.zeros(72)'), 'enclosed_exactly_with_a_parent');
SELECT pg_temp.broken(pg_temp.insertion('parent', 'pg_temp.key(''parent'')'), 'enclosed_exactly_with_a_parent');
SELECT pg_temp.broken(pg_temp.insertion('parent, envelope_sealed, envelope_signature, enclosed_key',
  format('pg_temp.key(''%s''), pg_temp.zeros(%s), pg_temp.zeros(%s), pg_temp.zeros(%s)', parent, sealed, signature, enclosed)), rule)
  FROM (VALUES ('nobody', 80, 64, 72, 'parent_is_a_node'), ('parent', 79, 64, 72, 'envelope_sealed_is_80_bytes'),
               ('parent', 80, 65, 72, 'envelope_signature_is_64_bytes'), ('parent', 80, 64, 0, 'enclosed_key_is_72_bytes'))
       case_(parent, sealed, signature, enclosed, rule);
SELECT pg_temp.broken($$INSERT INTO roost.nodes (public_key, parent, sealed_key, lifetime, access, capabilities, envelope_sealed, envelope_signature,
  enclosed_key) VALUES (pg_temp.key('self'), pg_temp.key('self'), '\x00', 'linked', 'only', 0, pg_temp.zeros(80), pg_temp.zeros(64), pg_temp.zeros(72))$$,
  'parent_is_another_node');
SELECT throws_ok($$UPDATE roost.nodes SET public_key = pg_temp.key('thief') WHERE public_key = pg_temp.key('child1')$$, '23000', NULL,
  'a key never changes, not even for the owner');

SELECT is(a, b, 'a key with zero bytes comes back as it was') FROM
  (SELECT sealed_key AS a, '\x01'::bytea AS b FROM roost.nodes WHERE public_key = pg_temp.key('parent')) s;

SELECT * FROM finish();
ROLLBACK;
