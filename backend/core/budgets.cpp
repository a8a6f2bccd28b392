// SPDX-License-Identifier: MIT
// Budgets: a process takes a place in every account above its node before it is launched, and gives it back once it has been
// reaped; a node counts from its reservation until its destruction is durable. Where a place is short, an idle node that
// counts against the same account sleeps earlier, least recently used first, and the wake waits for its place. For every
// node that waits somebody must be leaving: where nobody can, the message is refused instead.

#include "backend/core/mutation.h"
#include "backend/core/rules.h"

namespace roost::core {

// Requires: it is linked to its parent.
void Container::Rules::open_account(Node& node) {
  const Budget& budget = node.record.budget;
  Account& above = account_above(node);
  if (node.parent != kNoNode && !budget.nodes && !budget.awake && !budget.memory_bytes) {
    node.account = &above;
    return;
  }
  node.own_account = std::make_unique<Account>();
  node.own_account->owner = node.index;
  node.own_account->above = &above;
  node.account = node.own_account.get();
}

// Where the node itself counts as a node.
Account& Container::Rules::account_above(const Node& node) {
  return node.parent == kNoNode ? container_account_ : *nodes_[node.parent].account;
}

std::optional<Shortage> Container::Rules::shortage_of(const Node& node) {
  const std::uint64_t slack = mutated(Mutation::OneTooMany) ? 1 : 0;
  for (Account* account = node.account; account; account = account->above) {
    if (account == &container_account_) {
      if (account->awake >= settings_.awake_max + slack) return Shortage{account, "awake_max", account->awake, settings_.awake_max};
      continue;
    }
    const Budget& budget = nodes_[account->owner].record.budget;
    if (budget.awake && account->awake >= *budget.awake + slack) return Shortage{account, "budget.awake", account->awake, *budget.awake};
    if (budget.memory_bytes && account->memory + settings_.worker_memory_bytes > *budget.memory_bytes)
      return Shortage{account, "budget.memory_bytes", account->memory, *budget.memory_bytes};
  }
  return std::nullopt;
}

// How many of the nodes that are wanted every account from here on has room for; why, if none.
std::uint64_t Container::Rules::nodes_left(Account& from, std::uint64_t wanted, std::string& reason) {
  for (Account* account = &from; account; account = account->above) {
    const bool container = account == &container_account_;
    const auto max = container ? std::optional{settings_.nodes_max} : nodes_[account->owner].record.budget.nodes;
    if (!max) continue;
    const std::uint64_t room = *max > account->nodes ? *max - account->nodes : 0;
    wanted = std::min(wanted, room);
    if (room == 0 && reason.empty())
      reason = owner_of(*account) + " has no room for another node: " + std::to_string(account->nodes) + " of " +
               std::to_string(*max) + " (" + (container ? "nodes_max" : "budget.nodes") + ").";
  }
  return wanted;
}

void Container::Rules::count_nodes(Account& from, std::int64_t count) {
  if (count == 0) return;
  for (Account* account = &from; account; account = account->above) {
    CHECK(count > 0 || account->nodes >= static_cast<std::uint64_t>(-count));
    account->nodes += static_cast<std::uint64_t>(count);
    if (account->owner != kNoNode) changed(nodes_[account->owner]);
  }
}

void Container::Rules::take_place(Worker& worker) {
  for (Account* account = nodes_[worker.node].account; account; account = account->above) {
    ++account->awake;
    account->memory += worker.memory_bytes;
    worker.idle_places.emplace_back(worker);
    if (account->owner != kNoNode) changed(nodes_[account->owner]);
  }
}

void Container::Rules::give_place(Worker& worker) {
  for (Account* account = nodes_[worker.node].account; account; account = account->above) {
    CHECK(account->awake > 0 && account->memory >= worker.memory_bytes);
    if (!mutated(Mutation::LeakPlace)) --account->awake;
    account->memory -= worker.memory_bytes;
    if (worker.ending) --account->leaving;
    if (account->owner != kNoNode) changed(nodes_[account->owner]);
  }
}

// Requires: it has not been counted.
void Container::Rules::count_leaving(Worker& worker) {
  for (Account* account = nodes_[worker.node].account; account; account = account->above) ++account->leaving;
}

void Container::Rules::join_idle(Worker& worker) {
  auto place = worker.idle_places.begin();
  for (Account* account = nodes_[worker.node].account; account; account = account->above) account->idle.push_back(*place++);
}

void Container::Rules::leave_idle(Worker& worker) {
  for (auto& place : worker.idle_places) place.leave();
}

// Tells the least recently used idle node that counts against the account to sleep.
bool Container::Rules::make_room(Account& account) {
  Worker* oldest = account.idle.front();
  if (!oldest) return false;
  stop_worker(nodes_[oldest->node]);
  return true;
}

// The line of a node in an account's queue: that of the budget just below the account, through which it counts.
const Account* line_of(const Node& node, const Account& account) {
  const Account* line = node.account;
  while (line != &account && line->above != &account) line = line->above;
  return line;
}

std::optional<Problem> Container::Rules::wait_for_place(Node& node, const Shortage& shortage) {
  Account& account = *shortage.account;
  if (account.waiting.size() >= account.leaving && !make_room(account)) return no_place(node, shortage);
  node.waiting_in = &account;
  node.waiting_line = line_of(node, account);
  node.waiting_place = account.waiting.push(node.waiting_line, node.index);
  return std::nullopt;
}

void Container::Rules::stop_waiting(Node& node) {
  if (!node.waiting_in) return;
  node.waiting_in->waiting.remove(node.waiting_line, node.waiting_place);
  node.waiting_in = nullptr;
}

// A place has become free: gives it to those whose turn it is.
void Container::Rules::serve(Account& account) {
  while (!account.waiting.empty()) {
    Node& node = nodes_[account.waiting.front()];
    drop_stale_programs(node);
    const auto shortage = shortage_of(node);
    if (shortage && shortage->account == &account && !node.mailbox.empty()) break;
    stop_waiting(node);
    if (!node.mailbox.empty()) wake(node);
  }
  // A place that somebody waited for may have gone to another account's: let the next idle one leave.
  while (account.waiting.size() > account.leaving && make_room(account)) {}
}

// Somebody waits for a place that nobody is about to leave, and this process is idle there.
bool Container::Rules::is_awaited(const Worker& worker) {
  for (const Account* account = nodes_[worker.node].account; account; account = account->above)
    if (account->waiting.size() > account->leaving) return true;
  return false;
}

std::string Container::Rules::owner_of(const Account& account) {
  return account.owner == kNoNode ? std::string("The container") : "The budget of node " + name(nodes_[account.owner]);
}

Problem Container::Rules::no_place(const Node& node, const Shortage& shortage) {
  const bool container = shortage.account == &container_account_;
  std::string detail = "Node " + name(node) + " cannot wake: " + (container ? "the container" : "the budget of node " + name(nodes_[shortage.account->owner])) +
                       " has no place for another process, and none of those awake is idle.";
  return limit_problem(container ? ProblemKind::ContainerFull : ProblemKind::BudgetExhausted, std::move(detail), &node,
                       shortage.used, shortage.max, shortage.limit);
}

}  // namespace roost::core
