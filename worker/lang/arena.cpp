// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "worker/lang/syntax.h"

namespace roost::lang {
namespace {

// The first block holds a one-line program; blocks double from there, so that a big program has few and a library's last
// one wastes little.
constexpr std::size_t kFirstBlockBytes = 2'048;
constexpr std::size_t kBlockBytesMax = 64 * 1'024;

}  // namespace

Arena::~Arena() = default;

void* Arena::allocate(std::size_t bytes, std::size_t alignment) {
  const std::size_t padding = (alignment - reinterpret_cast<std::uintptr_t>(next_) % alignment) % alignment;
  if (next_ != nullptr && padding + bytes <= left_) {
    char* place = next_ + padding;
    next_ = place + bytes;
    left_ -= padding + bytes;
    return place;
  }
  const std::size_t usual = std::min(kBlockBytesMax, kFirstBlockBytes << std::min<std::size_t>(blocks_.size(), 5));
  const std::size_t size = std::max(usual, bytes);
  std::unique_ptr<char[]> block(new char[size]);   // not make_unique: it would clear what is about to be written
  blocks_.push_back(std::move(block));
  bytes_ += size;
  char* place = blocks_.back().get();
  next_ = place + bytes;
  left_ = size - bytes;
  return place;
}

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return {};
  char* place = static_cast<char*>(allocate(text.size(), 1));
  std::memcpy(place, text.data(), text.size());
  return {place, text.size()};
}

}  // namespace roost::lang
