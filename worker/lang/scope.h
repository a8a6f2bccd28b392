// SPDX-License-Identifier: MIT
#pragma once

// Names bound around a place, innermost last: a stack that finds a name without walking all of it. A program without
// binders pays nothing for it.

#include <cstdint>
#include <string_view>
#include <vector>

namespace roost::lang {

class Scope {
 public:
  static constexpr std::uint32_t kNotFound = UINT32_MAX;

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(entries_.size()); }

  void push(std::string_view name) {
    if (heads_.empty()) heads_.assign(kBuckets, kNotFound);
    std::uint32_t& head = heads_[bucket_of(name)];
    entries_.push_back({name, head});
    head = size() - 1;
  }

  void pop(std::uint32_t count = 1) {
    for (; count > 0; --count) {
      heads_[bucket_of(entries_.back().name)] = entries_.back().next;
      entries_.pop_back();
    }
  }

  // The place in the stack, 0 = outermost, of the innermost entry of that name, or kNotFound.
  [[nodiscard]] std::uint32_t find(std::string_view name) const {
    if (entries_.empty()) return kNotFound;
    std::uint32_t at = heads_[bucket_of(name)];
    while (at != kNotFound && entries_[at].name != name) at = entries_[at].next;
    return at;
  }

  template <typename Take>
  void each(Take take) const {
    for (const Entry& entry : entries_) take(entry.name);
  }

 private:
  static constexpr std::size_t kBuckets = 256;
  struct Entry {
    std::string_view name;
    std::uint32_t next;   // the next outer one in its bucket
  };
  static std::size_t bucket_of(std::string_view name) {
    std::uint32_t hash = static_cast<std::uint32_t>(name.size());
    for (const char c : name) hash = hash * 31 + static_cast<unsigned char>(c);
    return (hash ^ hash >> 9) % kBuckets;
  }

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> heads_;
};

}  // namespace roost::lang
