// SPDX-License-Identifier: MIT
#pragma once

// The container's rules: a deterministic state machine without I/O, clock or threads. Events come in through the
// member functions, each with the time at which it happened; effects go out through the doors (doors.h). The same class
// runs in roostd and in the simulation.
//
// What it promises:
//  - at most one live process per node; a destroyed node never runs, never answers and never comes back;
//  - every request gets exactly one answer: a value, a problem, or a refusal with Retry-After;
//  - output gates: whatever a node sends after a write (an answer, a computation, a spawned node's first message, a
//    read) waits until that write is committed. If a commit fails, every node with a write in it is killed, what it held
//    is dropped, and its callers are told;
//  - code: what refers to a definition is let out only when the definition is committed and every worker can read it;
//  - budgets: a process counts against every budget above its node from before its launch until it has been reaped,
//    a node from its reservation until its destruction is committed. No budget is ever exceeded;
//  - a sender who is not allowed, or who is anonymous where that is not allowed, never starts a process;
//  - bytes: what waits to be written to one process is bounded, whatever it asks for and does not read;
//  - a node is put to sleep only if it said it is idle, has seen its newest message, and nothing is in flight to it.
//
// Thread: one. Requires: the time never goes back between calls.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/core/doors.h"
#include "backend/core/types.h"

namespace roost::core {

struct EvalRequest {
  RequestId id{};
  PublicKey node;
  Sender sender;
  std::string program;
  wire::Format format = wire::Format::Text;
  bool wants_debug = false;
  std::optional<Duration> wait;   // shorter than request_timeout, if the client asked for less
  Instant received{};             // when the front had read it
};

enum class ExitKind : std::uint8_t {
  Clean,          // exit 0
  Status,         // another exit status
  Signal,         // killed by a signal
  LaunchFailed,   // it never ran
  Broken,         // its pipe broke or it sent a malformed frame; the launcher has killed it
};
struct WorkerExit {
  ExitKind kind = ExitKind::Clean;
  int code = 0;         // exit status or signal number
  std::string detail;   // for the log and for its callers
};

struct CommitOutcome {
  bool ok = true;
  std::string error;    // for whoever wrote
  std::string detail;   // for the log alone: what the database said shows its inside
};

class Container {
 public:
  // Requires: `doors` outlives the container; `position` is that of the last committed batch.
  Container(Settings settings, Doors doors, BatchId position);
  ~Container();
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;

  // ---- at start, before any other event: the directory, parents before children. Every node is asleep. (The code store is filled
  // by whoever made it.)
  // False: the table is full (nodes_max).
  [[nodiscard]] bool load(NodeRecord record);
  void load_tombstone(const PublicKey& destroyed);

  // ---- requests
  void evaluate(Instant now, EvalRequest request);
  void describe(Instant now, RequestId id, const PublicKey& node);

  // ---- operator
  void create(Instant now, RequestId id, NodeRecord record);          // answered when durable
  void destroy(Instant now, RequestId id, const PublicKey& node);     // with all below it; answered when durable
  void put_to_sleep(Instant now, RequestId id, const PublicKey& node);  // Conflict if it is busy
  void drain(Instant now);            // no new work; when drained() the shell may exit
  [[nodiscard]] bool drained() const;
  void change_settings(Instant now, Settings settings);

  // ---- workers
  void worker_started(Instant now, WorkerId worker, std::int32_t pid);   // forked; Ready comes as a frame
  void worker_frame(Instant now, WorkerId worker, wire::FromWorker frame);
  void worker_took(Instant now, WorkerId worker);   // all that waited to be written to it
  void worker_exited(Instant now, WorkerId worker, const WorkerExit& exit);   // reaped: nothing of it is left

  // ---- storage
  void committed(Instant now, BatchId batch, const CommitOutcome& outcome);
  void read_done(Instant now, ReadId read, Result<std::vector<wire::Entry>, std::string> result);
  void fetch_done(Instant now, ReadId read, Result<std::string, std::string> result);

  // ---- time: call tick() when next_deadline() is reached (earlier does no harm).
  void tick(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const;

  // ---- for observers and tests
  struct Counts {
    std::uint64_t nodes = 0, awake = 0, requests = 0, journal_waiting = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  class Rules;   // container.cpp and its neighbours
  std::unique_ptr<Rules> rules_;
};

}  // namespace roost::core
