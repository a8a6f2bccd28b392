// SPDX-License-Identifier: MIT
#include "backend/directory/batch_rows.h"

#include <unordered_map>

namespace roost::directory {
namespace {

void add_node(BatchRows::Nodes& rows, const core::NodeRecord& record) {
  rows.key.add_bytea(record.key.view());
  rows.lifetime.add_text(core::name_of(record.lifetime));
  rows.access.add_text(core::name_of(record.access.kind));
  ArrayText only;
  for (const PublicKey& key : record.access.only) only.add_bytea(key.view());
  rows.access_only.add_text(only.text());
  rows.budget_nodes.add_optional(record.budget.nodes);
  rows.budget_awake.add_optional(record.budget.awake);
  rows.budget_memory_bytes.add_optional(record.budget.memory_bytes);
  rows.capabilities.add_number(record.capabilities);
  rows.sealed_key.add_bytea(record.sealed_key);
  if (record.parent) {
    rows.parent.add_bytea(record.parent->view());
    rows.envelope_sealed.add_bytea(record.envelope.sealed);
    rows.envelope_signature.add_bytea(record.envelope.signature);
    rows.enclosed_key.add_bytea(record.enclosed_key);
  } else {
    rows.parent.add_null();
    rows.envelope_sealed.add_null();
    rows.envelope_signature.add_null();
    rows.enclosed_key.add_null();
  }
}

// One index entry's full name. The token has a fixed length, so no two names are written alike.
Bytes name_of_entry(const core::StateWrite& write) {
  Bytes name(write.node.view());
  name += write.write.token;
  name += write.write.key_hash;
  return name;
}

void add_write(BatchRows& rows, const core::StateWrite& entry) {
  const wire::Write& write = entry.write;
  if (write.kind == wire::WriteKind::Insert) {
    rows.inserts.node.add_bytea(entry.node.view());
    rows.inserts.token.add_bytea(write.token);
    rows.inserts.key_hash.add_bytea(write.key_hash);
    rows.inserts.key.add_bytea(write.key);
    rows.inserts.value.add_bytea(write.value);
  } else {
    rows.deletes.node.add_bytea(entry.node.view());
    rows.deletes.token.add_bytea(write.token);
    rows.deletes.key_hash.add_bytea(write.key_hash);
  }
}

}  // namespace

BatchRows rows_of(const std::vector<core::JournalEntry>& entries) {
  BatchRows rows;
  std::unordered_map<Bytes, const core::StateWrite*> last_writes;
  for (const core::JournalEntry& entry : entries) {
    if (const auto* write = std::get_if<core::StateWrite>(&entry)) {
      last_writes[name_of_entry(*write)] = write;
    } else if (const auto* creation = std::get_if<core::NodeCreation>(&entry)) {
      add_node(rows.nodes, creation->record);
    } else if (const auto* definition = std::get_if<core::Definition>(&entry)) {
      rows.definitions.hash.add_bytea(view_of(definition->hash));
      rows.definitions.definition.add_bytea(*definition->bytes);
    } else {
      for (const PublicKey& key : std::get<core::NodeDestruction>(entry).nodes) rows.destroyed.add_bytea(key.view());
    }
  }
  for (const auto& [name, write] : last_writes) add_write(rows, *write);
  return rows;
}

}  // namespace roost::directory
