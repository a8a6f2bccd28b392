// SPDX-License-Identifier: MIT
#include "worker/runtime/fiber.h"

#include <algorithm>
#include <cstdlib>

#include "worker/runtime/object.h"

namespace roost::runtime {
namespace {

constexpr std::size_t kStackValuesMin = 64;
constexpr std::size_t kStackValuesKept = 4096;   // between evaluations
constexpr std::size_t kFramesMin = 16;

// The first names on the way, at most so many. Those of one definition's functions stand together.
template <typename Frames>
std::vector<std::string> names_of(Frames frame, Frames end, std::size_t count) {
  std::vector<std::string> names;
  for (; frame != end && names.size() < count; ++frame)
    if (!frame->code->name.empty() && (names.empty() || names.back() != frame->code->name)) names.emplace_back(frame->code->name);
  return names;
}

}  // namespace

Fiber::~Fiber() {
  clear();
  Heap& heap = Heap::current();
  heap.remove(static_cast<std::uint64_t>(limit_ - bottom_) * sizeof(Value) + frames.capacity() * sizeof(Frame));
  std::free(bottom_);
}

void Fiber::clear() {
  while (top > bottom_) (--top)->~Value();
  frames.clear();
}

void Fiber::shrink() {
  if (static_cast<std::size_t>(limit_ - bottom_) > kStackValuesKept) {
    Heap::current().remove(static_cast<std::uint64_t>(limit_ - bottom_) * sizeof(Value));
    std::free(bottom_);
    bottom_ = limit_ = top = nullptr;
  }
  if (frames.capacity() > kStackValuesKept) {
    Heap::current().remove(frames.capacity() * sizeof(Frame));
    std::vector<Frame>().swap(frames);
  }
}

void Fiber::grow(std::size_t more) {
  const auto used = static_cast<std::size_t>(top - bottom_);
  const auto old = static_cast<std::size_t>(limit_ - bottom_);
  const std::size_t size = std::max({kStackValuesMin, old + old / 2, used + more});
  Heap& heap = Heap::current();
  heap.add((size - old) * sizeof(Value));
  // A Value is its word, so a stack may move.
  void* moved = std::realloc(static_cast<void*>(bottom_), size * sizeof(Value));
  if (!moved) {
    heap.remove((size - old) * sizeof(Value));
    throw Crash{wire::FailureKind::MemoryLimit,
                "the process has no memory for a stack of " + std::to_string(size) + " values (worker_memory_bytes)", {}};
  }
  bottom_ = static_cast<Value*>(moved);
  top = bottom_ + used;
  limit_ = bottom_ + size;
}

void Fiber::grow_frames() {
  const std::size_t old = frames.capacity();
  const std::size_t size = std::max(kFramesMin, old + old / 2);
  Heap::current().require((size - old) * sizeof(Frame));
  frames.reserve(size);
  Heap::current().note((size - old) * sizeof(Frame));
}

std::string_view Fiber::definition() const {
  const auto named = std::find_if(frames.rbegin(), frames.rend(), [](const Frame& frame) { return !frame.code->name.empty(); });
  return named == frames.rend() ? std::string_view() : named->code->name;
}

std::vector<std::string> Fiber::chain() const {
  constexpr std::size_t kHalf = wire::kFailureChainMax / 2;
  std::vector<std::string> names = names_of(frames.rbegin(), frames.rend(), 1 + wire::kFailureChainMax + 1);
  if (names.empty()) return names;
  names.erase(names.begin());
  if (names.size() <= wire::kFailureChainMax) return names;
  const std::vector<std::string> outermost = names_of(frames.begin(), frames.end(), kHalf - 1);
  names.resize(kHalf);
  names.push_back("…");
  names.insert(names.end(), outermost.rbegin(), outermost.rend());
  return names;
}

}  // namespace roost::runtime
