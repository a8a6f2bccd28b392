// SPDX-License-Identifier: MIT
#pragma once

// The inside of Container: its rules as member functions, one file an idea:
//   requests.cpp     requests come in, wait, are answered once       frames.cpp       what workers say, verified
//   messages.cpp     mailbox, access, hops                           gates.cpp        journal batches, held output
//   attempts.cpp     computations that other nodes wait for          questions.cpp    reads and fetches
//   budgets.cpp      accounts, places, who waits and who makes room  destruction.cpp  nodes go, with all below them
//   waking.cpp       launch, sleep, exits                            orders.cpp       the operator; drain
//   node_table.cpp   the nodes, and what observers see of them       timers.cpp       what is due when
// lifecycle.h is the table of a node's states. Nothing outside backend/core includes this header.
//
// Each event is handled between begin() and end(): changed statuses are published and a batch is started once an event.
// Cost: an event takes constant time in the number of nodes, processes and requests (logarithmic for requests with a
// time limit of their own); only a failed batch and a destruction cost what they undo.

#include <map>
#include <queue>
#include <unordered_map>

#include "backend/core/container.h"
#include "backend/core/lifecycle.h"
#include "backend/core/tables.h"

namespace roost::core {

inline constexpr std::size_t kDebugLinesMax = 1000;            // kept for one request
inline constexpr std::size_t kDebugBytesMax = 256u << 10;
inline constexpr std::uint64_t kReserveMax = 4096;             // children asked for at once, as PROTOCOL.md says
inline constexpr std::uint64_t kAheadShare = 4;                // what is asked for ahead gets at most one in so many that are left
inline constexpr std::uint32_t kLaunchFailuresMax = 3;         // in a row, before the mailbox is answered instead
inline constexpr std::size_t kReadsOpenMax = 4096;             // of one process, fetches included
inline constexpr std::size_t kReadsUnderWayMax = 4;            // of one process; more than there are readers by default
inline constexpr std::size_t kFetchesUnderWayMax = 8;          // of one process, as the fetcher has it
// What may wait for a process beyond mailbox_bytes_max: the answers that were under way, and one attempt's.
inline constexpr std::uint64_t kAnswersBytesMax = (kReadsUnderWayMax + kFetchesUnderWayMax + 1) * std::uint64_t{wire::kFrameBytesMax};
inline constexpr std::size_t kAttemptsOpenMax = 1024;          // of one process, whose computations are elsewhere
inline constexpr std::size_t kAttemptsDeepMax = 256;           // that wait for each other in a row
inline constexpr std::uint64_t kAttemptFirst = std::uint64_t{1} << 62;   // requests of attempts; those from outside are below
inline constexpr std::uint64_t kHeldBytesMax = 64u << 20;      // of one node, waiting for commits
inline constexpr std::uint64_t kBatchBytesMax = 8u << 20;      // of one transaction, unless one entry has more: all others wait for it
inline constexpr std::uint64_t kJournalShares = 4;             // who holds one in so many of journal_bytes_max leaves as much to others
inline constexpr std::uint64_t kEntryBytes = 256;              // what a journal entry costs beside its content
inline constexpr std::uint64_t kMessageBytes = 64;             // what a message costs beside its content
inline constexpr std::size_t kSeedBytes = 32;
inline constexpr std::size_t kKeyHashBytesMax = 255;
inline constexpr Duration kPingAfter = std::chrono::seconds(1);     // of silence from an active worker
inline constexpr Duration kStopTimeout = std::chrono::seconds(2);   // Stop to exit, then SIGKILL

// Why there is no place for a process.
struct Shortage {
  Account* account = nullptr;
  const char* limit = "";   // the setting, or the field of the budget
  std::uint64_t used = 0, max = 0;
};

class Container::Rules {
 public:
  Rules(Settings settings, Doors doors, BatchId position);

  // ---- the container's interface, see container.h
  bool load(NodeRecord record);
  void load_tombstone(const PublicKey& key) { tombstones_.insert(key); }
  void evaluate(EvalRequest request);
  void describe(RequestId id, const PublicKey& key);
  void create(RequestId id, NodeRecord record);
  void destroy(RequestId id, const PublicKey& key);
  void put_to_sleep(RequestId id, const PublicKey& key);
  void drain();
  bool drained() const;
  void change_settings(Settings settings);
  void worker_started(WorkerId id, std::int32_t pid);
  void worker_frame(WorkerId id, wire::FromWorker frame);
  void worker_took(WorkerId id);
  void worker_exited(WorkerId id, const WorkerExit& exit);
  void committed(BatchId batch, const CommitOutcome& outcome);
  void read_done(ReadId read, Result<std::vector<wire::Entry>, std::string> result);
  void fetch_done(ReadId read, Result<std::string, std::string> result);
  void tick();
  std::optional<Instant> next_deadline() const;
  Counts counts() const;

  void begin(Instant when) { now_ = when; }
  void end();

 private:
  using Content = std::variant<Value, Problem, NodeDescription, Done>;
  struct PendingRead {   // or fetch
    WorkerId worker{};
    NodeIndex node = kNoNode;
    std::uint64_t read = 0;
  };
  using DeadlineOf = std::pair<Instant, std::uint64_t>;   // a request's

  // requests.cpp
  Request* open_request(std::uint64_t id);
  void answer(std::uint64_t id, Content content);
  void refuse(RequestId id, Problem problem);
  void log_problem(RequestId id, const Problem& problem) const;
  void request_timed_out(Request& request);
  void enter_phase(std::uint64_t id, Phase phase, NodeIndex node);
  void keep_debug_line(Worker& worker, const wire::Log& line);
  void expect_by(Request& request);
  Problem problem(ProblemKind kind, std::string detail, const Node* node = nullptr) const;
  Problem limit_problem(ProblemKind kind, std::string detail, const Node* node, std::uint64_t value, std::uint64_t limit,
                        const char* setting) const;

  // attempts.cpp
  void on(Worker& worker, wire::Attempt& frame);
  void on(Worker& worker, wire::Return& frame);
  void tell_asker(const Request& ended, Content content);
  void forget_attempts(Worker& worker);
  std::optional<std::string> circle_of(const Request& request, const PublicKey& destination);

  // messages.cpp
  std::optional<Problem> address(const PublicKey& key, const Sender& sender, Node*& found);
  bool may_talk(const Sender& sender, const Node& node);
  std::optional<Problem> accept(Node& node, Message message);
  std::optional<Problem> mailbox_full(const Node& node, std::uint64_t bytes) const;
  void deliver(Node& node, Message message);
  void route(Node& source, wire::Send send, bool wants_debug);
  void fail_mailbox(Node& node, const Problem& why);
  void drop_stale_programs(Node& node);
  std::uint64_t mailbox_depth(const Node& node) const;

  // budgets.cpp
  void open_account(Node& node);
  Account& account_above(const Node& node);
  std::optional<Shortage> shortage_of(const Node& node);
  std::uint64_t nodes_left(Account& from, std::uint64_t wanted, std::string& reason);
  void count_nodes(Account& from, std::int64_t count);
  void take_place(Worker& worker);
  void give_place(Worker& worker);
  void count_leaving(Worker& worker);
  void join_idle(Worker& worker);
  void leave_idle(Worker& worker);
  std::optional<Problem> wait_for_place(Node& node, const Shortage& shortage);
  void stop_waiting(Node& node);
  bool make_room(Account& account);
  void serve(Account& account);
  bool is_awaited(const Worker& worker);
  Problem no_place(const Node& node, const Shortage& shortage);
  std::string owner_of(const Account& account);

  // waking.cpp
  void wake(Node& node);
  std::optional<Problem> try_to_wake(Node& node);
  void launch(Node& node);
  void stop_worker(Node& node);
  void kill_worker(Worker& worker, Problem why, const char* event);
  void fail_callers(Worker& worker, const Problem& why);
  void wake_again(Node& node, bool was_ready, const std::string& reason);

  // frames.cpp
  void on(Worker& worker, wire::Ready& frame);
  void on(Worker& worker, wire::Idle& frame);
  void on(Worker& worker, wire::Answer& frame);
  void on(Worker& worker, wire::Send& frame);
  void on(Worker& worker, wire::Log& frame);
  void on(Worker& worker, wire::Write& frame);
  void on(Worker& worker, wire::Read& frame);
  void on(Worker& worker, wire::Reserve& frame);
  void on(Worker& worker, wire::Spawn& frame);
  void on(Worker& worker, wire::Pong& frame);
  void on(Worker& worker, wire::Fetch& frame);
  void on(Worker& worker, wire::Define& frame);
  bool opens_read(Worker& worker, std::uint64_t read);
  void settle(Node& node);
  void give_back_leave(Worker& worker);
  bool takes_away(Worker& worker, const wire::Origin& origin);
  bool takes_nothing(Worker& worker);
  bool lacks(Worker& worker, wire::Capability capability, const char* what);
  void violation(Worker& worker, const std::string& what);

  // questions.cpp
  void ask(Worker& worker, HeldOutput& question);
  void carry_out(Worker& worker);
  Worker* asker_of(ReadId id, std::uint64_t& read);

  // gates.cpp
  void say(Node& node, HeldOutput output, std::uint64_t bytes);
  void release(Node& node, HeldOutput output);
  void release_held(Node& node);
  void append(Node* author, JournalEntry entry, std::uint64_t bytes);
  bool journal_is_full(Worker& worker, std::uint64_t bytes);
  bool code_store_is_full(Worker& worker, std::uint64_t size);
  void publish_definitions();
  void give_up(const Definition& definition);
  void commit_next();
  std::vector<JournalEntry> take_gathered();
  std::vector<CommittedEntry> take_in_flight();
  void batch_succeeded(const std::vector<CommittedEntry>& batch);
  void batch_failed(const std::vector<CommittedEntry>& batch, const CommitOutcome& outcome);
  void drop_later_entries(const std::unordered_set<NodeIndex>& authors, std::vector<NodeIndex>& unborn);
  void fail_writer(Node& node, const std::string& error);
  void fail_held(Node& node, const Problem& why);

  // destruction.cpp
  std::vector<NodeIndex> subtree_of(const Node& node) const;
  void begin_destruction(Node& node);
  void destruction_committed(const Destruction& destruction);
  void destruction_failed(const Destruction& destruction, const std::string& error);
  void never_came_to_be(NodeIndex index);
  void free_if_gone(NodeIndex index);

  // orders.cpp
  void drain_over();
  std::optional<Problem> refuse_creation(const NodeRecord& record, Node*& parent);

  // node_table.cpp
  Node* find(const PublicKey& key);
  Node& insert(NodeRecord record);
  void remove(Node& node);
  void link_to_parent(Node& node);
  void unlink_from_parent(Node& node);
  void happen(Node& node, LifeEvent event);
  void changed(Node& node);
  void publish(Node& node);
  NodeDescription description_of(const Node& node) const;
  void log(LogLevel level, std::string_view event, const Node* node, std::string message) const;
  void log_of_program(LogLevel level, std::string_view event, const Node& node, std::string message, std::uint64_t trace) const;
  std::string name(const Node& node) const { return fingerprint_of(node.record.key); }
  Worker* worker_of(WorkerId id);

  // timers.cpp
  void wait_from_now(Worker& worker, IntrusiveList<Worker>& list);
  void heard_from(Worker& worker);
  void requests_due();
  void workers_due();
  void silence_due();

  Settings settings_;
  Doors doors_;
  BatchId position_;
  Instant now_{};   // of the event being handled

  std::deque<Node> nodes_;          // never moves a node
  std::vector<NodeIndex> free_;     // places of nodes that are gone
  std::unordered_map<PublicKey, NodeIndex, PublicKeyHash> by_key_;
  std::unordered_set<PublicKey, PublicKeyHash> tombstones_;
  std::vector<NodeIndex> unpublished_;
  Account container_account_;

  std::unordered_map<std::uint64_t, std::unique_ptr<Worker>> workers_;
  std::uint64_t next_worker_ = 1;
  // Each in the order of `since`; a worker is in one of them at most. Idle ones are in container_account_.idle.
  IntrusiveList<Worker> launched_, active_, pinged_, stopping_;

  std::unordered_map<std::uint64_t, Request> requests_;
  IntrusiveList<Request> requests_by_deadline_;   // those with the common time limit
  std::priority_queue<DeadlineOf, std::vector<DeadlineOf>, std::greater<>> own_deadlines_;   // answered ones go when due
  std::uint64_t next_attempt_ = kAttemptFirst;
  std::uint64_t attempts_open_ = 0;   // of requests_; they do not keep those from outside away
  std::unordered_map<std::uint64_t, PendingRead> reads_;
  std::uint64_t next_read_ = 1;

  std::deque<GatheredEntry> gathering_;
  std::vector<CommittedEntry> in_flight_;
  std::vector<Definition> in_flight_definitions_;
  std::uint64_t gathering_bytes_ = 0, in_flight_bytes_ = 0;
  bool committing_ = false;
  JournalSequence next_sequence_ = 1, committed_ = 0;
  std::map<JournalSequence, Creation> creations_;         // the operator's, not committed
  std::map<JournalSequence, Destruction> destructions_;   // not committed

  bool draining_ = false, drain_is_over_ = false;
  Instant drain_deadline_{};
};

}  // namespace roost::core
