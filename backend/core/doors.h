// SPDX-License-Identifier: MIT
#pragma once

// What the core makes happen in the world, as small interfaces. The shell implements them with processes, PostgreSQL
// and FastCGI; the simulation implements them with a seed. None of these calls may block, call back into the core, or
// fail: what comes of an effect comes back as an event.
// Thread: called by the core's thread alone.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backend/core/types.h"

namespace roost::core {

struct LaunchOrder {
  WorkerId worker{};
  PublicKey node;
  Bytes sealed_key;                 // the launcher unseals it and sends the Start frame
  wire::Capabilities capabilities = 0;
  std::uint64_t memory_bytes = 0;
};

class Launcher {
 public:
  virtual ~Launcher() = default;
  // Followed by worker_started or worker_exited. The Start frame is the launcher's; what the core sends follows it.
  virtual void launch(const LaunchOrder& order) = 0;
  // Queues one frame for the worker's stdin. Ignored if the worker is gone.
  virtual void send(WorkerId worker, const wire::ToWorker& frame) = 0;
  // Bytes queued for the worker and not yet taken by its pipe. When there are none any more, worker_took follows.
  [[nodiscard]] virtual std::uint64_t unsent_bytes(WorkerId worker) const = 0;
  // SIGKILL. worker_exited follows once the process has been reaped.
  virtual void kill(WorkerId worker) = 0;
  // What it says waits for something of the container's, so that its silence is not its own.
  [[nodiscard]] virtual bool is_held_up(WorkerId worker) const = 0;
};

// What one transaction makes durable, in order.
struct StateWrite {
  PublicKey node;
  wire::Write write;
};
struct NodeCreation {
  NodeRecord record;
};
struct NodeDestruction {   // the node and every node in `nodes`: rows, state, keys; each leaves a tombstone
  std::vector<PublicKey> nodes;
};
struct Definition {   // of code, by its content hash; the core commits none that the code store holds
  wire::DefinitionHash hash{};
  std::shared_ptr<const Bytes> bytes;   // shared with the core, which publishes them when they are committed
};
using JournalEntry = std::variant<StateWrite, NodeCreation, NodeDestruction, Definition>;
struct Batch {
  BatchId id{};
  std::vector<JournalEntry> entries;
};

class Journal {
 public:
  virtual ~Journal() = default;
  // Commits the batch as one transaction, then posts committed(id, outcome). At most one batch is under way.
  virtual void commit(Batch batch) = 0;
};

struct StateRead {
  ReadId id{};
  PublicKey node;
  wire::Read read;
};
class StateReader {
 public:
  virtual ~StateReader() = default;
  // Posts read_done. Sees everything committed before the call.
  virtual void read(StateRead read) = 0;
};

class Replies {
 public:
  virtual ~Replies() = default;
  // Answers a request, once.
  virtual void answer(RequestId request, Answer answer) = 0;
};

struct FetchOrder {
  ReadId id{};
  PublicKey node;
  std::string url;   // as the program gave it
};
class Fetcher {
 public:
  virtual ~Fetcher() = default;
  // Posts fetch_done: the body, or why there is none. Whether the URL is allowed is the fetcher's to judge.
  virtual void fetch(FetchOrder order) = 0;
  // The process that asked for this node's fetches has ended: none of them need go on.
  virtual void forget_fetches(const PublicKey& node) = 0;
};

// What every worker reads code from. It only grows: whatever was published stays for as long as roostd runs, and is there again
// when it starts anew. Room is taken before a definition goes to the journal, so that one which is committed always has its place.
class CodeStore {
 public:
  virtual ~CodeStore() = default;
  [[nodiscard]] virtual bool holds(const wire::DefinitionHash& hash) const = 0;
  // Keeps room for a definition of that size until it is published or the room is given up. False: there is not enough left.
  [[nodiscard]] virtual bool reserve(std::uint64_t bytes) = 0;
  // From here on every worker finds it. One that is there already is left as it is; the room that was kept for it is free either way.
  // Requires: reserve(definition.size()).
  virtual void publish(const wire::DefinitionHash& hash, BytesView definition) = 0;
  virtual void give_up(std::uint64_t bytes) = 0;
  // What would be used, and reserved, with one more definition of that size: compare it with code_bytes_max to see why reserve() failed.
  [[nodiscard]] virtual std::uint64_t bytes_with(std::uint64_t bytes) const = 0;
};

// One node as observers see it. `slot` is the node's place in the status map, below nodes_max.
struct NodeStatus {
  std::uint32_t slot = 0;
  PublicKey key;
  std::optional<PublicKey> parent;
  NodeState state = NodeState::Asleep;
  Lifetime lifetime = Lifetime::Root;
  std::int32_t pid = 0;                    // of the worker; 0: none
  std::uint32_t mailbox = 0;
  std::int64_t last_activity_ms = 0;       // Unix time; 0: never
  std::uint64_t memory_bytes_allotted = 0;
  std::uint64_t memory_bytes_in_use = 0;   // as the worker last said
  std::uint64_t messages = 0;
  std::uint32_t nodes_used = 0;            // of its budget, by its subtree
  std::uint32_t awake_used = 0;
};
class StatusBoard {
 public:
  virtual ~StatusBoard() = default;
  virtual void publish(const NodeStatus& status) = 0;
  virtual void clear(std::uint32_t slot) = 0;   // the node was destroyed and its slot is free
};

// The container's master key, as a pair of functions: no key is in the core.
class KeyVault {
 public:
  virtual ~KeyVault() = default;
  [[nodiscard]] virtual Bytes seal(const PublicKey& node, BytesView seed) = 0;
};

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };
struct LogEvent {
  LogLevel level = LogLevel::Info;
  std::string_view event;           // one word: "wake", "worker-died", "debug", …
  std::optional<PublicKey> node;
  std::uint64_t request = 0;        // 0: none
  std::string message;
  bool of_program = false;          // a program says it, or causes it as often as it likes
};
class LogSink {
 public:
  virtual ~LogSink() = default;
  // May leave out what there is no room for, what is of programs first.
  virtual void log(const LogEvent& event) = 0;
};

// All of the core's doors. Whoever makes a Container keeps them alive longer than it.
struct Doors {
  Launcher& launcher;
  Journal& journal;
  StateReader& state_reader;
  Fetcher& fetcher;
  Replies& replies;
  StatusBoard& status_board;
  KeyVault& key_vault;
  LogSink& log;
  CodeStore& code_store;
};

}  // namespace roost::core
