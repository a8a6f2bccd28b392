// SPDX-License-Identifier: MIT
#include "worker/runtime/vm_memo.h"

#include <unordered_map>
#include <vector>

#include "worker/runtime/code.h"
#include "worker/runtime/heap_share.h"
#include "worker/runtime/object.h"

namespace roost::runtime {
namespace {

constexpr std::uint64_t kMarkBit = 0x1'0000;        // of a special word: a sibling, whose number is below
constexpr std::size_t kMapNodeBytes = 48;           // of an unordered_map, for each object
constexpr std::uint64_t kWorkPerSlot = 5;

Value mark_of(std::uint16_t member) { return Value::from_bits(Value::kSpecial | kMarkBit | member); }

bool is_mark(const Value& value) { return value.bits() >> 17 == (Value::kSpecial | kMarkBit) >> 17 && (value.bits() & kMarkBit) != 0; }

std::uint16_t member_of(const Value& mark) { return static_cast<std::uint16_t>(mark.bits() & 0xffff); }

bool is_sibling(const Object* object, const Function* group) {
  return object->kind == Kind::Member && static_cast<const Member*>(object)->group.object() == group;
}

// The same object once more, holding the same values.
Value copied(Object* object) {
  const Slots slots = slots_of(object);
  const std::span<const Value> values(slots.first, slots.count);
  switch (object->kind) {
    case Kind::Vector: return make_vector(values);
    case Kind::Data: return make_data(static_cast<Data*>(object)->constructor(), values);
    case Kind::Closure: return make_closure(*static_cast<Function*>(object)->code, values);
    case Kind::Member: return make_member(values[0], object->tag);
    case Kind::Partial: return make_partial(values[0], values.subspan(1));
    case Kind::Remote: return make_bind(static_cast<Remote*>(object)->step(), values[0], values[1], values[2]);
    case Kind::Group: {   // another group, inside this one: its memo cells are copied too
      const Code& code = *static_cast<Function*>(object)->code;
      Value group = make_group(code, values.first(code.outside.size()));
      for (std::size_t i = code.outside.size(); i < values.size(); ++i) group.as_function()->slots()[i] = values[i];
      return group;
    }
    case Kind::Text:
    case Kind::Node:
    case Kind::Channel: break;   // hold nothing, so are on no way
  }
  return Value::share(object);
}

class MemoMaker {
 public:
  MemoMaker(BuiltinContext& context, const Function* group) : context_(context), group_(group) {}

  // The copies of all objects on the way to a sibling, each behind those it holds. Empty: there is no sibling.
  std::vector<Value> copies(Object* root) {
    enter(root);
    while (!open_.empty()) {
      Open& top = open_.back();
      const Slots slots = slots_of(top.object);
      if (top.next < slots.count) {
        const Value& child = slots.first[top.next++];
        if (child.is_object() && !is_sibling(child.object(), group_)) enter(child.object());
      } else {
        leave(top.object);
        open_.pop_back();
      }
    }
    return std::move(copies_);
  }

 private:
  struct Open {
    Object* object;
    std::uint32_t next = 0;
  };

  void enter(Object* object) {
    if (object->count >= kImmortal || found_.contains(object)) return;
    share_.add(kMapNodeBytes);
    found_.emplace(object, Value());
    grow_counted(open_, share_);
    open_.push_back({object});
  }

  void leave(Object* object) {
    const Slots slots = slots_of(object);
    context_.charge(kWorkPerSlot * (slots.count + 1));
    Value copy;
    for (std::uint32_t i = 0; i < slots.count; ++i) {
      const Value& child = slots.first[i];
      if (!child.is_object()) continue;
      Value replacement;
      if (is_sibling(child.object(), group_)) replacement = mark_of(child.object()->tag);
      else if (const auto known = found_.find(child.object()); known != found_.end()) replacement = known->second;
      if (replacement.is_unset()) continue;
      if (copy.is_unset()) copy = copied(object);
      slots_of(copy.object()).first[i] = std::move(replacement);
    }
    if (copy.is_unset()) return;
    found_[object] = copy;
    grow_counted(copies_, share_);
    copies_.push_back(std::move(copy));
  }

  BuiltinContext& context_;
  const Function* group_;
  HeapShare share_;
  std::vector<Open> open_;
  std::unordered_map<Object*, Value> found_;   // unset: on no way
  std::vector<Value> copies_;
};

}  // namespace

Value memo_of(BuiltinContext& context, const Value& value, const Function* group) {
  if (!value.is_object()) return value;
  if (is_sibling(value.object(), group)) return mark_of(value.object()->tag);
  const std::vector<Value> copies = MemoMaker(context, group).copies(value.object());
  if (copies.empty()) return value;
  Value memo = make_vector(copies);
  memo.object()->flags = 1;
  return memo;
}

Value value_of_memo(BuiltinContext& context, const Value& memo, const Value& group) {
  if (is_mark(memo)) return make_member(group, member_of(memo));
  HeapShare share;
  std::unordered_map<const Object*, Value> restored;
  Value last;
  for (const Value& kept : memo.as_vector()->view()) {
    last = copied(kept.object());
    const Slots slots = slots_of(last.object());
    context.charge(kWorkPerSlot * (slots.count + 1));
    for (std::uint32_t i = 0; i < slots.count; ++i) {
      Value& child = slots.first[i];
      if (is_mark(child)) child = make_member(group, member_of(child));
      else if (const auto known = child.is_object() ? restored.find(child.object()) : restored.end(); known != restored.end())
        child = known->second;
    }
    share.add(kMapNodeBytes);
    restored.emplace(kept.object(), last);
  }
  return last;
}

}  // namespace roost::runtime
