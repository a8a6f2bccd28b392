// SPDX-License-Identifier: MIT
// The table of nodes, and what observers see of them.

#include "backend/core/rules.h"

#include <algorithm>

namespace roost::core {

namespace {
constexpr std::uint64_t kPlacesAtOnce = 1u << 20;   // hash buckets made in advance, at most
}

Container::Rules::Rules(Settings settings, Doors doors, BatchId position)
    : settings_(std::move(settings)), doors_(doors), position_(position) {
  by_key_.reserve(std::min(settings_.nodes_max, kPlacesAtOnce));
}

Node* Container::Rules::find(const PublicKey& key) {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : &nodes_[found->second];
}

Worker* Container::Rules::worker_of(WorkerId id) {
  const auto found = workers_.find(static_cast<std::uint64_t>(id));
  return found == workers_.end() ? nullptr : found->second.get();
}

// Requires: its place is counted by the caller; its parent is in the table.
Node& Container::Rules::insert(NodeRecord record) {
  NodeIndex index = static_cast<NodeIndex>(nodes_.size());
  if (free_.empty()) {
    nodes_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Node& node = nodes_[index];
  node.index = index;
  node.record = std::move(record);
  CHECK(by_key_.emplace(node.record.key, index).second);
  if (node.record.parent) link_to_parent(node);
  open_account(node);
  changed(node);
  return node;
}

void Container::Rules::link_to_parent(Node& node) {
  Node* parent = find(*node.record.parent);
  CHECK(parent);
  node.parent = parent->index;
  node.next_sibling = parent->first_child;
  if (parent->first_child != kNoNode) nodes_[parent->first_child].previous_sibling = node.index;
  parent->first_child = node.index;
  ++parent->children;
}

void Container::Rules::unlink_from_parent(Node& node) {
  Node& parent = nodes_[node.parent];
  if (node.previous_sibling == kNoNode) parent.first_child = node.next_sibling;
  else nodes_[node.previous_sibling].next_sibling = node.next_sibling;
  if (node.next_sibling != kNoNode) nodes_[node.next_sibling].previous_sibling = node.previous_sibling;
  --parent.children;
}

// Requires: no process, no children, no message.
void Container::Rules::remove(Node& node) {
  CHECK(!node.worker && node.children == 0 && node.mailbox.empty() && node.held.empty() && !node.waiting_in);
  const NodeIndex index = node.index;
  count_nodes(account_above(node), -1);
  by_key_.erase(node.record.key);
  if (node.parent != kNoNode) unlink_from_parent(node);
  node = Node{};
  free_.push_back(index);
  doors_.status_board.clear(index);
}

bool Container::Rules::load(NodeRecord record) {
  if (container_account_.nodes >= settings_.nodes_max) return false;
  Node& node = insert(std::move(record));
  count_nodes(account_above(node), 1);
  end();
  return true;
}

// ---- what observers see

void Container::Rules::happen(Node& node, LifeEvent event) {
  node.state = next_state(node.state, event);
  changed(node);
}

void Container::Rules::changed(Node& node) {
  if (node.unpublished) return;
  node.unpublished = true;
  unpublished_.push_back(node.index);
}

void Container::Rules::end() {
  commit_next();
  for (const NodeIndex index : unpublished_)
    if (nodes_[index].unpublished) publish(nodes_[index]);   // else it is gone, or was listed twice
  unpublished_.clear();
}

void Container::Rules::publish(Node& node) {
  node.unpublished = false;
  NodeStatus status;
  status.slot = node.index;
  status.key = node.record.key;
  status.parent = node.record.parent;
  status.state = node.state;
  status.lifetime = node.record.lifetime;
  status.mailbox = static_cast<std::uint32_t>(mailbox_depth(node));
  status.last_activity_ms = node.last_activity.time_since_epoch() / std::chrono::milliseconds(1);
  if (node.worker) {
    status.pid = node.worker->pid;
    status.memory_bytes_allotted = node.worker->memory_bytes;
    status.memory_bytes_in_use = node.worker->memory_in_use;
  }
  status.messages = node.messages;
  if (node.own_account) {
    status.nodes_used = static_cast<std::uint32_t>(node.own_account->nodes);
    status.awake_used = static_cast<std::uint32_t>(node.own_account->awake);
  }
  doors_.status_board.publish(status);
}

NodeDescription Container::Rules::description_of(const Node& node) const {
  NodeDescription description;
  description.key = node.record.key;
  description.parent = node.record.parent;
  description.state = node.state;
  description.lifetime = node.record.lifetime;
  description.access = node.record.access;
  description.budget = node.record.budget;
  description.capabilities = node.record.capabilities;
  if (node.own_account) {
    description.nodes_used = node.own_account->nodes;
    description.awake_used = node.own_account->awake;
    description.memory_bytes_used = node.own_account->memory;
  }
  description.children = node.children;
  description.mailbox = mailbox_depth(node);
  description.messages = node.messages;
  if (node.last_activity != Instant{}) description.last_activity = node.last_activity;
  description.last_exit = node.last_exit;
  return description;
}

void Container::Rules::log(LogLevel level, std::string_view event, const Node* node, std::string message) const {
  LogEvent line{level, event, std::nullopt, 0, std::move(message)};
  if (node) line.node = node->record.key;
  doors_.log.log(line);
}

void Container::Rules::log_of_program(LogLevel level, std::string_view event, const Node& node, std::string message, std::uint64_t trace) const {
  doors_.log.log({level, event, node.record.key, trace, std::move(message), true});
}

Container::Counts Container::Rules::counts() const {
  return {by_key_.size(), workers_.size(), requests_.size(), gathering_.size() + in_flight_.size()};
}

}  // namespace roost::core
