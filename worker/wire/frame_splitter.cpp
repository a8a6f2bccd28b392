// SPDX-License-Identifier: MIT
#include "worker/wire/frames.h"

#include <algorithm>

namespace roost::wire {
namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kKeptCapacity = 64u << 10;

std::size_t length_at(BytesView bytes) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    length |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return length;
}

}  // namespace

void FrameSplitter::feed(BytesView bytes) {
  if (consumed_ > 0) buffer_.erase(0, consumed_);
  consumed_ = 0;
  make_room(buffer_.size() + bytes.size());
  buffer_.append(bytes);
}

// Doubles, but not beyond the end of the frame that is under way: a frame of the greatest length then costs its length,
// and one that is announced and never sent costs nothing.
void FrameSplitter::make_room(std::size_t bytes) {
  if (bytes <= buffer_.capacity()) return;
  std::size_t room = std::max(bytes, 2 * buffer_.capacity());
  if (buffer_.size() >= kLengthBytes) {
    room = std::max(bytes, std::min(room, kLengthBytes + length_at(buffer_)));
  }
  buffer_.reserve(room);
}

// An idle worker must stay small: a big frame's memory goes when the frame has been taken.
void FrameSplitter::give_back() {
  buffer_.clear();
  consumed_ = 0;
  if (buffer_.capacity() > kKeptCapacity) Bytes().swap(buffer_);
}

Result<std::optional<BytesView>, FrameError> FrameSplitter::next() {
  const BytesView rest = BytesView(buffer_).substr(consumed_);
  if (rest.empty()) give_back();
  if (rest.size() < kLengthBytes) return std::optional<BytesView>();
  const std::size_t length = length_at(rest);
  if (length == 0) return Refused{FrameError{"a frame of no bytes"}};
  if (length > body_bytes_max_) {
    return Refused{FrameError{"a frame of " + std::to_string(length) + " bytes, at most " +
                              std::to_string(body_bytes_max_) + " are allowed"}};
  }
  if (rest.size() - kLengthBytes < length) return std::optional<BytesView>();
  consumed_ += kLengthBytes + length;
  return std::optional<BytesView>(rest.substr(kLengthBytes, length));
}

}  // namespace roost::wire
