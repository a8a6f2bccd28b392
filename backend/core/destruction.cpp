// SPDX-License-Identifier: MIT
// Destruction: a node goes with all below it, at once for everyone who speaks to it, and for good once that is durable. Its
// place is free when, besides, its processes have been reaped and its children's places are free. If the commit fails, the
// nodes are back, asleep: nothing of theirs was touched.

#include "backend/core/mutation.h"
#include "backend/core/rules.h"

namespace roost::core {

void Container::Rules::destroy(RequestId id, const PublicKey& key) {
  Node* node = nullptr;
  if (auto refusal = address(key, Operator{}, node)) return refuse(id, std::move(*refusal));
  if (draining_) return refuse(id, problem(ProblemKind::Draining, "The container is shutting down and takes no new orders.", node));
  Destruction destruction{id, key, subtree_of(*node)};
  NodeDestruction entry;
  for (const NodeIndex index : destruction.nodes) {
    entry.nodes.push_back(nodes_[index].record.key);
    begin_destruction(nodes_[index]);
  }
  log(LogLevel::Info, "destroy", node, std::to_string(entry.nodes.size()) + " nodes");
  if (mutated(Mutation::EarlyDone)) doors_.replies.answer(id, {Done{key}, {}});
  const std::uint64_t bytes = entry.nodes.size() * kEntryBytes;
  destructions_.emplace(next_sequence_, std::move(destruction));
  append(nullptr, std::move(entry), bytes);
}

std::vector<NodeIndex> Container::Rules::subtree_of(const Node& node) const {
  std::vector<NodeIndex> nodes{node.index};
  for (std::size_t next = 0; next < nodes.size(); ++next)
    for (NodeIndex child = nodes_[nodes[next]].first_child; child != kNoNode; child = nodes_[child].next_sibling) nodes.push_back(child);
  return nodes;
}

void Container::Rules::begin_destruction(Node& node) {
  ++node.destructions;
  if (node.state == NodeState::Destroyed) return;
  const Problem gone = problem(ProblemKind::DestroyedNode, "Node " + name(node) + " was destroyed while this was under way.", &node);
  stop_waiting(node);
  if (node.worker) kill_worker(*node.worker, gone, "destroyed");
  if (!mutated(Mutation::ForgetDestruction)) happen(node, LifeEvent::Destroy);
  fail_mailbox(node, gone);
  fail_held(node, gone);
}

void Container::Rules::destruction_committed(const Destruction& destruction) {
  for (const NodeIndex index : destruction.nodes) {
    Node& node = nodes_[index];
    node.durably_gone = true;
    --node.destructions;
    tombstones_.insert(node.record.key);
  }
  for (auto last = destruction.nodes.rbegin(); last != destruction.nodes.rend(); ++last) free_if_gone(*last);   // children first
  if (!mutated(Mutation::EarlyDone)) doors_.replies.answer(destruction.request, {Done{destruction.root}, {}});
}

void Container::Rules::destruction_failed(const Destruction& destruction, const std::string& error) {
  for (auto last = destruction.nodes.rbegin(); last != destruction.nodes.rend(); ++last) {
    Node& node = nodes_[*last];
    --node.destructions;
    if (node.destructions > 0) continue;
    if (node.durably_gone) free_if_gone(*last);
    else if (node.never_created) remove(node);
    else happen(node, node.worker ? LifeEvent::RestoreEnding : LifeEvent::Restore);
  }
  refuse(destruction.request, problem(ProblemKind::StorageFailed, "The destruction of node " + fingerprint_of(destruction.root) +
                                          " could not be stored: " + error + ". The node lives."));
}

// Its creation failed. If it is being destroyed, that goes on: its key stays dead.
void Container::Rules::never_came_to_be(NodeIndex index) {
  Node& node = nodes_[index];
  if (node.destructions > 0) node.never_created = true;
  else remove(node);
}

// A place may be freed when those of all children are; so the last child to go takes its ancestors with it.
void Container::Rules::free_if_gone(NodeIndex index) {
  while (index != kNoNode) {
    Node& node = nodes_[index];
    if (!node.durably_gone || node.destructions > 0 || node.worker || node.children > 0) return;
    const NodeIndex parent = node.parent;
    remove(node);
    index = parent;
  }
}

}  // namespace roost::core
