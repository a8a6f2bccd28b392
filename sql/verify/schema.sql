-- Verify roost:schema

BEGIN;

DO $$
BEGIN
  ASSERT (SELECT pg_catalog.pg_get_userbyid(nspowner) = 'roost_owner' FROM pg_catalog.pg_namespace WHERE nspname = 'roost'),
    'the schema roost belongs to roost_owner';
  ASSERT has_database_privilege('roost_app', current_database(), 'CONNECT'), 'roost_app may connect';
  ASSERT NOT has_database_privilege('roost_app', current_database(), 'CREATE'), 'roost_app makes no schemas';
  ASSERT NOT has_database_privilege('roost_app', current_database(), 'TEMPORARY'), 'roost_app makes no temporary tables';
END $$;

ROLLBACK;
