// SPDX-License-Identifier: MIT
#pragma once

// The world of one simulated run: a container behind fake doors, workers that behave by chance, a journal that is slow or
// fails, clients, an operator, and time. One seed decides everything. The world also judges: at every effect of the container
// it checks what must hold (see judge_* in world.cpp), and throws Violation with what was broken.
//
// A *tag* is a number written into every computation and every value. By it the world knows, when the container lets
// something become visible, which process said it, how many of that process's writes came before, and which code it refers to: all
// that its process has defined, or met in the code store.

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <stdexcept>
#include <string>

#include "backend/core/container.h"
#include "tests/simulation/code_shelf.h"
#include "tests/simulation/durable.h"
#include "tests/simulation/random.h"

namespace roost::simulation {

struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Options {
  bool trace = false;
};

struct Tally {   // what happened in a run, to see that runs reach what they should
  std::uint64_t steps = 0, requests = 0, values = 0, problems = 0, launches = 0, kills = 0, deaths = 0, commits = 0,
                failed_commits = 0, crashes = 0, spawns = 0, destroys = 0, hops = 0, reads = 0, stops = 0, drains = 0, attempts = 0, circles = 0, definitions = 0;
  std::array<std::uint64_t, core::kProblemKinds> kinds{};   // of the problems
  void add(const Tally& other);
};

// One simulated process. It reads frames from its inbox one at a time and acts by chance.
struct Process {
  core::WorkerId id{};
  PublicKey node;
  bool running = true;      // it can still act
  bool reaped = false;
  bool stop_seen = false;
  bool honest = true;       // never breaks the protocol
  bool said_ready = false, said_idle = false;
  bool hangs = false;       // reads nothing, says nothing
  wire::Capabilities capabilities = 0;
  std::deque<wire::ToWorker> inbox;
  std::deque<wire::FromWorker> outbox;
  std::uint64_t received = 0, sent_to_it = 0;
  std::uint64_t leave = 0;             // reservation left
  bool reserve_open = false;
  int void_reserves = 0;               // open when it said that it was idle: what they grant was taken back
  std::vector<wire::Origin> computations;
  std::map<std::uint64_t, wire::Origin> attempting;   // attempt -> the computation that waits for it
  std::set<std::uint64_t> elsewhere;                  // attempts whose computation has a request
  std::uint64_t next_attempt = 1;
  struct Before {   // what came before a question
    std::uint64_t writes = 0;
    Code code;
  };
  std::map<std::uint64_t, Before> reads;
  std::uint64_t next_read = 1;
  std::set<std::uint64_t> given;   // requests that were ever delivered to it
  std::set<std::uint64_t> holds;   // requests delivered to it that the container has not heard it give away
  WriteLog* log = nullptr;
  Code code;   // that it may refer to
  std::vector<PublicKey> children;
  [[nodiscard]] Before before() const { return {log->made, code}; }
};

class World final : core::Launcher, core::Journal, core::StateReader, core::Fetcher, core::Replies, core::StatusBoard, core::KeyVault, core::LogSink {
 public:
  World(std::uint64_t seed, Options options);
  // Runs to the end. Throws Violation.
  Tally run();

 private:
  struct Tag {
    const Process* said_by = nullptr;
    Process::Before before;
    PublicKey destination;
    bool allowed = false, delivered = false;
    std::uint64_t request = 0;
  };
  struct Asked {   // a request that is not answered yet
    PublicKey node;
    core::Instant deadline{};
    bool allowed = true;
    bool is_destroy = false, is_create = false, is_probe = false;
  };
  struct Event {
    core::Instant at{};
    std::uint64_t order = 0;
    std::uint64_t epoch = 0;   // void if its container is gone; 0: stands for ever
    std::function<void()> act;
    bool operator>(const Event& other) const { return std::tie(at, order) > std::tie(other.at, other.order); }
  };

  // world.cpp: the doors
  void launch(const core::LaunchOrder& order) override;
  void send(core::WorkerId worker, const wire::ToWorker& frame) override;
  std::uint64_t unsent_bytes(core::WorkerId worker) const override;
  void kill(core::WorkerId worker) override;
  bool is_held_up(core::WorkerId) const override { return false; }
  void commit(core::Batch batch) override;
  void read(core::StateRead read) override;
  void fetch(core::FetchOrder order) override;
  void forget_fetches(const PublicKey&) override {}
  void answer(core::RequestId request, core::Answer answer) override;
  void publish(const core::NodeStatus& status) override;
  void clear(std::uint32_t slot) override;
  Bytes seal(const PublicKey& node, BytesView seed) override;
  void log(const core::LogEvent& event) override;

  // world.cpp: what must hold
  void judge_question(const PublicKey& node, std::uint64_t number);
  void judge_launch(const core::LaunchOrder& order);
  void judge_awake_budgets(const PublicKey& woken);
  void judge_visible(const Tag& tag, const char* what) const;
  bool is_there(const Process& process, const Process::Before& before) const;
  void judge_delivery(Process& process, BytesView content);
  void judge_attempted(const Process& process, const wire::Attempted& what);
  void judge_stop(const Process& process);
  void judge_answer(const Asked& asked, std::uint64_t id, const core::Answer& answer);
  void judge_rest();
  [[noreturn]] void broken(const std::string& what) const;

  // scenario.cpp: time, clients, operator, crashes
  void make_settings();
  void make_directory();
  void start_container();
  void plan_work();
  void client_request();
  void operator_order();
  void evaluate(const PublicKey& node, core::Sender sender, bool probe);
  void crash();
  void probe_everything();
  void drain_and_check();
  void run_until_quiet();
  void at(core::Duration delay, std::function<void()> act);     // void after a crash
  void plan(core::Duration delay, std::function<void()> act);   // happens also after a crash
  void step();
  core::Duration some_delay();
  PublicKey some_key();
  PublicKey some_node();
  core::NodeRecord some_record(std::optional<PublicKey> parent);
  bool may_talk(const core::Sender& sender, const PublicKey& node) const;
  std::uint64_t new_tag(Tag tag);
  void trace(const std::string& line) const;
  std::string short_name(const PublicKey& key) const;

  // process.cpp: what workers do
  Process* live(core::WorkerId id) const;
  void process_reads(Process& process);
  void process_takes(Process& process, wire::ToWorker frame);
  void process_acts(Process& process);
  void act_on(Process& process, std::size_t computation);
  void finish(Process& process, std::size_t computation);
  void attempt(Process& process, std::size_t computation);
  void attempt_begins(Process& process, const wire::Attempting& frame);
  void attempt_ends(Process& process, const wire::Attempted& frame);
  void hop(Process& process, std::size_t computation);
  void fork_to(Process& process, const wire::Origin& origin);
  void write(Process& process);
  void read_state(Process& process);
  void spawn(Process& process);
  void define(Process& process);
  void misbehave(Process& process);
  std::uint64_t foreign_request(const Process& process);
  void say(Process& process, wire::FromWorker frame);
  void hear(core::WorkerId id);
  void die(Process& process, core::WorkerExit exit);
  void reap(core::WorkerId id, core::WorkerExit exit);
  PublicKey some_destination(const Process& process);

  std::uint64_t seed_;
  Options options_;
  Random random_;
  Tally tally_;
  core::Settings settings_;
  Durable durable_;
  core::Instant now_;
  std::uint64_t order_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::unique_ptr<CodeShelf> code_;
  std::unique_ptr<core::Container> container_;
  std::uint64_t epoch_ = 0;   // counts containers, from 1
  std::map<std::uint64_t, std::unique_ptr<Process>> processes_;
  std::vector<std::unique_ptr<Process>> past_;   // of earlier containers; tags point to them
  std::deque<WriteLog> logs_;
  std::map<std::uint64_t, Tag> tags_;
  std::map<PublicKey, std::set<std::uint64_t>> undelivered_;   // allowed messages that may wake a node
  std::map<PublicKey, core::NodeRecord> known_;                // durable or about to be
  std::map<std::uint64_t, Asked> asked_;
  std::map<std::uint32_t, PublicKey> slots_;
  std::uint64_t next_tag_ = 1, next_request_ = 1, keys_made_ = 0;
  bool commit_under_way_ = false;
  bool calm_ = false;   // from now on nothing goes wrong
  bool saw_value_ = false;
};

}  // namespace roost::simulation
