// SPDX-License-Identifier: MIT
#pragma once

// What the container remembers: nodes, their processes, the budget accounts above them, requests, and journal entries.
// Plain records; the rules (rules.h) act on them. Nodes and accounts refer to each other by index or pointer; none of
// them moves while it is in use.
// Thread: the core's.

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <variant>
#include <vector>

#include "backend/core/container.h"
#include "backend/core/fifo.h"
#include "backend/core/intrusive_list.h"
#include "backend/core/wait_queue.h"

namespace roost::core {

using NodeIndex = std::uint32_t;   // a node's place in the table, and its slot in the status map
inline constexpr NodeIndex kNoNode = ~NodeIndex{0};
using JournalSequence = std::uint64_t;   // counts entries of this run

// One message for a node: a program that came by a request, or a computation from another node.
struct Message {
  wire::Origin origin;
  PublicKey sender;          // of a computation
  bool is_program = false;
  bool wants_debug = false;  // debug lines of its trace go to a request
  Bytes content;
};

// Something a node said that waits at its gate.
struct HeldOutput {
  JournalSequence gate = 0;   // passes when this entry is committed
  bool wants_debug = false;   // of a Send
  std::variant<wire::Answer, wire::Send, wire::Read, wire::Fetch, wire::Return> output;
  // Its answer goes to the process that asked, and to no other.
  [[nodiscard]] bool is_question() const {
    return std::holds_alternative<wire::Read>(output) || std::holds_alternative<wire::Fetch>(output);
  }
};

struct Worker;

// What a budget's subtree uses. There is one for the container, one for every node made by the operator, and one for every
// node with a budget of its own; all other nodes count against the nearest above them.
struct Account {
  NodeIndex owner = kNoNode;   // kNoNode: the container
  Account* above = nullptr;    // none: the container's
  std::uint64_t nodes = 0, awake = 0, memory = 0;
  std::uint64_t leaving = 0;       // of `awake`, those told to stop or killed: places about to be free
  IntrusiveList<Worker> idle;      // least recently used first
  WaitQueue waiting;               // nodes that need a place here
};

struct Worker {
  Worker(WorkerId worker_id, NodeIndex its_node) : id(worker_id), node(its_node) {}
  WorkerId id;
  NodeIndex node;
  bool ready = false;
  bool ending = false;               // told to stop, or killed
  bool claims_idle = false;          // said so after its newest message
  std::int32_t pid = 0;
  std::uint64_t sent = 0;            // Eval and Run frames given to it
  std::uint64_t memory_bytes = 0;    // allotted
  std::uint64_t memory_in_use = 0;
  std::uint64_t leave = 0;           // children it may still spawn
  Instant since{};                   // of its place in `timed`: launched, last heard, pinged, told to stop
  IntrusiveList<Worker>::Hook timed{*this};
  Instant idle_since{};
  std::deque<IntrusiveList<Worker>::Hook> idle_places;   // one for each account above it
  std::unordered_set<std::uint64_t> requests;   // delivered to it and not given away
  std::unordered_set<std::uint64_t> attempts;   // requests whose answers it waits for
  std::unordered_set<std::uint64_t> reads;      // ids of reads and fetches that are open
  Fifo<wire::Read> reads_waiting;               // let out, and not carried out yet
  Fifo<wire::Fetch> fetches_waiting;
  std::uint64_t waiting_bytes = 0;              // of both
  std::size_t reads_under_way = 0, fetches_under_way = 0;
  std::unordered_set<std::uint64_t> traces;     // whose debug lines it may add to
  std::optional<Problem> why_killed;            // what its callers are told
};

struct Node {
  NodeRecord record;
  NodeIndex index = kNoNode;
  NodeIndex parent = kNoNode, first_child = kNoNode, next_sibling = kNoNode, previous_sibling = kNoNode;
  std::uint32_t children = 0;
  NodeState state = NodeState::Asleep;
  bool unpublished = false;          // its status changed in this event
  bool never_created = false;        // its creation failed, while it was being destroyed
  bool durably_gone = false;         // its destruction is committed
  std::uint32_t destructions = 0;    // under way that name it
  std::uint32_t launch_failures = 0; // in a row
  std::unique_ptr<Account> own_account;
  Account* account = nullptr;        // its own, or the nearest above
  Worker* worker = nullptr;
  Fifo<Message> mailbox;             // not yet delivered
  std::uint64_t mailbox_bytes = 0;
  Fifo<HeldOutput> held;
  std::uint64_t held_bytes = 0;
  JournalSequence gate = 0;          // its newest entry in the journal
  std::uint64_t journal_bytes = 0;   // of its entries that are not committed
  JournalSequence created = 0;       // the entry that makes it; 0: loaded
  Account* waiting_in = nullptr;     // the budget that it waits for
  const Account* waiting_line = nullptr;
  WaitQueue::Place waiting_place;
  std::uint64_t messages = 0;
  Instant last_activity{};
  std::string last_exit;
};

enum class Phase : std::uint8_t { Queued, Waking, Running, Held };

// Who waits for an attempt.
struct Asker {
  WorkerId worker{};
  NodeIndex node = kNoNode;
  std::uint64_t attempt = 0;   // its own number of it
};

struct Request {
  Request() = default;
  RequestId id{};
  NodeIndex node = kNoNode;   // where its computation is
  Phase phase = Phase::Queued;
  bool wants_debug = false, debug_full = false;
  wire::Format format = wire::Format::Text;
  std::optional<Asker> asker;   // of an attempt; none: it came from outside
  std::uint64_t waits = 0;      // the request of the computation that waits for this one; 0: none, or nobody's
  Instant received{}, phase_since{}, deadline{};
  Timings timings;
  std::vector<std::string> debug;
  std::size_t debug_bytes = 0;
  IntrusiveList<Request>::Hook by_deadline{*this};
};

struct GatheredEntry {
  JournalSequence sequence = 0;
  NodeIndex author = kNoNode;   // whose output depends on it; kNoNode: the operator
  std::uint64_t bytes = 0;
  JournalEntry entry;
};

// A batch that the journal has: what is needed when its outcome is known.
struct CommittedEntry {
  JournalSequence sequence = 0;
  NodeIndex author = kNoNode;
  NodeIndex created = kNoNode;
  std::uint64_t bytes = 0;
};

struct Destruction {
  RequestId request{};
  PublicKey root;
  std::vector<NodeIndex> nodes;   // parents before children
};
struct Creation {
  RequestId request{};
  PublicKey node;
};

}  // namespace roost::core
