// SPDX-License-Identifier: MIT
#include "tests/simulation/durable.h"

namespace roost::simulation {

void Durable::will_write(const std::string& name, WriteLog* author, const Code& refers_to) {
  promises_[name] = {author, author->made++, refers_to};
}

std::string Durable::make_durable(const std::string& name) {
  const auto found = promises_.find(name);
  if (found == promises_.end()) return "a write that no process made was committed";
  WriteLog& log = *found->second.author;
  if (found->second.place != log.durable)
    return "write " + std::to_string(found->second.place) + " of a process was committed when only " +
           std::to_string(log.durable) + " before it were: what is durable is no prefix";
  for (const std::uint64_t definition : found->second.refers_to)
    if (!code_.contains(definition)) return "a write was committed before the code that it refers to";
  ++log.durable;
  promises_.erase(found);
  return "";
}

std::string Durable::create(const core::NodeRecord& record) {
  if (destroyed(record.key)) return "a destroyed node was created again";
  if (record.parent && !lives(*record.parent)) return "a node was created below one that does not exist";
  if (!nodes_.emplace(record.key, record).second) return "a node was created twice";
  // A spawned node is a write of its parent's; an operator's is nobody's.
  return record.parent ? make_durable(std::string(record.key.view())) : "";
}

std::string Durable::destroy(const std::vector<PublicKey>& keys) {
  for (const PublicKey& key : keys) {
    nodes_.erase(key);
    tombstones_.insert(key);
  }
  for (const auto& [key, record] : nodes_)
    if (record.parent && !nodes_.contains(*record.parent)) return "a node outlived its parent";
  return "";
}

std::string Durable::apply(const core::Batch& batch) {
  if (batch.entries.empty()) return "an empty batch was committed";
  if (batch.id <= position_) return "a batch went back behind the journal's position";
  position_ = batch.id;
  for (const core::JournalEntry& entry : batch.entries) {
    std::string wrong;
    if (const auto* write = std::get_if<core::StateWrite>(&entry))
      wrong = lives(write->node) ? make_durable(write->write.value) : "a write of a node that does not exist was committed";
    else if (const auto* creation = std::get_if<core::NodeCreation>(&entry))
      wrong = create(creation->record);
    else if (const auto* definition = std::get_if<core::Definition>(&entry))
      code_.insert(definition_of(definition->hash));
    else
      wrong = destroy(std::get<core::NodeDestruction>(entry).nodes);
    if (!wrong.empty()) return wrong;
  }
  return exceeded_budget();
}

std::vector<core::NodeRecord> Durable::parents_first() const {
  std::vector<core::NodeRecord> ordered;
  std::set<PublicKey> placed;
  while (ordered.size() < nodes_.size())
    for (const auto& [key, record] : nodes_)
      if (!placed.contains(key) && (!record.parent || placed.contains(*record.parent))) {
        ordered.push_back(record);
        placed.insert(key);
      }
  return ordered;
}

std::string Durable::exceeded_budget() const {
  std::map<PublicKey, std::uint64_t> below;
  for (const auto& [key, record] : nodes_)
    for (auto above = record.parent; above; above = nodes_.at(*above).parent) ++below[*above];
  for (const auto& [key, count] : below) {
    const auto& budget = nodes_.at(key).budget.nodes;
    if (budget && count > *budget)
      return "there are " + std::to_string(count) + " nodes below a node whose budget is " + std::to_string(*budget);
  }
  return "";
}

}  // namespace roost::simulation
