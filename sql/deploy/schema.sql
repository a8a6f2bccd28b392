-- Deploy roost:schema
--
-- Everything lives in one schema that only roost_owner can change. PostgreSQL lets every role connect to a new database
-- and make temporary tables in it; here only the three roles connect, and none of them makes anything.

BEGIN;

DO $$
BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO roost_owner, roost_app, roost_readonly', current_database());
END $$;

CREATE SCHEMA roost AUTHORIZATION roost_owner;
COMMENT ON SCHEMA roost IS 'roost: the directory of a node container, the state of its nodes, and the journal''s position';

COMMIT;
