-- Revert roost:roles
--
-- Fails, and changes nothing, while another database of this cluster still has objects of these roles.

BEGIN;

DROP ROLE IF EXISTS roost_readonly;
DROP ROLE IF EXISTS roost_app;
DROP ROLE IF EXISTS roost_owner;

COMMIT;
