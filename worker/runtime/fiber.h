// SPDX-License-Identifier: MIT
#pragma once

// One evaluation: its stack of values and its frames. Both are on the heap and grow as the program nests, counted as the node's
// memory; the processor's own stack never does. Below each frame's arguments lies what was called (for its environment).
// Thread: one per Heap.

#include <cstdint>
#include <string_view>
#include <vector>

#include "worker/runtime/code.h"
#include "worker/runtime/value.h"

namespace roost::runtime {

struct Frame {
  const Code* code;
  const std::uint32_t* next;   // instruction; only up to date while another frame is above
  std::uint32_t base;          // of the arguments, in the stack
};

class Fiber {
 public:
  Fiber() = default;
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Makes room for `more` values on the stack. Throws Crash (MemoryLimit).
  void reserve(std::size_t more) {
    if (static_cast<std::size_t>(limit_ - top) < more) [[unlikely]] grow(more);
  }
  void push(Value value) {
    reserve(1);
    new (top++) Value(std::move(value));
  }
  [[nodiscard]] Value pop() {
    --top;
    Value value = std::move(*top);
    return value;
  }
  void push_frame(const Code* code, const std::uint32_t* next, std::uint32_t base) {
    if (frames.size() == frames.capacity()) grow_frames();
    frames.push_back({code, next, base});
  }
  // Lets go of everything.
  void clear();
  // Gives memory back that a deep evaluation needed. Requires: nothing is on it.
  void shrink();
  // The name of the innermost definition or binding that runs; may be empty.
  [[nodiscard]] std::string_view definition() const;
  // What called it, and so on: at most wire::kFailureChainMax names, in a long row `…` for those in the middle.
  [[nodiscard]] std::vector<std::string> chain() const;

  [[nodiscard]] Value* bottom() const { return bottom_; }

  Value* top = nullptr;   // behind the last value
  std::vector<Frame> frames;

 private:
  void grow(std::size_t more);
  void grow_frames();

  Value* bottom_ = nullptr;
  Value* limit_ = nullptr;
};

}  // namespace roost::runtime
