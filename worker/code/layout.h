// SPDX-License-Identifier: MIT
#pragma once

// The code store's bytes: a header, and behind it one definition after the other, each found by its content hash. roostd is the
// only writer; workers and tools map them read-only and read definitions where they lie. Nothing in it is ever changed or moved
// but the heads of the chains: a definition is written behind the last one, where nobody looks, and then published by one atomic store
// of its place as the head of its chain. So readers take no lock, never wait, and never see a definition that is not whole; and
// a writer that dies at any instant leaves nothing but bytes that nobody looks at.
//
//     heads[i] ──▶ Entry ──before──▶ Entry ──before──▶ 0        places are bytes from the start of the store

#include <atomic>
#include <cstdint>
#include <type_traits>

#include "worker/wire/frames.h"

namespace roost::code {

inline constexpr std::uint64_t kMagic = 0x65646f6374736f72;   // "rostcode", little-endian
inline constexpr std::uint32_t kLayoutVersion = 1;
inline constexpr unsigned kHeadBits = 16;                     // 512 KiB of heads; a chain has about definitions / 65,536 links
inline constexpr std::uint32_t kHeads = 1u << kHeadBits;
inline constexpr std::size_t kEntryAlignment = 8;

struct Header {
  std::uint64_t magic;            // written last: a store without it is not ready
  std::uint32_t layout_version;
  std::int32_t writer_pid;
  std::uint64_t bytes;            // of the whole store
  std::uint64_t chain_key;        // odd and random: which chain a hash is in cannot be known from outside
  std::uint64_t started_ms;       // Unix time
  std::atomic<std::uint64_t> end;           // behind the last definition
  std::atomic<std::uint64_t> definitions;
  std::atomic<std::uint64_t> heads[kHeads];
};

struct Entry {
  std::uint64_t before;           // the next of the chain, always at a lower place; 0: none
  std::uint32_t size;             // of the definition's bytes, which follow
  std::uint32_t reserved;
  wire::DefinitionHash hash;
};
static_assert(sizeof(Entry) == 80 && sizeof(Entry) % kEntryAlignment == 0);
static_assert(std::is_standard_layout_v<Header> && std::is_trivially_destructible_v<Header>);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// What a definition of that size takes.
[[nodiscard]] constexpr std::uint64_t entry_bytes(std::uint64_t size) {
  return (sizeof(Entry) + size + kEntryAlignment - 1) / kEntryAlignment * kEntryAlignment;
}
// The least that a store may have: room for its header and for one definition of any size.
inline constexpr std::uint64_t kStoreBytesMin = sizeof(Header) + entry_bytes(wire::kDefinitionBytesMax);

// Which chain a hash is in.
[[nodiscard]] std::uint32_t chain_of(const wire::DefinitionHash& hash, std::uint64_t chain_key);

}  // namespace roost::code
