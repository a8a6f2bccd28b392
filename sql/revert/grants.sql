-- Revert roost:grants

BEGIN;

REVOKE ALL ON ALL TABLES IN SCHEMA roost FROM roost_app, roost_readonly;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA roost FROM roost_app, roost_readonly;
REVOKE ALL ON SCHEMA roost FROM roost_app, roost_readonly;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA roost TO PUBLIC;

COMMIT;
