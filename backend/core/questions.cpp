// SPDX-License-Identifier: MIT
// Questions: reads of state and fetches of pages, whose answers go to the process that asked. A process may have thousands open, each
// answer may fill a frame, and a process need not take what it asked for: so few of one process are carried out at once, and none while
// more waits to be written to it than its mailbox may have. What waits for its turn goes with the process.

#include "backend/core/rules.h"

namespace roost::core {

namespace {

std::uint64_t bytes_of(const wire::Read& read) { return kMessageBytes + read.token.size() + read.key_hash.size(); }
std::uint64_t bytes_of(const wire::Fetch& fetch) { return kMessageBytes + fetch.url.size(); }

}  // namespace

// Its gate is open.
void Container::Rules::ask(Worker& worker, HeldOutput& question) {
  if (auto* fetch = std::get_if<wire::Fetch>(&question.output)) {
    worker.waiting_bytes += bytes_of(*fetch);
    worker.fetches_waiting.push_back(std::move(*fetch));
  } else {
    auto& read = std::get<wire::Read>(question.output);
    worker.waiting_bytes += bytes_of(read);
    worker.reads_waiting.push_back(std::move(read));
  }
  carry_out(worker);
  if (worker.waiting_bytes <= kHeldBytesMax) return;
  const Node& node = nodes_[worker.node];
  kill_worker(worker, limit_problem(ProblemKind::StorageFailed, "Node " + name(node) + " asked for too much at once.", &node, worker.waiting_bytes,
                                    kHeldBytesMax, "a fixed limit"), "questions-full");
}

void Container::Rules::carry_out(Worker& worker) {
  const bool takes = !worker.ending && doors_.launcher.unsent_bytes(worker.id) <= settings_.mailbox_bytes_max;
  if (!takes) return;   // worker_took() follows
  const PublicKey& node = nodes_[worker.node].record.key;
  while (!worker.reads_waiting.empty() && worker.reads_under_way < kReadsUnderWayMax) {
    wire::Read read = worker.reads_waiting.pop_front();
    worker.waiting_bytes -= bytes_of(read);
    ++worker.reads_under_way;
    reads_.emplace(next_read_, PendingRead{worker.id, worker.node, read.read});
    doors_.state_reader.read({ReadId{next_read_++}, node, std::move(read)});
  }
  while (!worker.fetches_waiting.empty() && worker.fetches_under_way < kFetchesUnderWayMax) {
    wire::Fetch fetch = worker.fetches_waiting.pop_front();
    worker.waiting_bytes -= bytes_of(fetch);
    ++worker.fetches_under_way;
    reads_.emplace(next_read_, PendingRead{worker.id, worker.node, fetch.read});
    doors_.fetcher.fetch({ReadId{next_read_++}, node, std::move(fetch.url)});
  }
}

void Container::Rules::worker_took(WorkerId id) {
  if (Worker* worker = worker_of(id)) carry_out(*worker);
}

// The process that still waits for this answer, and its own number of the question; null: none does.
Worker* Container::Rules::asker_of(ReadId id, std::uint64_t& read) {
  const auto found = reads_.find(static_cast<std::uint64_t>(id));
  if (found == reads_.end()) return nullptr;
  const PendingRead pending = found->second;
  reads_.erase(found);
  Worker* worker = worker_of(pending.worker);
  if (!worker || worker->ending) return nullptr;
  worker->reads.erase(pending.read);
  read = pending.read;
  return worker;
}

void Container::Rules::fetch_done(ReadId id, Result<std::string, std::string> result) {
  std::uint64_t read = 0;
  Worker* const worker = asker_of(id, read);
  if (!worker) return;
  --worker->fetches_under_way;
  const bool ok = result.ok();
  doors_.launcher.send(worker->id, wire::Fetched{read, ok, ok ? std::move(result).value() : std::string(result.error())});
  carry_out(*worker);
  settle(nodes_[worker->node]);
}

void Container::Rules::read_done(ReadId id, Result<std::vector<wire::Entry>, std::string> result) {
  std::uint64_t read = 0;
  Worker* const worker = asker_of(id, read);
  if (!worker) return;
  --worker->reads_under_way;
  Node& node = nodes_[worker->node];
  if (!result.ok()) log(LogLevel::Warning, "read-failed", &node, result.error());
  wire::ReadResult answer{read, result.ok(), {}};
  if (result.ok()) answer.entries = std::move(result).value();
  doors_.launcher.send(worker->id, answer);
  carry_out(*worker);
  settle(node);
}

}  // namespace roost::core
