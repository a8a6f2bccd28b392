// SPDX-License-Identifier: MIT
#pragma once

// What survives a crash of the simulated container: the directory, the tombstones, the code and the journal's position. It also knows
// for every write which process made it and as its how-manyth, so it can say at once if a write became durable before an
// earlier one of the same process: what is durable must be a prefix of what was written. And no write may be durable without the code
// that it refers to.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "backend/core/doors.h"
#include "tests/simulation/code_shelf.h"

namespace roost::simulation {

// One process's writes and spawns, in the order in which it made them.
struct WriteLog {
  std::uint64_t made = 0;
  std::uint64_t durable = 0;   // of them, from the first on
};

class Durable {
 public:
  // Notes that a process makes a write now, under a name that the journal's entry will carry.
  void will_write(const std::string& name, WriteLog* author, const Code& refers_to);
  // Commits a batch. Gives what is wrong with it, or "".
  [[nodiscard]] std::string apply(const core::Batch& batch);
  void put(core::NodeRecord record) { nodes_.emplace(record.key, std::move(record)); }

  [[nodiscard]] bool lives(const PublicKey& key) const { return nodes_.contains(key); }
  [[nodiscard]] bool destroyed(const PublicKey& key) const { return tombstones_.contains(key); }
  [[nodiscard]] const std::map<PublicKey, core::NodeRecord>& nodes() const { return nodes_; }
  [[nodiscard]] const std::set<PublicKey>& tombstones() const { return tombstones_; }
  [[nodiscard]] const Code& code() const { return code_; }
  [[nodiscard]] core::BatchId position() const { return position_; }
  [[nodiscard]] std::vector<core::NodeRecord> parents_first() const;
  // "" or the budget that is exceeded.
  [[nodiscard]] std::string exceeded_budget() const;

 private:
  std::string make_durable(const std::string& name);
  std::string create(const core::NodeRecord& record);
  std::string destroy(const std::vector<PublicKey>& keys);

  std::map<PublicKey, core::NodeRecord> nodes_;
  std::set<PublicKey> tombstones_;
  Code code_;
  core::BatchId position_{};
  struct Promise {
    WriteLog* author = nullptr;
    std::uint64_t place = 0;
    Code refers_to;
  };
  std::map<std::string, Promise> promises_;
};

}  // namespace roost::simulation
