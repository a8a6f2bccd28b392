// SPDX-License-Identifier: MIT
#include "worker/runtime/knot.h"

#include <algorithm>
#include <unordered_map>

#include "worker/runtime/code.h"
#include "worker/runtime/heap_share.h"
#include "worker/runtime/object.h"
#include "worker/wire/check.h"

namespace roost::runtime {
namespace {

constexpr std::size_t kMapNodeBytes = 48;   // of an unordered_map, for each object
constexpr std::uint64_t kWorkPerObject = 50, kWorkPerSlot = 15;   // nanoseconds
constexpr std::uint32_t kNoKnot = 0xffff'ffffu;

struct Knot {
  std::uint64_t count = 0;   // of the Values that point in from outside
  std::vector<Object*> objects;
  std::uint64_t counted_bytes = 0;
  std::uint32_t next = kNoKnot;   // among the dead, or the free ones
};

struct Knots {
  std::vector<Knot> all;   // by number
  std::uint32_t dead = kNoKnot, free = kNoKnot;
};
thread_local Knots knots;

std::uint32_t number_of(const Object& object) { return object.count - kImmortal - 1; }

Knot& knot_of(const Object& object) { return knots.all[number_of(object)]; }

std::uint32_t new_knot() {
  if (knots.free == kNoKnot) {
    CHECK(knots.all.size() < kImmortal - 1);
    knots.all.emplace_back();
    return static_cast<std::uint32_t>(knots.all.size() - 1);
  }
  const std::uint32_t number = knots.free;
  knots.free = std::exchange(knots.all[number].next, kNoKnot);
  return number;
}

std::vector<Object*> free_knot(std::uint32_t number) {
  Knot& knot = knots.all[number];
  std::vector<Object*> objects = std::move(knot.objects);
  Heap::current().remove(knot.counted_bytes);
  knot = Knot{};
  knot.next = std::exchange(knots.free, number);
  return objects;
}

// Finds what a value holds that leads to the group (or to the knot that it is in), and ties it to that. A knot on the way counts as
// one thing, and stands under its first object: so there are no cycles to meet.
class Tying {
 public:
  Tying(BuiltinContext& context, Function& group) : context_(context), group_(group) {}

  // True if the value's object is one of the knot then.
  bool run(Object* root) {
    if (is_target(*root)) return true;
    pass_captures();
    meet(root);
    while (!open_.empty()) step();
    if (leading_.empty()) return false;
    tie();
    return true;
  }

 private:
  struct Open {
    Object* first;
    std::uint32_t object = 0, slot = 0;   // where it goes on
    bool leads = false;
  };

  [[nodiscard]] bool is_target(const Object& object) const {
    return &object == &group_ || (is_knotted(group_) && object.count == group_.count);
  }
  static Object* first_of(Object* object) { return is_knotted(*object) ? knot_of(*object).objects.front() : object; }
  static std::size_t size_of(const Object* first) { return is_knotted(*first) ? knot_of(*first).objects.size() : 1; }
  static Object* object_at(Object* first, std::size_t at) { return is_knotted(*first) ? knot_of(*first).objects[at] : first; }
  [[nodiscard]] bool leads(Object* object) const {
    if (is_target(*object)) return true;
    const auto found = met_.find(first_of(object));
    return found != met_.end() && found->second;
  }

  // What the group has captured does not lead to it, or would be in its knot: so a chain of groups is not walked again for each of them.
  void pass_captures() {
    const std::size_t captures = group_.code->outside.size();
    context_.charge(kWorkPerObject * captures);
    share_.add(kMapNodeBytes * captures);
    for (const Value& captured : std::span(group_.slots(), captures))
      if (captured.is_object()) met_.emplace(first_of(captured.object()), false);
  }

  // Opens what has not been met; of the rest it is known whether it leads there.
  void meet(Object* object) {
    if (is_target(*object)) return found();
    if (object->count == kImmortal || slots_of(object).count == 0) return;
    Object* first = first_of(object);
    const auto [place, is_new] = met_.try_emplace(first, false);
    if (!is_new) return place->second ? found() : void();
    share_.add(kMapNodeBytes);
    grow_counted(open_, share_);
    open_.push_back({first});
  }
  void found() {
    if (!open_.empty()) open_.back().leads = true;
  }

  void step() {
    Open& top = open_.back();
    if (top.object == size_of(top.first)) return leave();
    const Slots slots = slots_of(object_at(top.first, top.object));
    while (top.slot < slots.count) {
      const Value& child = slots.first[top.slot++];
      if (child.is_object()) return meet(child.object());
    }
    context_.charge(kWorkPerObject + kWorkPerSlot * slots.count);
    top.slot = 0;
    ++top.object;
  }

  void leave() {
    const Open left = open_.back();
    open_.pop_back();
    if (!left.leads) return;
    met_[left.first] = true;
    objects_ += size_of(left.first);
    grow_counted(leading_, share_);
    leading_.push_back(left.first);
    found();
  }

  // How many slots of what is tied now point to what is in the knot, and were counted so far.
  [[nodiscard]] std::uint64_t slots_inside(Object* first) const {
    std::uint64_t inside = 0;
    for (std::size_t i = 0; i < size_of(first); ++i) {
      const Slots slots = slots_of(object_at(first, i));
      for (const Value& child : std::span(slots.first, slots.count))
        if (child.is_object() && !(is_knotted(*first) && child.object()->count == first->count) && leads(child.object())) ++inside;
    }
    return inside;
  }

  // Once there is room nothing throws.
  void tie() {
    const bool is_new = !is_knotted(group_);
    const std::size_t held = is_new ? 0 : knot_of(group_).objects.size(), room = is_new ? 0 : knot_of(group_).objects.capacity();
    const std::size_t needed = held + objects_ + (is_new ? 1 : 0), capacity = needed <= room ? room : std::max(needed, 2 * room);
    const std::uint64_t bytes = (capacity - room) * sizeof(Object*) + (is_new ? sizeof(Knot) : 0);
    Heap::current().require(bytes);
    std::vector<Object*> objects;
    (is_new ? objects : knot_of(group_).objects).reserve(capacity);
    const std::uint32_t number = is_new ? new_knot() : number_of(group_);
    Knot& knot = knots.all[number];
    if (is_new) knot.objects = std::move(objects);
    Heap::current().note(bytes);
    knot.counted_bytes += bytes;
    std::uint64_t inside = 0;
    for (Object* first : leading_) inside += slots_inside(first);
    if (is_new) add(knot, number, &group_);
    for (Object* first : leading_) add(knot, number, first);
    knot.count -= inside;
  }

  static void add(Knot& knot, std::uint32_t number, Object* first) {
    if (!is_knotted(*first)) {
      knot.count += first->count;
      first->count = kImmortal + 1 + number;
      knot.objects.push_back(first);
      return;
    }
    knot.count += knot_of(*first).count;
    for (Object* object : free_knot(number_of(*first))) {
      object->count = kImmortal + 1 + number;
      knot.objects.push_back(object);
    }
  }

  BuiltinContext& context_;
  Function& group_;
  HeapShare share_;
  std::vector<Open> open_;
  std::unordered_map<Object*, bool> met_;   // whether it leads to the group
  std::vector<Object*> leading_;
  std::size_t objects_ = 0;   // that lead there
};

}  // namespace

void hold_knot(const Object& object) noexcept { ++knot_of(object).count; }

bool let_go_of_knot(const Object& object) noexcept {
  Knot& knot = knot_of(object);
  if (--knot.count > 0) return false;
  knot.next = std::exchange(knots.dead, number_of(object));
  return true;
}

std::vector<Object*> untie_dead() noexcept {
  if (knots.dead == kNoKnot) return {};
  const std::uint32_t number = knots.dead;
  knots.dead = knots.all[number].next;
  std::vector<Object*> objects = free_knot(number);
  for (Object* object : objects) {
    const Slots slots = slots_of(object);
    for (Value& child : std::span(slots.first, slots.count))
      if (child.is_object() && child.object()->count == object->count) (void)child.release();
  }
  return objects;
}

std::vector<Object*> untie(const Object& object) { return free_knot(number_of(object)); }

void fill_cell(BuiltinContext& context, Function& group, Value& cell, const Value& value) {
  if (value.is_object() && Tying(context, group).run(value.object())) cell = Value::from_bits(value.bits());   // inside: not counted
  else cell = value;
}

}  // namespace roost::runtime
