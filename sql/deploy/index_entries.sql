-- Deploy roost:index_entries
--
-- The durable state of nodes: the entries of their indexes. An index is a random token that its node holds; an index
-- without entries has no row. roostd reads by (node, token), in the order of key_hash, and writes thousands of rows in
-- one statement; so the primary key is the only index, and it also serves the deletion of a node's state.
--
-- The fillfactor leaves room on each page for the new version of a row that is written again: then neither the primary
-- key nor another page is touched. Keys and values are opaque here (an encoding of the language's), so compressing
-- small ones would cost more than it saves; large ones are left to PostgreSQL's own rules.

BEGIN;

SET LOCAL ROLE roost_owner;

CREATE TABLE roost.index_entries (
  node     bytea NOT NULL CONSTRAINT node_is_alive REFERENCES roost.nodes ON DELETE CASCADE,
  token    bytea NOT NULL CONSTRAINT token_is_64_bytes CHECK (octet_length(token) = 64),
  key_hash bytea NOT NULL CONSTRAINT key_hash_is_1_to_255_bytes CHECK (octet_length(key_hash) BETWEEN 1 AND 255),
  key      bytea NOT NULL,
  value    bytea NOT NULL,
  PRIMARY KEY (node, token, key_hash)
) WITH (fillfactor = 85);

COMMENT ON TABLE roost.index_entries IS 'the durable state of nodes; gone with its node';
COMMENT ON COLUMN roost.index_entries.token IS 'names the index; known to its node alone';
COMMENT ON COLUMN roost.index_entries.key_hash IS 'orders the index';
COMMENT ON COLUMN roost.index_entries.key IS 'the key itself, encoded';
COMMENT ON COLUMN roost.index_entries.value IS 'the value, encoded';

COMMIT;
