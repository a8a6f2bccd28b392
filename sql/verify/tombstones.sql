-- Verify roost:tombstones

BEGIN;

SELECT public_key, destroyed_at FROM roost.tombstones WHERE false;

DO $$
BEGIN
  ASSERT (SELECT count(*) FROM pg_catalog.pg_trigger
          WHERE NOT tgisinternal AND tgenabled = 'O'
            AND (tgrelid, tgname) IN (('roost.nodes'::regclass, 'destroyed_stays_destroyed'),
                                      ('roost.tombstones'::regclass, 'the_living_have_no_tombstone'),
                                      ('roost.tombstones'::regclass, 'tombstones_stay'))) = 3,
    'the three rules about the destroyed are in force';
END $$;

ROLLBACK;
