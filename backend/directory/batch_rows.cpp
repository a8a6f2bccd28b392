// SPDX-License-Identifier: MIT
#include "backend/directory/batch_rows.h"

#include <set>
#include <unordered_map>

namespace roost::directory {
namespace {

std::optional<std::string> text_of(const std::optional<std::uint64_t>& number) {
  if (!number) return std::nullopt;
  return std::to_string(*number);
}

NodeRow row_of(const core::NodeRecord& record) {
  ArrayText only;
  for (const PublicKey& key : record.access.only) only.add_bytea(key.view());
  // A parent keeps its children's keys; a node that the operator made has nobody to keep one.
  const auto with_parent = [&record](BytesView bytes) {
    return record.parent ? std::optional(bytea_text(bytes)) : std::nullopt;
  };
  return {bytea_text(record.key.view()),
          with_parent(record.parent ? record.parent->view() : BytesView()),
          std::string(core::name_of(record.lifetime)),
          std::string(core::name_of(record.access.kind)),
          only.text(),
          text_of(record.budget.nodes),
          text_of(record.budget.awake),
          text_of(record.budget.memory_bytes),
          std::to_string(record.capabilities),
          bytea_text(record.sealed_key),
          with_parent(record.envelope.sealed),
          with_parent(record.envelope.signature),
          with_parent(record.enclosed_key)};
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
  std::set<wire::DefinitionHash> defined;
  for (const core::JournalEntry& entry : entries) {
    if (const auto* write = std::get_if<core::StateWrite>(&entry)) {
      last_writes[name_of_entry(*write)] = write;
    } else if (const auto* creation = std::get_if<core::NodeCreation>(&entry)) {
      rows.nodes.push_back(row_of(creation->record));
    } else if (const auto* definition = std::get_if<core::Definition>(&entry)) {
      if (!defined.insert(definition->hash).second) continue;
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
