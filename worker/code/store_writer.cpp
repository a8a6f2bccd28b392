// SPDX-License-Identifier: MIT
#include "worker/code/store_writer.h"

#include <unistd.h>

#include <chrono>
#include <cstring>

#include "worker/wire/check.h"

namespace roost::code {

StoreWriter::StoreWriter(std::span<std::byte> memory, std::uint64_t chain_key) : memory_(memory) {
  CHECK(memory.size() >= kStoreBytesMin);
  CHECK(reinterpret_cast<std::uintptr_t>(memory.data()) % kEntryAlignment == 0);
  using namespace std::chrono;
  Header& made = header();
  made.layout_version = kLayoutVersion;
  made.writer_pid = getpid();
  made.bytes = memory.size();
  made.chain_key = chain_key | 1;
  made.started_ms = static_cast<std::uint64_t>(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
  made.end.store(sizeof(Header), std::memory_order_relaxed);
  std::atomic_ref<std::uint64_t>(made.magic).store(kMagic, std::memory_order_release);
  auto view = StoreView::of(memory);
  CHECK(view.ok());
  view_ = std::move(view).value();
}

void StoreWriter::publish(const wire::DefinitionHash& hash, BytesView definition) {
  if (view_.holds(hash)) return;
  CHECK(view_.has_room(definition.size()));
  const std::uint64_t place = header().end.load(std::memory_order_relaxed);
  auto& head = header().heads[chain_of(hash, header().chain_key)];
  std::byte* const at = memory_.data() + place;
  const Entry entry{head.load(std::memory_order_relaxed), static_cast<std::uint32_t>(definition.size()), 0, hash};
  std::memcpy(at, &entry, sizeof entry);
  std::memcpy(at + sizeof entry, definition.data(), definition.size());
  header().end.store(place + entry_bytes(definition.size()), std::memory_order_relaxed);
  header().definitions.fetch_add(1, std::memory_order_relaxed);
  head.store(place, std::memory_order_release);   // from here on it is there
}

}  // namespace roost::code
