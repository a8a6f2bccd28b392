-- Verify roost:roles

BEGIN;

DO $$
BEGIN
  ASSERT (SELECT count(*) FROM pg_catalog.pg_roles
          WHERE rolname IN ('roost_owner', 'roost_app', 'roost_readonly')
            AND rolcanlogin AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)) = 3,
    'the three roles exist without any privilege over the cluster';
  ASSERT (SELECT count(*) FROM pg_catalog.pg_roles r, unnest(r.rolconfig) setting
          WHERE r.rolname IN ('roost_owner', 'roost_app', 'roost_readonly')
            AND setting ~ '^(lock_timeout|statement_timeout|idle_in_transaction_session_timeout)=') = 9,
    'each role has its three time limits';
END $$;

ROLLBACK;
