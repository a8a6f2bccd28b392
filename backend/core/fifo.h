// SPDX-License-Identifier: MIT
#pragma once

// A queue that owns no memory while it is empty and unused. There are two for every node, and most nodes sleep: a
// std::deque would cost half a KiB each. Thread: the core's.

#include <cstddef>
#include <utility>
#include <vector>

namespace roost::core {

template <typename T>
class Fifo {
 public:
  [[nodiscard]] bool empty() const { return head_ == items_.size(); }
  [[nodiscard]] std::size_t size() const { return items_.size() - head_; }
  // Requires: not empty.
  [[nodiscard]] T& front() { return items_[head_]; }
  void push_back(T item) { items_.push_back(std::move(item)); }
  // Requires: not empty.
  T pop_front() {
    T item = std::move(items_[head_++]);
    if (empty()) clear();
    else if (head_ * 2 > items_.size()) compact();
    return item;
  }
  // Everything, in order; the queue is empty afterwards.
  [[nodiscard]] std::vector<T> take_all() {
    compact();
    return std::exchange(items_, {});
  }
  template <typename Condition>
  void erase_if(Condition condition) {
    compact();
    std::erase_if(items_, condition);
    if (empty()) clear();
  }

 private:
  void compact() {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  void clear() {
    std::vector<T>().swap(items_);
    head_ = 0;
  }
  std::vector<T> items_;
  std::size_t head_ = 0;
};

}  // namespace roost::core
