// SPDX-License-Identifier: MIT
#pragma once

// Copies slots into and out of shared memory under their sequence numbers.
//
// Everything but the sequence number is moved as 32-bit atomic words: a reader may meet the writer in any word, and only
// atomic access makes that meeting defined. The words are stored with release and loaded with acquire, which costs
// nothing on x86 and needs no fence (ThreadSanitizer does not know fences): a reader that sees one word of a newer write also
// sees the odd number stored before it, so its second look at the number differs from the first.
// Thread: one writer a map, any number of readers.

#include <atomic>
#include <cstring>

#include "backend/status/layout.h"

namespace roost::status {

inline constexpr std::size_t kSlotWords = sizeof(Slot) / sizeof(std::uint32_t);
static_assert(sizeof(Slot) % sizeof(std::uint32_t) == 0 && offsetof(Slot, sequence) == 0);

// The memory of a slot as the words that it is moved in; word 0 is the sequence number.
using SlotWords = std::uint32_t[kSlotWords];

// Requires: only one thread of one process writes this slot.
inline void write_slot(SlotWords& shared, const SlotWords& content) {
  std::atomic_ref<std::uint32_t> sequence(shared[0]);
  const std::uint32_t before = sequence.load(std::memory_order_relaxed);
  sequence.store(before + 1, std::memory_order_relaxed);
  for (std::size_t i = 1; i < kSlotWords; ++i)
    std::atomic_ref<std::uint32_t>(shared[i]).store(content[i], std::memory_order_release);
  sequence.store(before + 2, std::memory_order_release);
}

// One try; false: the writer was in the slot. (`shared` is mapped read-only: the loads do not write.)
[[nodiscard]] inline bool try_read_slot(const SlotWords& shared, SlotWords& copy) {
  const auto load = [&shared](std::size_t i) {
    return std::atomic_ref<std::uint32_t>(const_cast<std::uint32_t&>(shared[i])).load(std::memory_order_acquire);
  };
  const std::uint32_t before = load(0);
  if (before & 1) return false;
  for (std::size_t i = 1; i < kSlotWords; ++i) copy[i] = load(i);
  copy[0] = before;
  return load(0) == before;
}

}  // namespace roost::status
