// SPDX-License-Identifier: MIT
#include "worker/runtime/value_hash.h"

#include <memory>
#include <unordered_map>
#include <vector>

#include "worker/lang/hash.h"
#include "worker/runtime/code.h"
#include "worker/runtime/heap_share.h"
#include "worker/runtime/identity.h"

namespace roost::runtime {
namespace {

using lang::Hash;
using lang::HashWriter;

// SHA3-512 of a few short tokens: what one H(…) costs (measured: 0.4 to 0.6 µs on the development machine).
constexpr std::uint64_t kWorkPerHash = 500;
// How many shared objects are remembered during one call. More are hashed again each time they are met, at the price of work.
constexpr std::size_t kRememberedMax = 1u << 16;

// The tags of Remote values: those of steps, and those of effects inside `Local`.
constexpr std::uint8_t kRemoteTag = 2, kStepTag = 0, kBindTag = 1, kLocalTag = 0, kAtTag = 1;
constexpr std::uint8_t kTermTag = 1, kVectorTag = 5, kNodeTag = 9, kChannelTag = 10, kRemoteTermTag = 11;

std::uint8_t effect_tag(Step step) {
  switch (step) {
    case Step::Fork: return 0;
    case Step::CreateChannel: return 1;
    case Step::Here: return 2;
    case Step::ReceiveAsync: return 3;
    case Step::Receive: return 4;
    case Step::Send: return 5;
    case Step::Spawn: return 6;
    case Step::Sleep: return 7;
    case Step::Pure: return 8;
    case Step::Fail: return 9;           // from here on ours: 2016 had no such effects
    case Step::ClockNow: return 10;
    case Step::RandomNumber: return 11;
    case Step::Attempt: return 12;
    case Step::At: break;                // not an effect
  }
  CHECK(step != Step::At);
  return 0;
}

Hash hash_node(const Node& node) {
  const Hash host = HashWriter().text(node.host()).finish();
  const Hash key = HashWriter().bytes(node.key.view()).finish();
  return HashWriter().tag(kTermTag).tag(kNodeTag).hash(host).hash(key).finish();
}

Hash hash_destination(const Node& node) { return HashWriter().text(node.host()).bytes(node.key.view()).finish(); }

Hash hash_channel(const Channel& channel) {
  return HashWriter().tag(kTermTag).tag(kChannelTag).hash(HashWriter().bytes(channel.id()).finish()).finish();
}

// The effect of a step that is not At; `operand` as for hash_step.
Hash hash_effect(const Remote& remote, const Hash* operand) {
  HashWriter writer;
  writer.tag(effect_tag(remote.step()));
  const auto id = [](const Value& channel) { return HashWriter().bytes(channel.as_channel()->id()).finish(); };
  switch (remote.step()) {
    case Step::Fork:
    case Step::Attempt:
    case Step::Pure:
    case Step::Fail: writer.hash(*operand); break;
    case Step::Send: writer.hash(id(remote.first)).hash(*operand); break;
    case Step::Receive: writer.hash(id(remote.first)); break;
    case Step::ReceiveAsync:
      writer.hash(id(remote.first)).hash(HashWriter().number(Value::canonical(remote.second.as_number())).finish());
      break;
    case Step::Sleep: writer.number(Value::canonical(remote.first.as_number())); break;
    case Step::Here:
    case Step::Spawn:
    case Step::CreateChannel:
    case Step::ClockNow:
    case Step::RandomNumber: break;
    case Step::At: CHECK(false);
  }
  return writer.finish();
}

// ⟦step⟧ given the hash of its operand that is a value (null if it has none).
Hash hash_step(const Remote& remote, const Hash* operand) {
  if (remote.step() == Step::At)
    return HashWriter().tag(kAtTag).hash(hash_destination(*remote.first.as_node())).hash(*operand).finish();
  return HashWriter().tag(kLocalTag).hash(hash_effect(remote, operand)).finish();
}

// Which operand of a step is a value that has a hash of its own; null if none.
const Value* hashed_operand(const Remote& remote) {
  switch (remote.step()) {
    case Step::At:
    case Step::Send: return &remote.second;
    case Step::Fork:
    case Step::Attempt:
    case Step::Pure:
    case Step::Fail: return &remote.first;
    case Step::Here:
    case Step::Spawn:
    case Step::Sleep:
    case Step::CreateChannel:
    case Step::Receive:
    case Step::ReceiveAsync:
    case Step::ClockNow:
    case Step::RandomNumber: return nullptr;
  }
  return nullptr;
}

// ---- the walk ------------------------------------------------------------------------------------------------

// An object some of whose parts are hashed. Constructors fold their arguments into `sum` as they come, vectors feed theirs to a
// writer, so neither keeps the hashes of its parts; functions and Remote values keep theirs, which are few.
struct Pending {
  explicit Pending(const Object* what) : object(what) {}

  const Object* object;
  std::size_t next = 0;
  Hash sum{};
  std::unique_ptr<HashWriter> writer;
  std::vector<Hash> parts;
};

class ValueHasher {
 public:
  explicit ValueHasher(BuiltinContext& context) : context_(context) {}

  Hash run(const Value& value) {
    enter(value);
    while (!pending_.empty()) step();
    return result_;
  }

 private:
  // Either knows the hash at once, or puts the object on the stack.
  void enter(const Value& value) {
    context_.charge(kWorkPerHash);
    if (value.is_number()) return give(lang::hash_number(Value::canonical(value.as_number())));
    if (value.is_builtin()) return give(lang::hash_builtin(value.as_builtin()));
    if (value.is_if()) return give(lang::hash_if());
    if (!value.is_object()) return give(lang::hash_blank());
    enter_object(value);
  }

  void enter_object(const Value& value) {
    const Object* object = value.object();
    if (const auto found = remembered_.find(identity_of(*object)); found != remembered_.end())
      return give(as_part(object, found->second));
    switch (object->kind) {
      case Kind::Text:
        context_.charge(value.as_text()->size * 3);
        return give(lang::hash_text(value.as_text()->view()));
      case Kind::Node: return give(hash_node(*value.as_node()));
      case Kind::Channel: return give(hash_channel(*value.as_channel()));
      case Kind::Closure:
      case Kind::Member:
        if (const Hash* known = known_hash(parts_of(value))) return give(*known);
        return push(object);
      case Kind::Vector:
      case Kind::Data:
      case Kind::Partial:
      case Kind::Remote: return push(object);
      case Kind::Group: CHECK(false);   // never a value of its own
    }
  }

  // A definition has its name; what captures nothing is its own lifted function.
  static const Hash* known_hash(const FunctionParts& function) {
    if (function.definition != nullptr) return function.definition;
    return function.captures.empty() ? function.code->lifted : nullptr;
  }

  void push(const Object* object) {
    grow_counted(pending_, share_, sizeof(HashWriter));   // a value nested a million deep needs a million entries
    pending_.emplace_back(object);
    Pending& top = pending_.back();
    if (object->kind == Kind::Data) {
      top.sum = lang::hash_builtin(static_cast<const Data*>(object)->constructor());
    } else if (object->kind == Kind::Vector) {
      top.writer = std::make_unique<HashWriter>();
      top.writer->tag(kTermTag).tag(kVectorTag).varint(static_cast<const Vector*>(object)->size);
    }
    has_result_ = false;
  }

  void give(const Hash& hash) {
    result_ = hash;
    has_result_ = true;
  }

  // Takes in the part that has just been hashed, if there is one; then asks for the next, or ends.
  void step() {
    Pending& top = pending_.back();
    if (has_result_ && top.next > 0) take(top, result_);
    has_result_ = false;
    if (const Value* part = part_of(*top.object, top.next)) {
      ++top.next;
      enter(*part);
      return;
    }
    const Object* object = top.object;
    const Hash hash = finish(top);
    pending_.pop_back();
    const Object* owner = pending_.empty() ? nullptr : pending_.back().object;
    if (remembered_.size() < kRememberedMax && may_be_met_again(*object, owner)) remembered_.emplace(identity_of(*object), hash);
    give(as_part(object, hash));
  }

  // A Remote value that is a part of a value hashes as a term; only Fork and Attempt hold one that is part of the description itself.
  [[nodiscard]] Hash as_part(const Object* object, const Hash& hash) const {
    if (object->kind != Kind::Remote) return hash;
    if (!pending_.empty() && pending_.back().object->kind == Kind::Remote) {
      const Pending& outer = pending_.back();
      const Step step = static_cast<const Remote*>(outer.object)->step();
      if ((step == Step::Fork || step == Step::Attempt) && outer.next == 1) return hash;
    }
    return HashWriter().tag(kTermTag).tag(kRemoteTermTag).hash(hash).finish();
  }

  void take(Pending& top, const Hash& part) {
    switch (top.object->kind) {
      case Kind::Data: top.sum = lang::hash_apply(top.sum, part); return;
      case Kind::Partial: top.sum = top.next == 1 ? part : lang::hash_apply(top.sum, part); return;
      case Kind::Vector: top.writer->hash(part); return;
      default: top.parts.push_back(part); return;   // functions and Remote values
    }
  }

  // The parts of an object in the order in which they are hashed; null behind the last one.
  static const Value* part_of(const Object& object, std::size_t at) {
    const auto in = [at](std::span<const Value> parts) { return at < parts.size() ? &parts[at] : nullptr; };
    switch (object.kind) {
      case Kind::Data: return in(static_cast<const Data&>(object).view());
      case Kind::Vector: return in(static_cast<const Vector&>(object).view());
      case Kind::Partial: {
        const auto& partial = static_cast<const Partial&>(object);
        return at == 0 ? &partial.function : --at < partial.size() ? &partial.items()[at] : nullptr;
      }
      case Kind::Remote: return remote_part(static_cast<const Remote&>(object), at);
      default: return in(function_parts(object).captures);
    }
  }

  static const Value* remote_part(const Remote& remote, std::size_t at) {
    if (const Value* operand = hashed_operand(remote)) {
      if (at == 0) return operand;
      --at;
    }
    return at == 0 && remote.is_bind() ? &remote.next : nullptr;
  }

  static FunctionParts function_parts(const Object& object) {
    return parts_of(Value::share(const_cast<Object*>(&object)));
  }

  Hash finish(Pending& top) {
    context_.charge(kWorkPerHash);
    switch (top.object->kind) {
      case Kind::Data:
      case Kind::Partial: return top.sum;
      case Kind::Vector: return top.writer->finish();
      case Kind::Remote: return finish_remote(static_cast<const Remote&>(*top.object), top.parts);
      default: return finish_function(top);
    }
  }

  static Hash finish_remote(const Remote& remote, const std::vector<Hash>& parts) {
    const bool has_operand = hashed_operand(remote) != nullptr;
    const Hash step = hash_step(remote, has_operand ? &parts[0] : nullptr);
    HashWriter writer;
    writer.tag(kRemoteTag).tag(remote.is_bind() ? kBindTag : kStepTag).hash(step);
    if (remote.is_bind()) writer.hash(parts.back());
    return writer.finish();
  }

  // hash_term wants the captured hashes by how far outside their variables point.
  Hash finish_function(const Pending& top) {
    const FunctionParts parts = function_parts(*top.object);
    const std::size_t reach = parts.outside.empty() ? 0 : parts.outside.back() + std::size_t{1};
    std::vector<Hash> captured(reach);
    for (std::size_t i = 0; i < parts.outside.size(); ++i) captured[parts.outside[i]] = top.parts[i];
    HashCharge charge(context_);
    return lang::hash_term(*parts.term, captured, &charge);
  }

  BuiltinContext& context_;
  HeapShare share_;
  std::vector<Pending> pending_;
  std::unordered_map<Identity, Hash, HashOfIdentity> remembered_;
  Hash result_{};
  bool has_result_ = false;
};

}  // namespace

void HashCharge::spend(std::uint64_t visits) { context_.charge(visits * kWorkPerHash); }

Hash hash_value(BuiltinContext& context, const Value& value) { return ValueHasher(context).run(value); }

Bytes hash_key_of(BuiltinContext& context, const Value& value) {
  return value.is_builtin() ? lang::hash_key(value.as_builtin()) : lang::hash_key(hash_value(context, value));
}

Value make_hash(BuiltinContext& context, const Value& value) {
  return make_data(lang::Builtin::HashConstructor, make_text(lang::base64url(hash_key_of(context, value))));
}

}  // namespace roost::runtime
