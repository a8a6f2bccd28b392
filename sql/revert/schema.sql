-- Revert roost:schema

BEGIN;

DROP SCHEMA roost;

DO $$
BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM roost_owner, roost_app, roost_readonly', current_database());
  EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO PUBLIC', current_database());
END $$;

COMMIT;
