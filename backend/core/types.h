// SPDX-License-Identifier: MIT
#pragma once

// The words of the container's core: what a node is, what may be asked of the container, what it answers.
// Plain values; nothing here does anything.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "backend/core/problem.h"
#include "worker/wire/bytes.h"
#include "worker/wire/fingerprint.h"
#include "worker/wire/frames.h"

namespace roost::core {

// Wall-clock time that never goes back: the shell takes it from the monotonic clock plus the offset at start.
using Instant = std::chrono::sys_time<std::chrono::nanoseconds>;
using Duration = std::chrono::nanoseconds;

enum class RequestId : std::uint64_t {};   // never 0, never reused in one run
enum class WorkerId : std::uint64_t {};    // one process, from launch to reaping; never 0, never reused in one run
enum class ReadId : std::uint64_t {};
enum class BatchId : std::uint64_t {};     // ascending by one, across restarts too: the journal's position

enum class NodeState : std::uint8_t { Asleep = 0, Waking = 1, Idle = 2, Active = 3, Draining = 4, Destroyed = 5 };
[[nodiscard]] const char* name_of(NodeState state);   // "asleep", …

enum class Lifetime : std::uint8_t { Root = 0, Linked = 1, Ephemeral = 2, Resetting = 3, Leased = 4 };
[[nodiscard]] const char* name_of(Lifetime lifetime);   // "root", …

// Who may send a node a computation. A node always accepts itself, its parent and the operator.
enum class AccessKind : std::uint8_t { Anyone = 0, Container = 1, Only = 2 };
[[nodiscard]] const char* name_of(AccessKind kind);
struct Access {
  AccessKind kind = AccessKind::Only;
  std::vector<PublicKey> only;   // for Only; empty: nobody but itself, its parent and the operator
};

// What a node and all below it may use together. An absent field sets no limit of its own: the parent's holds.
struct Budget {
  std::optional<std::uint64_t> nodes;          // alive in the subtree below this node
  std::optional<std::uint64_t> awake;          // awake at once, this node included
  std::optional<std::uint64_t> memory_bytes;   // allotted to awake nodes, this node included
};

// One node as the directory keeps it.
struct NodeRecord {
  PublicKey key;
  std::optional<PublicKey> parent;   // none: made by the operator
  Lifetime lifetime = Lifetime::Root;
  Access access;
  Budget budget;
  wire::Capabilities capabilities = 0;
  Bytes sealed_key;                  // the seed under the container's master key
  // For spawned nodes: the key as the parent keeps it (see wire::KeyEnvelope).
  wire::KeyEnvelope envelope;
  Bytes enclosed_key;
};

// Settings the core decides by. Every one is a key of roost.toml under the same name.
struct Settings {
  std::string host = "localhost:8443";           // "name[:port]" in node URLs
  std::uint64_t nodes_max = 262144;              // slots of the status map
  std::uint64_t awake_max = 4096;                // worker processes at once
  std::uint64_t requests_max = 16384;            // requests parked at once
  std::uint64_t attempts_max = 131072;           // computations at once that other nodes wait for
  std::uint64_t mailbox_max = 1024;              // unanswered and undelivered messages a node may have
  std::uint64_t mailbox_bytes_max = 32u << 20;   // bytes waiting to be written to one worker
  std::uint64_t worker_memory_bytes = 16u << 20;
  std::uint64_t journal_batch_max = 4096;        // entries in one transaction
  std::uint64_t journal_bytes_max = 64u << 20;   // bytes waiting to be committed, all nodes together
  std::uint64_t code_bytes_max = 256u << 20;     // of the code store; fixed at the start
  Duration idle_timeout = std::chrono::seconds(60);
  Duration request_timeout = std::chrono::seconds(30);
  Duration compute_timeout = std::chrono::seconds(10);        // CPU time a message may use
  Duration receive_timeout{0};                                // 0: without limit
  Duration wake_timeout = std::chrono::seconds(10);           // launch to Ready
  Duration unresponsive_timeout = std::chrono::seconds(15);   // a worker that does not answer a Ping is killed
  Duration drain_timeout = std::chrono::seconds(20);
};

// Who sent a message, as proved: nothing is taken on trust from the message itself.
struct Anonymous {};
struct Operator {};   // came by the operator's socket
using Sender = std::variant<Anonymous, Operator, PublicKey>;

// Where a request's time went, for Server-Timing.
struct Timings {
  Duration queue{};    // until the core took it
  Duration wake{};     // waiting for a process
  Duration eval{};     // in workers
  Duration commit{};   // held at an output gate
};

// What the directory and the status map know of a node; told without waking it.
struct NodeDescription {
  PublicKey key;
  std::optional<PublicKey> parent;
  NodeState state = NodeState::Asleep;
  Lifetime lifetime = Lifetime::Root;
  Access access;
  Budget budget;
  wire::Capabilities capabilities = 0;
  std::uint64_t nodes_used = 0;          // of the budget, by the subtree
  std::uint64_t awake_used = 0;
  std::uint64_t memory_bytes_used = 0;   // allotted to awake nodes of the subtree
  std::uint64_t children = 0;
  std::uint64_t mailbox = 0;
  std::uint64_t messages = 0;            // handled since the container started
  std::optional<Instant> last_activity;
  std::string last_exit;                 // why the last process ended, if it was not put to sleep
};

struct Value {
  std::string content;              // in the request's format
  std::vector<std::string> debug;   // debug lines, if the request asked for them
  wire::Format format = wire::Format::Text;
};
struct Done {   // an operator's order was carried out
  PublicKey node;
};
struct Answer {
  std::variant<Value, Problem, NodeDescription, Done> content;
  Timings timings;
};

}  // namespace roost::core
