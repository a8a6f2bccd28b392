// SPDX-License-Identifier: MIT
// The operator's orders, and the end: no new work, what runs ends or is cut off.

#include "backend/core/rules.h"

namespace roost::core {

void Container::Rules::describe(RequestId id, const PublicKey& key) {
  Node* node = nullptr;
  if (auto refusal = address(key, Operator{}, node)) return refuse(id, std::move(*refusal));
  doors_.replies.answer(id, {description_of(*node), {}});
}

std::optional<Problem> Container::Rules::refuse_creation(const NodeRecord& record, Node*& parent) {
  if (draining_) return problem(ProblemKind::Draining, "The container is shutting down and takes no new orders.");
  if (record.parent)
    if (auto refusal = address(*record.parent, Operator{}, parent)) return refusal;
  if (find(record.key) || tombstones_.contains(record.key))
    return problem(ProblemKind::Conflict, "Node " + fingerprint_of(record.key) + " exists, or existed; a key is used once.");
  Account& account = parent ? *parent->account : container_account_;
  std::string reason;
  if (nodes_left(account, 1, reason) == 1) return std::nullopt;
  Problem full = problem(ProblemKind::ContainerFull, "No node can be made: " + reason, parent);
  full.setting = "nodes_max";
  full.limit = std::to_string(settings_.nodes_max);
  full.value = std::to_string(container_account_.nodes);
  return full;
}

void Container::Rules::create(RequestId id, NodeRecord record) {
  Node* parent = nullptr;
  if (auto refusal = refuse_creation(record, parent)) return refuse(id, std::move(*refusal));
  Node& node = insert(record);
  count_nodes(account_above(node), 1);
  node.created = next_sequence_;   // append() takes it
  creations_.emplace(next_sequence_, Creation{id, record.key});
  append(nullptr, NodeCreation{std::move(record)}, 4 * kEntryBytes);
}

void Container::Rules::put_to_sleep(RequestId id, const PublicKey& key) {
  Node* node = nullptr;
  if (auto refusal = address(key, Operator{}, node)) return refuse(id, std::move(*refusal));
  if (node->state == NodeState::Idle) stop_worker(*node);
  else if (node->waiting_in || (node->state != NodeState::Asleep && node->state != NodeState::Draining))
    return refuse(id, problem(ProblemKind::Conflict, "Node " + name(*node) + " is " + (node->waiting_in ? "about to wake" : name_of(node->state)) +
                                  "; only an idle one can be put to sleep.", node));
  doors_.replies.answer(id, {Done{key}, {}});
}

void Container::Rules::change_settings(Settings settings) {
  settings_ = std::move(settings);
  serve(container_account_);   // there may be places now
}

// ---- the end

void Container::Rules::drain() {
  if (draining_) return;
  draining_ = true;
  drain_deadline_ = now_ + settings_.drain_timeout;
  log(LogLevel::Info, "drain", nullptr, "no new work; " + std::to_string(requests_.size()) + " requests wait, " +
                                            std::to_string(workers_.size()) + " processes are there");
  while (make_room(container_account_)) {}   // whoever is idle sleeps; the others when they are
}

void Container::Rules::drain_over() {
  drain_is_over_ = true;
  const Problem not_begun = problem(ProblemKind::Draining, "The container shut down before the computation began.");
  const Problem cut_off = problem(ProblemKind::WorkerDied, "The container shut down before the computation ended (drain_timeout_ms); what it did until then it did.");
  std::vector<std::uint64_t> open;
  for (const auto& [id, request] : requests_) open.push_back(id);
  log(LogLevel::Warning, "drain-timeout", nullptr, std::to_string(open.size()) + " requests are cut off");
  for (const std::uint64_t id : open) {
    const Request* request = open_request(id);
    const bool begun = request && (request->phase == Phase::Running || request->phase == Phase::Held);
    answer(id, begun ? cut_off : not_begun);
  }
  for (Node& node : nodes_) {
    stop_waiting(node);
    fail_mailbox(node, not_begun);
  }
  for (const auto& [id, worker] : workers_) kill_worker(*worker, cut_off, "drained");
}

bool Container::Rules::drained() const {
  return draining_ && requests_.empty() && workers_.empty() && !committing_ && gathering_.empty();
}

}  // namespace roost::core
