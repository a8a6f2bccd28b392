// SPDX-License-Identifier: MIT
#pragma once

// Checks that definitions which workers send are what their hashes say, before the core hears of them: what is stored under a hash is
// what every node runs that refers to it, with its own rights. A false one would be one node's code in another's name.
//
// What a definition refers to must be in the store, or come from the same worker before it: so the store is whole, and who finds a
// definition there need not look for those below it. The first to define another's function could else leave them out.
//
// A check decodes and hashes the term, which takes microseconds for most, and more than a second for the worst that a hostile worker can
// send (worker/lang/definition_codec.h bounds it). So it has a thread of its own. A worker waits for its check before it is heard again:
// that bounds the queue by the number of workers, and gives each its turn.
// Thread: check() and forget() by one; `done` is called on the checker's.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>

#include "backend/core/types.h"
#include "worker/code/store_view.h"

namespace roost::code {

class DefinitionChecker {
 public:
  // An empty fault: the definition is good.
  using Done = std::function<void(core::WorkerId worker, std::string fault)>;

  // Requires: what `store` views outlives the checker.
  DefinitionChecker(const StoreView& store, Done done);
  ~DefinitionChecker();   // drops what waits; what has begun it ends within milliseconds
  DefinitionChecker(const DefinitionChecker&) = delete;
  DefinitionChecker& operator=(const DefinitionChecker&) = delete;

  // Requires: no other definition of this worker waits.
  void check(core::WorkerId worker, wire::Define definition);
  // The worker has ended: what waits of it, or has begun, is of no more use. `done` may be called for it nevertheless.
  void forget(core::WorkerId worker);

 private:
  struct Waiting {
    core::WorkerId worker{};
    wire::Define definition;
  };
  void run();
  [[nodiscard]] std::optional<std::string> fault_of(const Waiting& next);
  void note_passed(const Waiting& next);
  [[nodiscard]] bool is_there(core::WorkerId worker, const wire::DefinitionHash& hash);

  const StoreView store_;
  const Done done_;
  std::mutex mutex_;   // of queue_, passed_, current_ and stopping_
  std::condition_variable changed_;
  std::deque<Waiting> queue_;
  struct Passed {
    std::set<wire::DefinitionHash> hashes;
    std::size_t swept_to = 0;   // as many were left when those in the store were taken out
  };
  std::unordered_map<core::WorkerId, Passed> passed_;   // perhaps not yet in the store
  core::WorkerId current_{};           // whose definition is being checked
  std::atomic<bool> useless_ = false;  // that check
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace roost::code
