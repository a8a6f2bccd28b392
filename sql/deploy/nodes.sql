-- Deploy roost:nodes
--
-- The directory: one row for each node that is alive. A node is its public key; its URL is made of nothing else.
--
-- Thousands of rows arrive in one statement (a program that spawns), so every rule here is either a CHECK on the row
-- itself or an index look-up. The lookup tables name the kinds that roostd knows: a new kind needs a migration, and an
-- older roostd, which could not honour it, refuses the newer schema.

BEGIN;

SET LOCAL ROLE roost_owner;

CREATE TABLE roost.lifetimes (
  name text PRIMARY KEY
);
COMMENT ON TABLE roost.lifetimes IS 'how long a node may live';
INSERT INTO roost.lifetimes VALUES ('root'), ('linked'), ('ephemeral'), ('resetting'), ('leased');

CREATE TABLE roost.access_kinds (
  name text PRIMARY KEY
);
COMMENT ON TABLE roost.access_kinds IS 'who may send a node a computation';
INSERT INTO roost.access_kinds VALUES ('anyone'), ('container'), ('only');

-- Reads better in a constraint than its body, and its name is in the error message.
CREATE FUNCTION roost.all_are_keys(keys bytea[]) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN cardinality(keys) = 0
      OR (array_ndims(keys) = 1
          AND (SELECT bool_and(key IS NOT NULL AND octet_length(key) = 32) FROM unnest(keys) key));
COMMENT ON FUNCTION roost.all_are_keys(bytea[]) IS 'whether this is a plain list of public keys, 32 bytes each';

CREATE TABLE roost.nodes (
  public_key          bytea       PRIMARY KEY
                                  CONSTRAINT public_key_is_32_bytes CHECK (octet_length(public_key) = 32),
  parent              bytea       CONSTRAINT parent_is_a_node REFERENCES roost.nodes
                                  CONSTRAINT parent_is_another_node CHECK (parent <> public_key),
  lifetime            text        NOT NULL CONSTRAINT lifetime_is_known REFERENCES roost.lifetimes,
  access              text        NOT NULL CONSTRAINT access_is_known REFERENCES roost.access_kinds,
  access_only         bytea[]     NOT NULL DEFAULT '{}'
                                  CONSTRAINT access_only_lists_keys CHECK (roost.all_are_keys(access_only)),
  budget_nodes        bigint      CONSTRAINT budget_nodes_is_not_negative CHECK (budget_nodes >= 0),
  budget_awake        bigint      CONSTRAINT budget_awake_is_not_negative CHECK (budget_awake >= 0),
  budget_memory_bytes bigint      CONSTRAINT budget_memory_bytes_is_not_negative CHECK (budget_memory_bytes >= 0),
  capabilities        integer     NOT NULL CONSTRAINT capabilities_is_a_bit_set CHECK (capabilities >= 0),
  sealed_key          bytea       NOT NULL
                                  CONSTRAINT sealed_key_has_a_length CHECK (octet_length(sealed_key) BETWEEN 1 AND 255),
  envelope_sealed     bytea       CONSTRAINT envelope_sealed_is_80_bytes CHECK (octet_length(envelope_sealed) = 80),
  envelope_signature  bytea       CONSTRAINT envelope_signature_is_64_bytes CHECK (octet_length(envelope_signature) = 64),
  enclosed_key        bytea       CONSTRAINT enclosed_key_is_72_bytes CHECK (octet_length(enclosed_key) = 72),
  created_at          timestamptz NOT NULL DEFAULT now(),

  CONSTRAINT only_lists_go_with_access_only CHECK (access = 'only' OR cardinality(access_only) = 0),
  -- A parent keeps its children's keys; a node that the operator made has nobody to keep one.
  CONSTRAINT enclosed_exactly_with_a_parent CHECK (
    num_nonnulls(envelope_sealed, envelope_signature, enclosed_key) = CASE WHEN parent IS NULL THEN 0 ELSE 3 END)
);

COMMENT ON TABLE roost.nodes IS 'every node that is alive, awake or not';
COMMENT ON COLUMN roost.nodes.public_key IS 'Ed25519; who the node is';
COMMENT ON COLUMN roost.nodes.parent IS 'the node that spawned it; null: the operator made it';
COMMENT ON COLUMN roost.nodes.access_only IS 'for access = only: who may talk to it besides itself, its parent and the operator';
COMMENT ON COLUMN roost.nodes.budget_nodes IS 'alive below this node at most; null: the parent''s budget alone holds';
COMMENT ON COLUMN roost.nodes.budget_awake IS 'awake at once at most, this node included';
COMMENT ON COLUMN roost.nodes.budget_memory_bytes IS 'allotted to awake nodes at most, this node included';
COMMENT ON COLUMN roost.nodes.capabilities IS 'bit 0 spawn, 1 state, 2 clock, 3 random, 4 contact-all';
COMMENT ON COLUMN roost.nodes.sealed_key IS 'the node''s seed under the container''s master key, bound to this node';
COMMENT ON COLUMN roost.nodes.envelope_sealed IS 'the parent''s key-encryption key, sealed to the parent';
COMMENT ON COLUMN roost.nodes.envelope_signature IS 'by the parent, over the sealed key: a sealed box does not say who made it';
COMMENT ON COLUMN roost.nodes.enclosed_key IS 'the node''s seed under the parent''s key-encryption key';

-- Destroying a node asks for its children; without this each destruction would read the whole directory.
CREATE INDEX nodes_by_parent ON roost.nodes (parent) WHERE parent IS NOT NULL;

CREATE FUNCTION roost.refuse_change() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
  AS $$
BEGIN
  RAISE EXCEPTION '% on %.% is refused: %', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV[0]
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
COMMENT ON FUNCTION roost.refuse_change() IS 'trigger: refuses what its argument says must never happen, to the owner too';

CREATE TRIGGER key_never_changes
  BEFORE UPDATE OF public_key ON roost.nodes
  FOR EACH ROW WHEN (OLD.public_key <> NEW.public_key)
  EXECUTE FUNCTION roost.refuse_change('a node is its key; another key is another node');

COMMIT;
