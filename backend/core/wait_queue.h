// SPDX-License-Identifier: MIT
#pragma once

// Nodes that wait for a place in one budget. Those below the same budget wait in line; the lines are served in turn, so that a
// flood of wakes below one budget delays only those below it. All operations take constant time.
// Thread: the core's.

#include <cstdint>
#include <list>
#include <unordered_map>

#include "worker/wire/check.h"

namespace roost::core {

class WaitQueue {
 public:
  using Line = std::list<std::uint32_t>;
  using Place = Line::iterator;

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // `budget` only tells the lines apart.
  Place push(const void* budget, std::uint32_t node) {
    auto found = lines_.find(budget);
    if (found == lines_.end()) found = lines_.emplace(budget, turns_.insert(turns_.end(), Turn{budget, {}})).first;
    ++size_;
    return found->second->line.insert(found->second->line.end(), node);
  }
  // Whose turn it is. Requires: not empty.
  [[nodiscard]] std::uint32_t front() const { return turns_.front().line.front(); }
  // The node leaves; if it had its turn, the next line has one.
  void remove(const void* budget, Place place) {
    const auto found = lines_.find(budget);
    CHECK(found != lines_.end() && size_ > 0);
    const auto turn = found->second;
    const bool served = turn == turns_.begin() && place == turn->line.begin();
    turn->line.erase(place);
    --size_;
    if (turn->line.empty()) {
      turns_.erase(turn);
      lines_.erase(found);
    } else if (served) {
      turns_.splice(turns_.end(), turns_, turn);
    }
  }

 private:
  struct Turn {
    const void* budget;
    Line line;
  };
  std::list<Turn> turns_;
  std::unordered_map<const void*, std::list<Turn>::iterator> lines_;
  std::size_t size_ = 0;
};

}  // namespace roost::core
