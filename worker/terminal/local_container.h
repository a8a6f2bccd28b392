// SPDX-License-Identifier: MIT
#pragma once

// A container in this process, for one program after the other: as many nodes as they make, each a Machine of its own (worker/runtime/machine.h), what
// they send one another, and their state in memory. Nothing outlives it. There is no sandbox: what runs here has the rights of
// the process, which for programs of this language means memory and processor time. Thread: one.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "worker/code/private_store.h"
#include "worker/runtime/library.h"
#include "worker/runtime/machine.h"

namespace roost::terminal {

struct Settings {
  std::uint64_t memory_bytes = 1u << 30;        // of one node
  std::uint64_t compute_ms = 24 * 3'600'000;    // CPU time of one message
  std::uint64_t code_bytes = code::PrivateStore::kBytesMax;   // of the code store
  const std::atomic<bool>* interrupted = nullptr;   // true: run() stops all that runs, and returns soon
  std::function<void()> lingers;                // called if what a program forked runs for a second longer than it; once for each
};

class LocalContainer {
 public:
  using Outcome = std::variant<std::string, wire::Failure>;
  // Lines of Debug.watch and Debug.log, and failures of forked computations.
  using Say = std::function<void(wire::LogLevel level, const std::string& line)>;

  // Begins an HTTP GET and returns; `done` is called once, on any thread.
  using Page = Result<std::string, std::string>;
  using Fetch = std::function<void(const std::string& url, std::function<void(Page)> done)>;

  // Requires: the library outlives the container. Destroying `fetch` ends what it began. Without `fetch` nothing is fetched.
  LocalContainer(const runtime::Library& library, const Settings& settings, Say say, Fetch fetch = {});
  ~LocalContainer();

  // Runs the program on the first node. `answered` is called as soon as it has its value, in that format, or failed; computations that it forked
  // go on behind that, and run() returns when all nodes are at rest. Never called: all wait for what cannot come, or were interrupted.
  // The nodes stay for the next program, with what still waits in them. An interruption ends them as the death of their workers would:
  // every computation is gone, and they keep their keys and their state.
  void run(const std::string& program, wire::Format format, const std::function<void(const Outcome&)>& answered);

  // The functions that its values name.
  [[nodiscard]] const code::StoreView& store() const { return code_.view(); }

 private:
  struct Node;
  struct Deliver;
  struct Arrived {
    std::uint64_t stops;
    PublicKey to;
    wire::Fetched page;
  };

  Node& awake(const PublicKey& key);
  void give(const PublicKey& key, const wire::ToWorker& frame);
  bool deliver();
  void take(const PublicKey& from, const wire::Write& write);
  void take(const PublicKey& from, const wire::Read& read);
  void take(const PublicKey& from, const wire::Fetch& fetch);
  void answer(const Outcome& outcome);
  void came_to(std::uint64_t request, wire::Attempted what);
  void go(const PublicKey& from, const wire::Send& send);
  [[nodiscard]] std::string circle_of(std::uint64_t request, const PublicKey& destination) const;
  bool take_pages();
  void stop_all();
  void wait(std::optional<runtime::MonotonicTime> until);
  void say_if_it_lingers();

  const runtime::Library& library_;
  const Settings settings_;
  const Say say_;
  PublicKey first_;
  std::map<PublicKey, Bytes> seeds_;
  code::PrivateStore code_;
  std::map<PublicKey, std::unique_ptr<Node>> nodes_;
  std::deque<std::pair<PublicKey, wire::FromWorker>> frames_;
  std::map<Bytes, std::map<Bytes, wire::Entry>> state_;   // node | token → entries by hash of their key
  std::function<void(const Outcome&)> answered_;
  std::uint64_t requests_ = 0;
  std::optional<runtime::MonotonicTime> says_at_;   // that it lingers
  struct Asker {
    PublicKey node;
    std::uint64_t attempt = 0;
    std::uint64_t waits = 0;   // the request of the computation that waits
  };
  std::map<std::uint64_t, Asker> attempts_;                 // by the request of their computations
  std::uint64_t attempt_requests_ = std::uint64_t{1} << 32;   // programs have lower numbers
  std::uint64_t stops_ = 0;      // fetches of before the last one are for nobody
  std::size_t fetching_ = 0;     // since then

  std::mutex pages_mutex_;   // of what follows
  std::condition_variable pages_came_;
  std::vector<Arrived> pages_;

  const Fetch fetch_;   // last: what it began ends before the rest goes
};

}  // namespace roost::terminal
