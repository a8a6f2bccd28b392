// SPDX-License-Identifier: MIT
#pragma once

// Where objects come from, and what they may cost. A Heap counts the bytes of all objects made while it is entered; one node has one.
// Over the limit, allocation throws a Crash with FailureKind::MemoryLimit, which ends the computation that asked (and it alone).
//
// A Crash is the one exception of the runtime: thrown where a computation cannot go on, caught where a fiber's slice is run, and around
// what a message brings (machine.cpp). Values on the way are let go of by their destructors.
// Thread: a Heap belongs to one thread; which one is entered is a property of the thread.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "worker/wire/frames.h"

namespace roost::runtime {

struct Object;
class Value;

struct Crash {
  wire::FailureKind kind = wire::FailureKind::ProgramFailed;
  std::string reason;
  std::vector<std::string> names;   // see wire::FailureKind
};

class Heap {
 public:
  explicit Heap(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  // The heap that is entered. Requires: one is.
  [[nodiscard]] static Heap& current();

  // Throws Crash if `bytes` more would pass the limit. To be asked before work that makes a large result.
  void require(std::uint64_t bytes) const {
    if (!has_room(bytes)) [[unlikely]] relieve(bytes);
  }
  // Memory that is not an object but belongs to the node (stacks, code, waiting messages) counts too.
  void add(std::uint64_t bytes) { require(bytes); note(bytes); }
  void note(std::uint64_t bytes) {   // counts without asking
    bytes_ += bytes;
    if (bytes_ > peak_) peak_ = bytes_;
  }
  void remove(std::uint64_t bytes) { bytes_ -= bytes; }
  void set_limit(std::uint64_t bytes_max) { bytes_max_ = bytes_max; }
  // Gives back some of what can be done without, whenever something would be refused; false: there is nothing more. It may let go of
  // values, and may not allocate.
  void set_relief(std::function<bool()> relief) { relief_ = std::move(relief); }

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t bytes_max() const { return bytes_max_; }
  [[nodiscard]] std::uint64_t peak() const { return peak_; }
  void forget_peak() { peak_ = bytes_; }
  [[nodiscard]] std::uint64_t objects() const { return objects_; }   // alive; for tests that look for leaks

 private:
  friend class HeapScope;
  friend void* allocate_object(std::size_t bytes);
  friend void free_object(void* object, std::size_t bytes) noexcept;
  [[nodiscard]] bool has_room(std::uint64_t bytes) const { return bytes_ <= bytes_max_ && bytes <= bytes_max_ - bytes_; }
  void relieve(std::uint64_t bytes) const;
  [[noreturn]] void refuse(std::uint64_t bytes) const;
  [[nodiscard]] void* allocate_after_relief(std::size_t bytes, std::size_t cost);

  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  std::uint64_t peak_ = 0;
  std::uint64_t objects_ = 0;
  std::function<bool()> relief_;
};

// For a failure's reason: the process' own limit came before the node's.
[[nodiscard]] std::string no_memory_for(std::string_view what);

// Enters a heap for the life of the scope. Scopes nest.
class HeapScope {
 public:
  explicit HeapScope(Heap& heap);
  ~HeapScope();
  HeapScope(const HeapScope&) = delete;
  HeapScope& operator=(const HeapScope&) = delete;

 private:
  Heap* outer_;
};

[[nodiscard]] void* allocate_object(std::size_t bytes);
void free_object(void* object, std::size_t bytes) noexcept;
// The Values inside an object, as one row.
struct Slots {
  Value* first;
  std::uint32_t count;
};
[[nodiscard]] Slots slots_of(Object* object);
// What the object occupies.
[[nodiscard]] std::size_t bytes_of(const Object& object);
// Makes the object and all it reaches immortal, and adds those that were not yet to `made`. Iterative. Requires: their programs are.
void make_immortal(Object* object, std::vector<Object*>& made);

}  // namespace roost::runtime
