// SPDX-License-Identifier: MIT
// Attempts: a computation of one node waits for what another computation comes to, wherever that ends. While that one is at the node that
// asked, nobody here knows of it; when it leaves it gets a request of its own, like those from outside but for whom its answer goes to. So
// whatever ends a request with a problem, a process that dies, a node that is destroyed, a list that does not admit the sender, ends
// an attempt with the same words.
//
// Nodes that wait for each other in a circle would wait for ever if one of them took one message at a time, and programs must not rest on
// ours taking many: so a computation may not go to a node that waits for it, but for the one that asked for it, to which it may return.

#include "backend/core/mutation.h"
#include "backend/core/rules.h"
#include "worker/wire/failure_text.h"

namespace roost::core {

void Container::Rules::on(Worker& worker, wire::Attempt& frame) {
  const Node& node = nodes_[worker.node];
  if (frame.waits.request != 0 && !worker.requests.contains(frame.waits.request))
    return violation(worker, "it waits on behalf of request " + std::to_string(frame.waits.request) + ", which it does not have");
  if (takes_nothing(worker)) return;
  const auto refused = [&](std::string_view what, std::uint64_t value, std::uint64_t limit, const char* setting) {
    doors_.launcher.send(worker.id, wire::Attempting{frame.attempt, 0, std::string(what) + " (" + std::to_string(value) + " of " +
                                                                           std::to_string(limit) + ", " + setting + ")"});
  };
  if (worker.attempts.size() >= kAttemptsOpenMax)
    return refused("too many attempts of this node are at other nodes", worker.attempts.size(), kAttemptsOpenMax, "a fixed limit");
  if (attempts_open_ >= settings_.attempts_max)
    return refused("too many attempts wait in the container for what they come to", attempts_open_, settings_.attempts_max, "attempts_max");
  const std::uint64_t id = next_attempt_++;
  Request& request = requests_[id];
  ++attempts_open_;
  request.id = RequestId{id};
  request.node = node.index;
  request.phase = Phase::Running;
  request.format = wire::Format::Value;
  request.received = request.phase_since = now_;
  request.asker = Asker{worker.id, node.index, frame.attempt};
  request.waits = frame.waits.request;
  worker.requests.insert(id);
  worker.attempts.insert(id);
  doors_.launcher.send(worker.id, wire::Attempting{frame.attempt, id, {}});
}

void Container::Rules::on(Worker& worker, wire::Return& frame) {
  const Request* request = open_request(frame.origin.request);
  if (request && !request->asker) return violation(worker, "a value for a request that wants text");
  if (!takes_away(worker, frame.origin)) return;
  const std::uint64_t bytes = kMessageBytes + frame.value.size();
  say(nodes_[worker.node], {0, false, std::move(frame)}, bytes);
}

// Nobody is told if the process that asked has ended.
void Container::Rules::tell_asker(const Request& ended, Content content) {
  Worker* worker = worker_of(ended.asker->worker);
  if (!worker) return;
  worker->attempts.erase(static_cast<std::uint64_t>(ended.id));
  if (worker->ending || (mutated(Mutation::ForgetAsker) && std::holds_alternative<Problem>(content))) return;
  const std::uint64_t waiting = doors_.launcher.unsent_bytes(worker->id);
  if (waiting > settings_.mailbox_bytes_max) {
    const Node& node = nodes_[worker->node];
    content = limit_problem(ProblemKind::MailboxFull, "Node " + name(node) + " does not take what comes to it fast enough for what its attempt came to.",
                            &node, waiting, settings_.mailbox_bytes_max, "mailbox_bytes_max");
  }
  wire::Attempted what{ended.asker->attempt, true, {}, {}};
  if (auto* value = std::get_if<Value>(&content)) {
    what.value = std::move(value->content);
  } else {
    const Problem& problem = std::get<Problem>(content);
    what.ok = false;
    what.failure = wire::failure_text(problem.detail, problem.definition, problem.chain, problem.node ? fingerprint_of(*problem.node) : "");
  }
  doors_.launcher.send(worker->id, what);
}

// The process that asked is gone, or has said that it waits for nothing: what they come to is of no more use.
void Container::Rules::forget_attempts(Worker& worker) {
  for (const std::uint64_t id : std::exchange(worker.attempts, {})) attempts_open_ -= requests_.erase(id);
}

// Why a computation may not go there: somebody there waits for it, further up. nullopt: it may.
std::optional<std::string> Container::Rules::circle_of(const Request& request, const PublicKey& destination) {
  std::vector<const Node*> waiting{&nodes_[request.asker->node]};   // the innermost first; one after the other on a node are one
  std::size_t depth = 1;
  for (const Request* above = open_request(request.waits); above && above->asker; above = open_request(above->waits)) {
    const Node& node = nodes_[above->asker->node];
    if (waiting.back() != &node) waiting.push_back(&node);
    if (node.record.key == destination && &node != waiting.front()) {
      std::string circle;
      for (auto at = waiting.rbegin(); at != waiting.rend(); ++at) circle += name(**at) + " → ";
      return "node " + name(node) + " waits for it: nodes would wait for each other in a circle, " + circle + name(node) + ".";
    }
    if (++depth > kAttemptsDeepMax)
      return "more than " + std::to_string(kAttemptsDeepMax) + " attempts wait for each other in a row (a fixed limit).";
  }
  return std::nullopt;
}

}  // namespace roost::core
