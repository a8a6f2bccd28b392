// SPDX-License-Identifier: MIT
// Processes: launched for a message, told to stop when their node rests, killed when they break a rule, reaped. A node whose
// process ends while messages wait for it wakes again.

#include "backend/core/mutation.h"
#include "backend/core/rules.h"

namespace roost::core {

// Requires: the node is asleep, waits for nothing, and has a message. Its messages are answered if it cannot wake.
void Container::Rules::wake(Node& node) {
  if (auto refusal = try_to_wake(node)) fail_mailbox(node, *refusal);
}

std::optional<Problem> Container::Rules::try_to_wake(Node& node) {
  if (const auto shortage = shortage_of(node)) return wait_for_place(node, *shortage);
  launch(node);
  return std::nullopt;
}

void Container::Rules::launch(Node& node) {
  auto made = std::make_unique<Worker>(WorkerId{next_worker_++}, node.index);
  Worker& worker = *made;
  workers_.emplace(static_cast<std::uint64_t>(worker.id), std::move(made));
  worker.memory_bytes = settings_.worker_memory_bytes;
  node.worker = &worker;
  take_place(worker);
  happen(node, LifeEvent::Launch);
  wait_from_now(worker, launched_);
  log(LogLevel::Debug, "wake", &node, "a process is started");
  doors_.launcher.launch({worker.id, node.record.key, node.record.sealed_key, node.record.capabilities, worker.memory_bytes});
}

// Requires: the node is idle.
void Container::Rules::stop_worker(Node& node) {
  Worker& worker = *node.worker;
  leave_idle(worker);
  worker.ending = true;
  count_leaving(worker);
  happen(node, LifeEvent::End);
  wait_from_now(worker, stopping_);
  log(LogLevel::Debug, "sleep", &node, "its process is told to stop");
  doors_.launcher.send(worker.id, wire::Stop{});
}

// Kills a process and tells its callers why. What it says from now on is ignored.
void Container::Rules::kill_worker(Worker& worker, Problem why, const char* event) {
  if (worker.why_killed) return;
  Node& node = nodes_[worker.node];
  log(LogLevel::Warning, event, &node, why.detail);
  leave_idle(worker);
  worker.timed.leave();
  if (!worker.ending) count_leaving(worker);
  worker.ending = true;
  worker.why_killed = why;
  happen(node, LifeEvent::End);
  fail_callers(worker, why);
  doors_.launcher.kill(worker.id);
}

void Container::Rules::fail_callers(Worker& worker, const Problem& why) {
  for (const std::uint64_t request : std::exchange(worker.requests, {})) answer(request, why);
}

void Container::Rules::worker_started(WorkerId id, std::int32_t pid) {
  Worker* worker = worker_of(id);
  if (!worker) return;
  worker->pid = pid;
  changed(nodes_[worker->node]);
}

namespace {

// The launcher's words say which limit a process met, where it knows.
ProblemKind kind_of(const WorkerExit& exit) {
  return exit.detail.find("memory") != std::string::npos && exit.detail.find("limit") != std::string::npos ? ProblemKind::MemoryLimit
                                                                                                           : ProblemKind::WorkerDied;
}

}  // namespace

void Container::Rules::worker_exited(WorkerId id, const WorkerExit& exit) {
  const auto found = workers_.find(static_cast<std::uint64_t>(id));
  if (found == workers_.end()) return;
  const std::unique_ptr<Worker> worker = std::move(found->second);
  workers_.erase(found);
  Node& node = nodes_[worker->node];
  const bool stopped = worker->ending && !worker->why_killed;
  const std::string reason = worker->why_killed ? worker->why_killed->detail : exit.detail.empty() ? "it ended by itself" : exit.detail;
  if (!stopped) node.last_exit = reason;
  if (!stopped && !worker->why_killed) log(LogLevel::Warning, "worker-died", &node, reason);
  if (!mutated(Mutation::ForgetCallers))
    fail_callers(*worker, problem(kind_of(exit), "The process of node " + name(node) + " ended before it answered: " + reason + ".", &node));
  forget_attempts(*worker);
  if (worker->fetches_under_way > 0) doors_.fetcher.forget_fetches(node.record.key);
  leave_idle(*worker);
  give_back_leave(*worker);
  give_place(*worker);
  node.worker = nullptr;
  node.held.erase_if([](const HeldOutput& held) { return held.is_question(); });
  happen(node, LifeEvent::Reap);
  std::vector<Account*> freed;   // innermost first; the node itself may go
  for (Account* account = node.account; account; account = account->above) freed.push_back(account);
  for (Account* account : freed) serve(*account);
  if (node.state == NodeState::Destroyed) free_if_gone(node.index);
  else wake_again(node, worker->ready || stopped, reason);
}

// Messages that came too late for the process wake the node again, unless its processes die before they are ready.
void Container::Rules::wake_again(Node& node, bool was_ready, const std::string& reason) {
  node.launch_failures = was_ready ? 0 : node.launch_failures + 1;
  drop_stale_programs(node);
  if (node.mailbox.empty() || node.state != NodeState::Asleep || node.waiting_in) return;
  if (node.launch_failures < kLaunchFailuresMax) return wake(node);
  node.launch_failures = 0;
  fail_mailbox(node, problem(ProblemKind::WorkerDied, "Node " + name(node) + " could not be woken, " +
                                 std::to_string(kLaunchFailuresMax) + " times in a row: " + reason + ".", &node));
}

}  // namespace roost::core
