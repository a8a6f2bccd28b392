// SPDX-License-Identifier: MIT
#include "worker/runtime/object.h"

#include <cstdlib>
#include <new>
#include <vector>

#include "worker/runtime/code.h"
#include "worker/runtime/knot.h"
#include "worker/runtime/value.h"
#include "worker/wire/check.h"

namespace roost::runtime {
namespace {

thread_local Heap* entered = nullptr;

// What malloc takes for a request: 8 bytes of its own, rounded to 16, at least 32 (glibc, 64 bits).
std::size_t footprint(std::size_t bytes) {
  const std::size_t rounded = (bytes + 8 + 15) & ~std::size_t{15};
  return rounded < 32 ? 32 : rounded;
}

void free_knots() noexcept;

// Gives back one count; the object, if that was the last.
Object* let_go_of(std::uint64_t bits) {
  if (bits < Value::kPointer) return nullptr;
  auto* object = reinterpret_cast<Object*>(bits & Value::kPointerMask);
  if (is_knotted(*object)) {
    if (let_go_of_knot(*object)) free_knots();
    return nullptr;
  }
  return object->count < kImmortal && --object->count == 0 ? object : nullptr;
}

void free_dead(Object* object) noexcept {
  if (object->kind == Kind::Closure || object->kind == Kind::Group)
    static_cast<Function*>(object)->code->program.let_go();
  free_object(object, bytes_of(*object));
}

}  // namespace

Slots slots_of(Object* object) {
  switch (object->kind) {
    case Kind::Text:
    case Kind::Node:
    case Kind::Channel: return {nullptr, 0};
    case Kind::Vector: {
      auto* vector = static_cast<Vector*>(object);
      return {vector->items(), vector->size};
    }
    case Kind::Data: return {static_cast<Data*>(object)->items(), object->flags};
    case Kind::Closure:
    case Kind::Group: return {static_cast<Function*>(object)->slots(), object->tag};
    case Kind::Member: return {&static_cast<Member*>(object)->group, 1};
    case Kind::Partial: return {&static_cast<Partial*>(object)->function, object->flags + 1u};
    case Kind::Remote: return {&static_cast<Remote*>(object)->first, 3};
  }
  CHECK(false);
  return {nullptr, 0};
}
static_assert(sizeof(Partial) == sizeof(Object) + sizeof(Value), "function and arguments are one row");
static_assert(sizeof(Remote) == sizeof(Object) + 3 * sizeof(Value), "operands and continuation are one row");

Heap& Heap::current() {
  CHECK(entered != nullptr);
  return *entered;
}

void Heap::relieve(std::uint64_t bytes) const {
  while (bytes <= bytes_max_ && relief_ && relief_())
    if (has_room(bytes)) return;
  refuse(bytes);
}

void Heap::refuse(std::uint64_t bytes) const {
  throw Crash{wire::FailureKind::MemoryLimit,
              "the node needed " + std::to_string(bytes) + " bytes more, and has " + std::to_string(bytes_) + " of " +
                  std::to_string(bytes_max_) + " in use (worker_memory_bytes)",
              {}};
}

// Where malloc found none for an object that costs so much: the process' own limit (RLIMIT_AS) came first.
void* Heap::allocate_after_relief(std::size_t bytes, std::size_t cost) {
  for (bool is_relieved = true; is_relieved;) {
    const std::uint64_t before = bytes_;
    while (is_relieved && bytes_ + cost > before) is_relieved = relief_ && relief_();
    if (void* place = std::malloc(bytes)) return place;
  }
  throw Crash{wire::FailureKind::MemoryLimit, no_memory_for(std::to_string(bytes) + " bytes more"), {}};
}

std::string no_memory_for(std::string_view what) {
  return "the process has no memory for " + std::string(what) + " (worker_memory_bytes)";
}

HeapScope::HeapScope(Heap& heap) : outer_(std::exchange(entered, &heap)) {}
HeapScope::~HeapScope() { entered = outer_; }

void* allocate_object(std::size_t bytes) {
  Heap& heap = *entered;
  const std::size_t cost = footprint(bytes);
  heap.require(cost);
  void* place = std::malloc(bytes);
  if (!place) [[unlikely]] place = heap.allocate_after_relief(bytes, cost);
  heap.note(cost);
  ++heap.objects_;
  return place;
}

void free_object(void* object, std::size_t bytes) noexcept {
  Heap& heap = *entered;
  heap.bytes_ -= footprint(bytes);
  --heap.objects_;
  std::free(object);
}

std::size_t bytes_of(const Object& object) {
  switch (object.kind) {
    case Kind::Text: return sizeof(Text) + static_cast<const Text&>(object).capacity;
    case Kind::Vector: return sizeof(Vector) + sizeof(Value) * static_cast<const Vector&>(object).capacity;
    case Kind::Data: return sizeof(Data) + sizeof(Value) * object.flags;
    case Kind::Closure:
    case Kind::Group: return sizeof(Function) + sizeof(Value) * object.tag;
    case Kind::Member: return sizeof(Member);
    case Kind::Partial: return sizeof(Partial) + sizeof(Value) * object.flags;
    case Kind::Remote: return sizeof(Remote);
    case Kind::Node: return sizeof(Node) + object.tag;
    case Kind::Channel: return sizeof(Channel) + object.tag;
  }
  return 0;
}

namespace {

// A dead object's count is free to say how many of its slots are still to be let go of, and the slot that was emptied last
// holds the way back to the object above. So destruction needs neither memory nor the processor's stack.
void destroy_tree(Object* object) noexcept {
  Object* above = nullptr;
  object->count = slots_of(object).count;
  for (;;) {
    Value* slots = slots_of(object).first;
    Object* child = nullptr;
    while (object->count > 0 && !child) {
      child = let_go_of(slots[--object->count].release());
    }
    if (child) {
      std::memcpy(static_cast<void*>(slots + object->count), &above, sizeof above);
      above = object;
      object = child;
      object->count = slots_of(object).count;
      continue;
    }
    free_dead(object);
    if (!above) return;
    object = above;
    std::memcpy(&above, static_cast<void*>(slots_of(object).first + object->count), sizeof above);
  }
}

// Knots that die while one is freed wait: a long chain of them takes no stack.
thread_local bool freeing_knots = false;
void free_knots() noexcept {
  if (std::exchange(freeing_knots, true)) return;
  for (auto objects = untie_dead(); !objects.empty(); objects = untie_dead())
    for (Object* object : objects) destroy_tree(object);
  freeing_knots = false;
}

}  // namespace

void destroy(Object* object) noexcept {
  if (!is_knotted(*object)) [[likely]] destroy_tree(object);
  else if (let_go_of_knot(*object)) free_knots();
}

void make_immortal(Object* object, std::vector<Object*>& made) {
  std::vector<Object*> todo{object};
  while (!todo.empty()) {
    Object* next = todo.back();
    todo.pop_back();
    if (next->count == kImmortal) continue;
    if (is_knotted(*next)) {
      for (Object* knotted : untie(*next)) {
        knotted->count = 1;
        todo.push_back(knotted);
      }
      continue;
    }
    next->count = kImmortal;
    made.push_back(next);
    const Slots slots = slots_of(next);
    for (std::uint32_t i = 0; i < slots.count; ++i)
      if (slots.first[i].is_object()) todo.push_back(slots.first[i].object());
  }
}

}  // namespace roost::runtime
