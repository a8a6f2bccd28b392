// SPDX-License-Identifier: MIT
// Time. What is due after a fixed while is a list in the order in which it began, so that its first member is the next one
// due, and starting or ending a wait costs a few pointer writes; only requests with a time limit of their own need a heap.

#include "backend/core/rules.h"

namespace roost::core {

void Container::Rules::wait_from_now(Worker& worker, IntrusiveList<Worker>& list) {
  worker.since = now_;
  list.push_back(worker.timed);
}

// An active process answered a ping: the next one is due after a while.
void Container::Rules::heard_from(Worker& worker) {
  if (nodes_[worker.node].state == NodeState::Active && !worker.ending) wait_from_now(worker, active_);
}

std::optional<Instant> Container::Rules::next_deadline() const {
  std::optional<Instant> next;
  const auto consider = [&](Instant due) { next = next ? std::min(*next, due) : due; };
  if (const Request* first = requests_by_deadline_.front()) consider(first->deadline);
  if (!own_deadlines_.empty()) consider(own_deadlines_.top().first);
  if (const Worker* first = launched_.front()) consider(first->since + settings_.wake_timeout);
  if (const Worker* first = active_.front()) consider(first->since + kPingAfter);
  if (const Worker* first = pinged_.front()) consider(first->since + settings_.unresponsive_timeout);
  if (const Worker* first = stopping_.front()) consider(first->since + kStopTimeout);
  if (const Worker* first = container_account_.idle.front()) consider(first->idle_since + settings_.idle_timeout);
  if (draining_ && !drain_is_over_ && !drained()) consider(drain_deadline_);
  return next;
}

void Container::Rules::tick() {
  requests_due();
  workers_due();
  silence_due();
  if (draining_ && !drain_is_over_ && drain_deadline_ <= now_) drain_over();
}

void Container::Rules::requests_due() {
  while (Request* first = requests_by_deadline_.front()) {
    if (first->deadline > now_) break;
    request_timed_out(*first);
  }
  while (!own_deadlines_.empty() && own_deadlines_.top().first <= now_) {
    const std::uint64_t id = own_deadlines_.top().second;
    own_deadlines_.pop();
    if (Request* request = open_request(id)) request_timed_out(*request);
  }
}

void Container::Rules::workers_due() {
  while (Worker* idle = container_account_.idle.front()) {
    if (idle->idle_since + settings_.idle_timeout > now_) break;
    stop_worker(nodes_[idle->node]);
  }
  while (Worker* launched = launched_.front()) {
    if (launched->since + settings_.wake_timeout > now_) break;
    Node& node = nodes_[launched->node];
    kill_worker(*launched, problem(ProblemKind::WorkerDied, "The process of node " + name(node) + " was not ready in time (wake_timeout_ms).", &node), "wake-timeout");
  }
  while (Worker* stopping = stopping_.front()) {
    if (stopping->since + kStopTimeout > now_) break;
    stopping->timed.leave();
    log(LogLevel::Warning, "stop-timeout", &nodes_[stopping->node], "its process did not stop when it was told to, and is killed");
    doors_.launcher.kill(stopping->id);
  }
}

void Container::Rules::silence_due() {
  while (Worker* silent = active_.front()) {
    if (silent->since + kPingAfter > now_) break;
    wait_from_now(*silent, pinged_);
    doors_.launcher.send(silent->id, wire::Ping{static_cast<std::uint64_t>(silent->id)});
  }
  while (Worker* silent = pinged_.front()) {
    if (silent->since + settings_.unresponsive_timeout > now_) break;
    if (doors_.launcher.is_held_up(silent->id)) {
      wait_from_now(*silent, pinged_);
      continue;
    }
    Node& node = nodes_[silent->node];
    const auto ms = [](Duration duration) { return static_cast<std::uint64_t>(duration / std::chrono::milliseconds(1)); };
    kill_worker(*silent, limit_problem(ProblemKind::WorkerUnresponsive, "The process of node " + name(node) + " did not answer a ping in time.", &node,
                                       ms(now_ - silent->since), ms(settings_.unresponsive_timeout), "unresponsive_timeout_ms"), "worker-unresponsive");
  }
}

}  // namespace roost::core
