-- The three roles: what they are, and what none of them is.
BEGIN;
SELECT plan(26);

SELECT has_role(role) FROM unnest(ARRAY['roost_owner', 'roost_app', 'roost_readonly']) role;
SELECT isnt_superuser(role) FROM unnest(ARRAY['roost_owner', 'roost_app', 'roost_readonly']::name[]) role;
SELECT is((SELECT rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls FROM pg_roles WHERE rolname = role), false,
          role || ' has no power over the cluster')
  FROM unnest(ARRAY['roost_owner', 'roost_app', 'roost_readonly']) role;
SELECT is((SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid IN (m.roleid, m.member)
           WHERE r.rolname LIKE 'roost\_%'), 0::bigint, 'no role is a member of another');

SELECT ok(EXISTS (SELECT FROM pg_roles, unnest(rolconfig) s WHERE rolname = role AND s LIKE setting || '=%'),
          role || ' has ' || setting)
  FROM unnest(ARRAY['roost_owner', 'roost_app', 'roost_readonly']) role,
       unnest(ARRAY['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']) setting;

SELECT ok('synchronous_commit=on' = ANY (rolconfig), 'what roost_app commits is on the disk')
  FROM pg_roles WHERE rolname = 'roost_app';
SELECT ok('default_transaction_read_only=on' = ANY (rolconfig), 'roost_readonly reads')
  FROM pg_roles WHERE rolname = 'roost_readonly';
SELECT ok(NOT has_database_privilege('roost_app', current_database(), right_), 'roost_app has no ' || right_ || ' on the database')
  FROM unnest(ARRAY['CREATE', 'TEMPORARY']) right_;
SELECT ok(NOT has_database_privilege('public', current_database(), 'CONNECT'), 'nobody else connects');
SELECT db_owner_is(current_database(), 'postgres');
SELECT schema_owner_is('roost', 'roost_owner');

SELECT * FROM finish();
ROLLBACK;
