// SPDX-License-Identifier: MIT
#pragma once

// A container in one process: machines for nodes, and between them what the real container does with their frames: messages go on,
// children come into being, state is kept, leave is given. The clock is virtual: when every node waits, it jumps to the next
// timer, so a program that sleeps for an hour is tested at once.

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "worker/code/private_store.h"
#include "worker/lang/definition_codec.h"
#include "worker/runtime/library.h"
#include "worker/runtime/machine.h"
#include "worker/wire/failure_text.h"

namespace roost::runtime {

// The standard library, loaded once for all tests of a program.
inline const Library& standard_library() {
  static const std::unique_ptr<const Library> library = Library::load(std::vector<std::string>{});
  return *library;
}

class FakeContainer {
 public:
  struct Outcome {
    std::string value;        // rendered, if it was answered
    std::optional<wire::Failure> failure;
    bool answered = false;
    std::vector<std::string> debug;    // lines of this request, in order
    std::vector<std::string> errors;   // of its forks
  };

  explicit FakeContainer(const Library& library = standard_library()) : library_(&library) {
    root_.bytes.fill(1);
    defaults_.host = "localhost:8443";
    defaults_.seed = Bytes(32, '\7');
    defaults_.capabilities = (1u << wire::kCapabilitiesCount) - 1;
    defaults_.memory_bytes = 64u << 20;
    defaults_.compute_ms = 10'000;
  }

  wire::Start& defaults() { return defaults_; }   // for nodes that wake from now on
  [[nodiscard]] const PublicKey& root() const { return root_; }

  // Sends the program to the root node and lets everything happen that happens.
  Outcome run(const std::string& program, wire::Format format = wire::Format::Text) {
    const std::uint64_t request = send(program, format);
    settle();
    return outcomes_[request];
  }
  std::uint64_t send(const std::string& program, wire::Format format = wire::Format::Text) {
    const std::uint64_t request = ++requests_;
    give(root_, wire::Eval{{request, request, format}, program});
    return request;
  }
  void give(const PublicKey& key, const wire::ToWorker& frame) { awake(key).machine->handle(now_, frame); }
  Outcome& outcome(std::uint64_t request) { return outcomes_[request]; }

  // Until every node is idle, or waits for something that will not come.
  void settle() {
    for (int rounds = 0; rounds < kRoundsMax; ++rounds) {
      bool again = false;
      std::optional<MonotonicTime> next_timer;
      for (auto& [key, node] : nodes_) {
        const Machine::Next next = node->machine->run(now_);
        again |= next.what == Machine::Next::Do::RunAgain;
        if (next.what == Machine::Next::Do::Wait && next.deadline)
          next_timer = next_timer ? std::min(*next_timer, *next.deadline) : *next.deadline;
      }
      again |= deliver();
      if (again) continue;
      if (!next_timer) return;
      now_ = std::max(now_, *next_timer);
    }
    ADD_FAILURE() << "the nodes do not come to rest";
  }

  // Every process ends; nodes, their state and the code store stay.
  void restart(const Library& library) {
    nodes_.clear();
    library_ = &library;
  }
  void restart() { restart(*library_); }

  // One slice of every node.
  void step() {
    for (auto& [key, node] : nodes_) (void)node->machine->run(now_);
    (void)deliver();
  }

  [[nodiscard]] std::size_t nodes() const { return nodes_.size(); }
  [[nodiscard]] MonotonicTime now() const { return now_; }

  std::uint64_t leave_granted_max = 4096;   // of one Reserve
  std::uint64_t leave_in_all = 1'000'000;   // what all of them grant together
  std::string attempts_refused;             // if not empty, no attempt may leave
  std::string refusal;                      // if not empty, no leave is given
  std::vector<wire::Spawn> spawns;
  std::vector<Bytes> sent;                  // computations, in order
  std::size_t reserves = 0;
  bool reads_fail = false;
  std::vector<wire::Origin> waits;   // of attempts that left
  std::size_t idles = 0;
  std::size_t reads = 0;
  std::size_t signs_of_life = 0;   // in the midst of work
  std::size_t definitions = 0;   // that the store did not hold
  code::PrivateStore code{16u << 20};
  std::map<std::string, std::string> pages;   // by URL; there is no other

 private:
  static constexpr int kRoundsMax = 2'000'000;
  static constexpr std::uint64_t kAttemptFirst = 1'000'000;   // requests of attempts are above, those of programs below

  struct FakeNode : Outbox {
    FakeContainer* container = nullptr;
    PublicKey key;
    std::unique_ptr<Machine> machine;
    void send(const wire::FromWorker& frame) override { container->frames_.emplace_back(key, frame); }
    void still_working() override { ++container->signs_of_life; }
  };

  FakeNode& awake(const PublicKey& key) {
    auto& node = nodes_[key];
    if (node) return *node;
    node = std::make_unique<FakeNode>();
    node->container = this;
    node->key = key;
    node->machine = std::make_unique<Machine>(*library_, code.view(), *node);
    wire::Start start = defaults_;
    start.node = key;
    node->machine->handle(now_, start);
    return *node;
  }

  bool deliver() {
    bool any = false;
    while (!frames_.empty()) {
      const auto [key, frame] = std::move(frames_.front());
      frames_.pop_front();
      any |= std::visit([&, &from = key](const auto& one) { return take(from, one); }, frame);
    }
    return any;
  }

  // True if somebody got something to do.
  bool take(const PublicKey&, const wire::Ready&) { return false; }
  bool take(const PublicKey&, const wire::Pong&) { return false; }
  bool take(const PublicKey&, const wire::Define& definition) {
    EXPECT_EQ(lang::check_definition(definition.hash, definition.definition), "");
    if (!code.view().holds(definition.hash)) ++definitions;
    EXPECT_TRUE(code.publish(definition));
    return false;
  }
  bool take(const PublicKey&, const wire::Idle&) { return ++idles, false; }
  bool take(const PublicKey& from, const wire::Attempt& attempt) {
    attempts_.emplace(++attempt_requests_, Asker{from, attempt.attempt});
    waits.push_back(attempt.waits);
    if (!attempts_refused.empty()) attempts_.erase(attempt_requests_);
    give(from, attempts_refused.empty() ? wire::Attempting{attempt.attempt, attempt_requests_, {}} : wire::Attempting{attempt.attempt, 0, attempts_refused});
    return true;
  }
  bool take(const PublicKey&, const wire::Return& value) {
    if (value.origin.request <= kAttemptFirst) {   // a program's
      outcomes_[value.origin.request].value = value.value;
      return !(outcomes_[value.origin.request].answered = true);
    }
    return came_to(value.origin.request, {0, true, value.value, {}});
  }
  bool came_to(std::uint64_t request, wire::Attempted what) {
    const auto asker = attempts_.extract(request);
    EXPECT_FALSE(asker.empty()) << "an attempt comes to something once";
    what.attempt = asker.mapped().attempt;
    give(asker.mapped().node, what);
    return true;
  }
  bool take(const PublicKey& from, const wire::Answer& answer) {
    if (answer.origin.request > kAttemptFirst) {
      const auto& failure = std::get<wire::Failure>(answer.outcome);
      return came_to(answer.origin.request, {0, false, {}, wire::failure_text(failure.reason, failure.definition, failure.chain, fingerprint_of(from))});
    }
    Outcome& outcome = outcomes_[answer.origin.request];
    EXPECT_FALSE(outcome.answered) << "a request is answered once";
    outcome.answered = true;
    if (const auto* text = std::get_if<std::string>(&answer.outcome)) outcome.value = *text;
    else outcome.failure = std::get<wire::Failure>(answer.outcome);
    return false;
  }
  bool take(const PublicKey&, const wire::Log& log) {
    if (log.level == wire::LogLevel::Debug) outcomes_[log.trace].debug.push_back(log.line);
    if (log.level == wire::LogLevel::Error) outcomes_[log.trace].errors.push_back(log.line);
    return false;
  }
  bool take(const PublicKey& from, const wire::Send& send) {
    sent.push_back(send.computation);
    give(send.destination, wire::Run{send.origin, from, send.computation});
    return true;
  }
  bool take(const PublicKey& from, const wire::Write& write) {
    auto& entries = state_[std::string(from.view()) + write.token];
    if (write.kind == wire::WriteKind::Delete) entries.erase(write.key_hash);
    else entries[write.key_hash] = {write.key_hash, write.key, write.value};
    return false;
  }
  bool take(const PublicKey& from, const wire::Read& read) {
    ++reads;
    if (reads_fail) return give(from, wire::ReadResult{read.read, false, {}}), true;
    const auto& entries = state_[std::string(from.view()) + read.token];
    wire::ReadResult result{read.read, true, {}};
    auto at = entries.begin();
    if (read.kind == wire::ReadKind::Lookup) at = entries.find(read.key_hash);
    if (read.kind == wire::ReadKind::After) at = entries.upper_bound(read.key_hash);
    if (read.kind == wire::ReadKind::All) {
      for (const auto& [hash, entry] : entries) result.entries.push_back({entry.key_hash, entry.key, {}});
    } else if (at != entries.end()) {
      result.entries.push_back(at->second);
    }
    give(from, result);
    return true;
  }
  bool take(const PublicKey& from, const wire::Fetch& fetch) {
    const auto page = pages.find(fetch.url);
    give(from, wire::Fetched{fetch.read, page != pages.end(), page != pages.end() ? page->second : "no such page"});
    return true;
  }
  bool take(const PublicKey& from, const wire::Reserve& reserve) {
    ++reserves;
    if (!refusal.empty()) {
      give(from, wire::Reserved{0, refusal});
    } else {
      const std::uint64_t granted = std::min({reserve.count, leave_granted_max, leave_in_all});
      leave_in_all -= granted;
      give(from, wire::Reserved{granted, granted == 0 ? "none is left" : ""});
    }
    return true;
  }
  bool take(const PublicKey&, const wire::Spawn& spawn) {
    spawns.push_back(spawn);
    return false;
  }

  const Library* library_;
  wire::Start defaults_;
  PublicKey root_;
  MonotonicTime now_{std::chrono::seconds(1)};
  std::uint64_t requests_ = 0;
  std::map<PublicKey, std::unique_ptr<FakeNode>> nodes_;
  std::deque<std::pair<PublicKey, wire::FromWorker>> frames_;
  std::unordered_map<std::uint64_t, Outcome> outcomes_;
  struct Asker {
    PublicKey node;
    std::uint64_t attempt = 0;
  };
  std::unordered_map<std::uint64_t, Asker> attempts_;   // by the request of their computations
  std::uint64_t attempt_requests_ = kAttemptFirst;
  std::unordered_map<std::string, std::map<Bytes, wire::Entry>> state_;   // node | token → entries by hash
};

}  // namespace roost::runtime
