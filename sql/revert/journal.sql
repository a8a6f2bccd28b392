-- Revert roost:journal

BEGIN;

DROP TABLE roost.journal;
DROP FUNCTION roost.refuse_step_back();

COMMIT;
