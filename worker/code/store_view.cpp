// SPDX-License-Identifier: MIT
#include "worker/code/store_view.h"

#include <cstring>

namespace roost::code {
namespace {

BytesView bytes_of(const Entry& entry) { return {reinterpret_cast<const char*>(&entry + 1), entry.size}; }

}  // namespace

std::uint32_t chain_of(const wire::DefinitionHash& hash, std::uint64_t chain_key) {
  std::uint64_t word;
  std::memcpy(&word, hash.data(), sizeof word);
  return static_cast<std::uint32_t>((word * chain_key) >> (64 - kHeadBits));
}

Result<StoreView, std::string> StoreView::of(std::span<const std::byte> memory) {
  if (memory.size() < sizeof(Header)) return Refused{std::string("it is smaller than its header")};
  const Header& header = *reinterpret_cast<const Header*>(memory.data());
  if (std::atomic_ref<std::uint64_t>(const_cast<std::uint64_t&>(header.magic)).load(std::memory_order_acquire) != kMagic)
    return Refused{std::string("it is not a code store, or not ready")};
  if (header.layout_version != kLayoutVersion)
    return Refused{"its layout has version " + std::to_string(header.layout_version) + ", not " + std::to_string(kLayoutVersion) +
                   ": it is of another build of roostd"};
  if (header.bytes != memory.size()) return Refused{std::string("it is not as long as its header says")};
  return StoreView(memory);
}

const Entry* StoreView::entry_at(std::uint64_t place, std::uint64_t above) const {
  if (place < sizeof(Header) || place >= above || place % kEntryAlignment != 0) return nullptr;
  if (place > memory_.size() - sizeof(Entry)) return nullptr;
  const auto* entry = reinterpret_cast<const Entry*>(memory_.data() + place);
  return entry->size <= memory_.size() - place - sizeof(Entry) ? entry : nullptr;
}

std::optional<BytesView> StoreView::find(const wire::DefinitionHash& hash) const {
  if (memory_.empty()) return std::nullopt;
  std::uint64_t above = memory_.size();
  std::uint64_t place = header().heads[chain_of(hash, header().chain_key)].load(std::memory_order_acquire);
  while (const Entry* entry = entry_at(place, above)) {
    if (entry->hash == hash) return bytes_of(*entry);
    above = place;
    place = entry->before;
  }
  return std::nullopt;
}

void StoreView::for_each(const std::function<void(const wire::DefinitionHash&, BytesView)>& see) const {
  if (memory_.empty()) return;
  for (const auto& head : header().heads) {
    std::uint64_t above = memory_.size();
    std::uint64_t place = head.load(std::memory_order_acquire);
    while (const Entry* entry = entry_at(place, above)) {
      see(entry->hash, bytes_of(*entry));
      above = place;
      place = entry->before;
    }
  }
}

std::uint64_t StoreView::definitions() const {
  return memory_.empty() ? 0 : header().definitions.load(std::memory_order_relaxed);
}

std::uint64_t StoreView::bytes_used() const { return memory_.empty() ? 0 : header().end.load(std::memory_order_relaxed); }

}  // namespace roost::code
