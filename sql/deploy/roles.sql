-- Deploy roost:roles
--
-- Roles belong to the whole cluster, so a second database of the same cluster finds them here already. Nobody has a
-- password: roostd comes through a unix socket and the operating system says who it is (peer authentication).
--
--   roost_owner     owns the schema and migrates it; roostd never uses it
--   roost_app       roostd: reads and writes rows, changes no definition
--   roost_readonly  people and monitoring: no keys, no values of nodes
--
-- The time limits are of the role, not of the session, so that a forgotten psql cannot hold up the journal for ever.
-- A batch takes milliseconds; 30 s is what the largest one (journal_batch_max) may need on a disk in trouble.

BEGIN;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['roost_owner', 'roost_app', 'roost_readonly'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT', name);
    END IF;
  END LOOP;
END $$;

ALTER ROLE roost_owner SET lock_timeout = '10s';
ALTER ROLE roost_owner SET statement_timeout = '10min';
ALTER ROLE roost_owner SET idle_in_transaction_session_timeout = '60s';

ALTER ROLE roost_app SET lock_timeout = '5s';
ALTER ROLE roost_app SET statement_timeout = '30s';
ALTER ROLE roost_app SET idle_in_transaction_session_timeout = '30s';
-- What roostd acknowledges is on the disk, whatever the cluster's own setting says.
ALTER ROLE roost_app SET synchronous_commit = 'on';

ALTER ROLE roost_readonly SET default_transaction_read_only = 'on';
ALTER ROLE roost_readonly SET lock_timeout = '1s';
ALTER ROLE roost_readonly SET statement_timeout = '30s';
ALTER ROLE roost_readonly SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE roost_readonly CONNECTION LIMIT 8;

COMMIT;
