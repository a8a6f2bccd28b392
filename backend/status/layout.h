// SPDX-License-Identifier: MIT
#pragma once

// The status map's bytes: a header and `slots` fixed slots in POSIX shared memory, made anew at every start of
// roostd, its only writer. Readers (`roost node`, a debugger) map it read-only and copy slots under a per-slot sequence
// number: odd while the writer is in it, changed if it was. No lock exists, so a process that dies at any instant leaves
// nothing locked, and an observer can neither block nor damage the container.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <type_traits>

namespace roost::status {

inline constexpr std::uint64_t kMagic = 0x70616d74736f6f72;   // "roostmap", little-endian
inline constexpr std::uint32_t kLayoutVersion = 2;

struct Header {
  std::uint64_t magic;              // written last: a map without it is not ready
  std::uint32_t layout_version;
  std::uint32_t slot_bytes;
  std::uint64_t slots;
  std::int64_t started_ms;          // Unix time
  std::int32_t writer_pid;
  std::uint32_t reserved;
  char boot_id[40];                 // /proc/sys/kernel/random/boot_id: a map from before a reboot is not ours
  char host[128];                   // "name[:port]" of node URLs, zero-terminated
  std::atomic<std::uint64_t> slots_used_end;   // no slot at or above this was ever used
  std::atomic<std::int64_t> heartbeat_ms;      // CLOCK_MONOTONIC, which nobody sets; at most a few seconds old while roostd runs
};

struct Slot {
  std::atomic<std::uint32_t> sequence;
  std::uint8_t state;      // core::NodeState; meaningful only if `used`
  std::uint8_t lifetime;   // core::Lifetime
  std::uint8_t used;
  std::uint8_t has_parent;
  std::uint8_t key[32];
  std::uint8_t parent[32];
  std::int32_t pid;
  std::uint32_t mailbox;
  std::int64_t last_activity_ms;
  std::uint64_t memory_bytes_allotted;
  std::uint64_t memory_bytes_in_use;
  std::uint64_t messages;
  std::uint32_t nodes_used;
  std::uint32_t awake_used;
};
[[nodiscard]] inline std::int64_t monotonic_ms_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static_assert(sizeof(Slot) == 120 && sizeof(Slot) <= 160);
static_assert(std::is_standard_layout_v<Slot> && std::is_trivially_destructible_v<Slot>);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free && std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace roost::status
