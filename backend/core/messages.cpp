// SPDX-License-Identifier: MIT
// Messages to nodes: who is meant, who may, is there room; then to the process, or to the mailbox until there is one.

#include "backend/core/mutation.h"
#include "backend/core/rules.h"

namespace roost::core {

bool Container::Rules::may_talk(const Sender& sender, const Node& node) {
  if (mutated(Mutation::SkipAccess) || std::holds_alternative<Operator>(sender)) return true;
  const auto* key = std::get_if<PublicKey>(&sender);
  if (key && (*key == node.record.key || node.record.parent == *key)) return true;
  switch (node.record.access.kind) {
    case AccessKind::Anyone: return true;
    case AccessKind::Container: {
      const Node* from = key ? find(*key) : nullptr;
      return from && from->state != NodeState::Destroyed;
    }
    case AccessKind::Only:
      for (const PublicKey& allowed : node.record.access.only)
        if (key && *key == allowed) return true;
      return false;
  }
  return false;
}

// The node meant by a key, if it exists, lives, is durable and takes messages from this sender; else why not. (A child's key
// is known to nobody before its creation is committed, since its parent's words are held until then.)
std::optional<Problem> Container::Rules::address(const PublicKey& key, const Sender& sender, Node*& found) {
  Node* node = find(key);
  const bool gone = node ? node->state == NodeState::Destroyed && !mutated(Mutation::ForgetDestruction) : tombstones_.contains(key);
  if (gone || !node || node->created > committed_) {
    Problem refusal = gone ? problem(ProblemKind::DestroyedNode, "Node " + fingerprint_of(key) + " was destroyed; it will not come back.")
                           : problem(ProblemKind::UnknownNode, "This container has no node " + fingerprint_of(key) + ".");
    refusal.node = key;
    return refusal;
  }
  if (!may_talk(sender, *node)) {
    const bool anonymous = std::holds_alternative<Anonymous>(sender);
    return problem(ProblemKind::AccessDenied,
                   "Node " + name(*node) + " takes computations from " +
                       (node->record.access.kind == AccessKind::Container ? "nodes of this container" : "those on its list") +
                       " only (access: " + name_of(node->record.access.kind) + "); " +
                       (anonymous ? "this request proves no sender." : "the sender is not one of them."), node);
  }
  found = node;
  return std::nullopt;
}

// Waiting to be delivered, and delivered requests that the node has not answered or passed on.
std::uint64_t Container::Rules::mailbox_depth(const Node& node) const {
  return node.mailbox.size() + (node.worker ? node.worker->requests.size() : 0);
}

std::optional<Problem> Container::Rules::mailbox_full(const Node& node, std::uint64_t bytes) const {
  const std::uint64_t depth = mailbox_depth(node);
  if (depth >= settings_.mailbox_max)
    return limit_problem(ProblemKind::MailboxFull, "The mailbox of node " + name(node) + " is full.", &node, depth, settings_.mailbox_max, "mailbox_max");
  const std::uint64_t waiting = node.mailbox_bytes + (node.worker ? doors_.launcher.unsent_bytes(node.worker->id) : 0);
  if (waiting + bytes > settings_.mailbox_bytes_max)
    return limit_problem(ProblemKind::MailboxFull, "Node " + name(node) + " does not take its messages fast enough: the bytes that wait for it are at their limit.",
                         &node, waiting + bytes, settings_.mailbox_bytes_max, "mailbox_bytes_max");
  return std::nullopt;
}

// Takes a message for a node, or says why there is no room for it. Requires: the sender may talk to it.
std::optional<Problem> Container::Rules::accept(Node& node, Message message) {
  if (drain_is_over_) return problem(ProblemKind::Draining, "The container shuts down; node " + name(node) + " takes no more messages.", &node);
  const std::uint64_t bytes = message.content.size() + kMessageBytes;
  if (auto refusal = mailbox_full(node, bytes)) return refusal;
  node.last_activity = now_;
  const Worker* worker = node.worker;
  if (worker && worker->ready && !worker->ending) {
    deliver(node, std::move(message));
    return std::nullopt;
  }
  enter_phase(message.origin.request, Phase::Waking, node.index);
  node.mailbox.push_back(std::move(message));
  node.mailbox_bytes += bytes;
  changed(node);
  if (mutated(Mutation::SecondProcess) && node.state == NodeState::Draining) node.state = NodeState::Asleep;
  if (node.state != NodeState::Asleep || node.waiting_in) return std::nullopt;
  auto refusal = try_to_wake(node);
  if (refusal) {   // it was the only message: one that is asleep and waits for nothing has none
    static_cast<void>(node.mailbox.pop_front());
    node.mailbox_bytes = 0;
  }
  return refusal;
}

// Requires: the node has a process that is ready and not ending.
void Container::Rules::deliver(Node& node, Message message) {
  Worker& worker = *node.worker;
  leave_idle(worker);
  worker.claims_idle = false;
  ++worker.sent;
  ++node.messages;
  enter_phase(message.origin.request, Phase::Running, node.index);
  if (message.origin.request != 0) worker.requests.insert(message.origin.request);
  if (message.wants_debug) worker.traces.insert(message.origin.trace);
  if (node.state != NodeState::Active) wait_from_now(worker, active_);   // silence counts from when there is work
  happen(node, LifeEvent::Deliver);
  if (message.is_program)
    doors_.launcher.send(worker.id, wire::Eval{message.origin, std::move(message.content)});
  else
    doors_.launcher.send(worker.id, wire::Run{message.origin, message.sender, std::move(message.content)});
}

// A computation that left a node, its gate open: to its destination, or its failure to whoever waits for it.
void Container::Rules::route(Node& source, wire::Send send, bool wants_debug) {
  std::optional<Problem> refusal;
  Node* destination = nullptr;
  const Request* request = open_request(send.origin.request);
  if (request && request->asker)
    if (const auto circle = circle_of(*request, send.destination)) refusal = problem(ProblemKind::ProgramFailed, "It was refused: " + *circle, &source);
  if (!refusal && send.host != settings_.host)
    refusal = problem(ProblemKind::Unreachable, "It is at host " + send.host + "; this container (host) is " + settings_.host + ".", &source);
  if (!refusal) refusal = address(send.destination, source.record.key, destination);
  if (!refusal) refusal = accept(*destination, {send.origin, source.record.key, false, wants_debug, std::move(send.computation)});
  if (!refusal) return;
  refusal->detail = "A computation hopped from node " + name(source) + " to " + fingerprint_of(send.destination) + ". " + refusal->detail;
  if (send.origin.request == 0) log_of_program(LogLevel::Warning, "undelivered", source, refusal->detail, send.origin.trace);
  answer(send.origin.request, std::move(*refusal));
}

void Container::Rules::fail_mailbox(Node& node, const Problem& why) {
  if (node.mailbox.empty()) return;
  node.mailbox_bytes = 0;
  changed(node);
  for (const Message& message : node.mailbox.take_all()) {
    if (message.origin.request == 0) log_of_program(LogLevel::Warning, "undelivered", node, why.detail, message.origin.trace);
    answer(message.origin.request, why);
  }
}

// A program whose request met its time limit before it was delivered need not run; nobody waits for it.
void Container::Rules::drop_stale_programs(Node& node) {
  node.mailbox.erase_if([&](const Message& message) {
    if (!message.is_program || requests_.contains(message.origin.request)) return false;
    node.mailbox_bytes -= message.content.size() + kMessageBytes;
    return true;
  });
  changed(node);
}

}  // namespace roost::core
