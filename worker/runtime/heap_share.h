// SPDX-License-Identifier: MIT
#pragma once

// Working memory that belongs to a node: what a walk over its values needs for as long as the walk takes. It counts towards the
// node's allowance like the values themselves. Thread: one per Heap.

#include <algorithm>
#include <vector>

#include "worker/runtime/object.h"

namespace roost::runtime {

class HeapShare {
 public:
  HeapShare() = default;
  HeapShare(const HeapShare&) = delete;
  HeapShare& operator=(const HeapShare&) = delete;
  ~HeapShare() { Heap::current().remove(bytes_); }

  // Throws Crash (MemoryLimit).
  void add(std::uint64_t bytes) {
    Heap::current().add(bytes);
    bytes_ += bytes;
  }

 private:
  std::uint64_t bytes_ = 0;
};

// Makes room for one more item, and counts it: `extra` bytes more for each than the vector itself takes.
template <typename T>
void grow_counted(std::vector<T>& items, HeapShare& share, std::size_t extra = 0) {
  if (items.size() < items.capacity()) return;
  const std::size_t capacity = std::max<std::size_t>(16, items.capacity() * 2);
  share.add((capacity - items.capacity()) * (sizeof(T) + extra));
  items.reserve(capacity);
}

}  // namespace roost::runtime
