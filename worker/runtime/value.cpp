// SPDX-License-Identifier: MIT
#include "worker/runtime/value.h"

#include <algorithm>
#include <new>

#include "worker/runtime/code.h"
#include "worker/runtime/object.h"
#include "worker/wire/check.h"

namespace roost::runtime {
namespace {

template <typename T>
T* make(Kind kind, std::size_t bytes, std::uint16_t tag = 0, std::uint8_t flags = 0) {
  T* object = static_cast<T*>(allocate_object(bytes));
  object->count = 1;
  object->kind = kind;
  object->flags = flags;
  object->tag = tag;
  return object;
}

// Room for a text or vector that has to hold `needed` and will likely grow on.
std::size_t grown(std::size_t needed) { return needed + needed / 2 + 8; }

constexpr std::size_t kSizeMax = 0xffff'ffffu;   // of a text in bytes, a vector in items

void check_size(std::size_t size, const char* what) {
  if (size > kSizeMax)
    throw Crash{wire::FailureKind::MemoryLimit,
                std::string("a ") + what + " would have had " + std::to_string(size) + ", the most is " + std::to_string(kSizeMax),
                {}};
}

Text* new_text(std::size_t size, std::size_t capacity) {
  check_size(capacity, "text of bytes");
  Text* text = make<Text>(Kind::Text, sizeof(Text) + capacity);
  text->size = static_cast<std::uint32_t>(size);
  text->capacity = static_cast<std::uint32_t>(capacity);
  text->points = 0;
  text->unused = 0;
  return text;
}

Vector* new_vector(std::size_t capacity) {
  check_size(capacity, "vector of items");
  Vector* vector = make<Vector>(Kind::Vector, sizeof(Vector) + sizeof(Value) * capacity);
  vector->size = 0;
  vector->capacity = static_cast<std::uint32_t>(capacity);
  return vector;
}

void copy_items(Value* to, std::span<const Value> from) {
  for (const Value& value : from) new (to++) Value(value);
}

void append_bytes(Text* text, std::string_view bytes, std::uint32_t points) {
  if (!bytes.empty()) std::memcpy(text->data() + text->size, bytes.data(), bytes.size());
  text->size += static_cast<std::uint32_t>(bytes.size());
  text->points += points;
}

}  // namespace

std::uint32_t count_points(std::string_view utf8) {
  return static_cast<std::uint32_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

Value make_text(std::string_view utf8) { return make_text(utf8, count_points(utf8)); }

Value make_text(std::string_view utf8, std::uint32_t points) {
  Text* text = new_text(utf8.size(), utf8.size());
  if (!utf8.empty()) std::memcpy(text->data(), utf8.data(), utf8.size());
  text->points = points;
  return Value::adopt(text);
}

Value make_text_space(std::size_t bytes) { return Value::adopt(new_text(bytes, bytes)); }

Value text_joined(Value first, std::string_view second, std::uint32_t second_points) {
  Text* left = first.as_text();
  if (second.empty()) return first;
  const std::size_t size = left->size + second.size();
  if (first.is_unshared() && size <= left->capacity) {
    append_bytes(left, second, second_points);
    return first;
  }
  // A text that nobody else holds is being built up: leave room for more.
  Text* joined = new_text(0, first.is_unshared() && left->capacity > 0 ? grown(size) : size);
  append_bytes(joined, left->view(), left->points);
  append_bytes(joined, second, second_points);
  return Value::adopt(joined);
}

Value make_vector(std::size_t capacity) { return Value::adopt(new_vector(capacity)); }

Value make_vector(std::span<const Value> items) {
  Vector* vector = new_vector(items.size());
  copy_items(vector->items(), items);
  vector->size = static_cast<std::uint32_t>(items.size());
  return Value::adopt(vector);
}

Value vector_appended(Value vector, Value item) {
  Vector* old = vector.as_vector();
  if (vector.is_unshared() && old->size < old->capacity) {
    vector_push(vector, std::move(item));
    return vector;
  }
  Vector* longer = new_vector(grown(old->size + std::size_t{1}));
  if (vector.is_unshared()) {   // its items move: a Value is its word
    if (old->size > 0) std::memcpy(static_cast<void*>(longer->items()), old->items(), sizeof(Value) * old->size);
    longer->size = std::exchange(old->size, 0);
  } else {
    copy_items(longer->items(), old->view());
    longer->size = old->size;
  }
  Value result = Value::adopt(longer);
  vector_push(result, std::move(item));
  return result;
}

Value make_data(lang::Builtin constructor, std::span<const Value> arguments) {
  CHECK(!arguments.empty() && arguments.size() <= kArgumentsMax);
  Data* data = make<Data>(Kind::Data, sizeof(Data) + sizeof(Value) * arguments.size(), static_cast<std::uint16_t>(constructor),
                          static_cast<std::uint8_t>(arguments.size()));
  copy_items(data->items(), arguments);
  return Value::adopt(data);
}

Value make_data(lang::Builtin constructor, Value argument) {
  Data* data = make<Data>(Kind::Data, sizeof(Data) + sizeof(Value), static_cast<std::uint16_t>(constructor), 1);
  new (data->items()) Value(std::move(argument));
  return Value::adopt(data);
}

Value make_pair(Value first, Value second) {
  Data* data = make<Data>(Kind::Data, sizeof(Data) + 2 * sizeof(Value),
                          static_cast<std::uint16_t>(lang::Builtin::PairConstructor), 2);
  new (data->items()) Value(std::move(first));
  new (data->items() + 1) Value(std::move(second));
  return Value::adopt(data);
}

Value make_tuple(Value first, Value second) {
  return make_pair(std::move(first), make_pair(std::move(second), Value::unit()));
}

Value make_some(Value value) { return make_data(lang::Builtin::OptionalSome, std::move(value)); }

Value make_partial(Value function, std::span<const Value> arguments) {
  CHECK(!arguments.empty() && arguments.size() <= kArgumentsMax);
  Partial* partial = make<Partial>(Kind::Partial, sizeof(Partial) + sizeof(Value) * arguments.size(), 0,
                                   static_cast<std::uint8_t>(arguments.size()));
  new (&partial->function) Value(std::move(function));
  copy_items(partial->items(), arguments);
  return Value::adopt(partial);
}

int operands_of(Step step) {
  switch (step) {
    case Step::Here:
    case Step::Spawn:
    case Step::CreateChannel:
    case Step::ClockNow:
    case Step::RandomNumber: return 0;
    case Step::Pure:
    case Step::Sleep:
    case Step::Fork:
    case Step::Attempt:
    case Step::Receive:
    case Step::Fail: return 1;
    case Step::At:
    case Step::Send:
    case Step::ReceiveAsync: return 2;
  }
  return 0;
}

Value make_bind(Step step, Value first, Value second, Value next) {
  const bool bind = !next.is_unset();
  Remote* remote = make<Remote>(Kind::Remote, sizeof(Remote), static_cast<std::uint16_t>(step), bind ? 1 : 0);
  new (&remote->first) Value(std::move(first));
  new (&remote->second) Value(std::move(second));
  new (&remote->next) Value(std::move(next));
  return Value::adopt(remote);
}

Value make_step(Step step, Value first, Value second) {
  return make_bind(step, std::move(first), std::move(second), Value());
}

Value make_node(std::string_view host, const PublicKey& key) {
  CHECK(host.size() <= kHostBytesMax);
  Node* node = make<Node>(Kind::Node, sizeof(Node) + host.size(), static_cast<std::uint16_t>(host.size()));
  node->key = key;
  if (!host.empty()) std::memcpy(reinterpret_cast<char*>(node + 1), host.data(), host.size());
  return Value::adopt(node);
}

Value make_channel(BytesView id) {
  CHECK(id.size() >= kChannelIdBytesMin && id.size() <= kChannelIdBytesMin + kHostBytesMax);
  Channel* channel = make<Channel>(Kind::Channel, sizeof(Channel) + id.size(), static_cast<std::uint16_t>(id.size()));
  std::memcpy(reinterpret_cast<char*>(channel + 1), id.data(), id.size());
  return Value::adopt(channel);
}

bool is_lazy_member(const Value& value) {
  return value.is(Kind::Member) && value.as_member()->group.as_function()->code->functions[value.object()->tag]->arity == 0;
}

FunctionParts parts_of(const Value& function) {
  const bool member = function.is(Kind::Member);
  CHECK(member || function.is(Kind::Closure));
  const Function* environment = member ? function.as_member()->group.as_function() : function.as_function();
  const Code& code = member ? *environment->code->functions[function.object()->tag] : *environment->code;
  return {code.term, code.outside, {environment->slots(), code.outside.size()}, code.definition, code.arity, &code};
}

Value make_closure(const Code& code, std::span<const Value> captures) {
  Function* function =
      make<Function>(Kind::Closure, sizeof(Function) + sizeof(Value) * captures.size(), static_cast<std::uint16_t>(captures.size()));
  function->code = &code;
  copy_items(function->slots(), captures);
  code.program.hold();
  return Value::adopt(function);
}

Value make_group(const Code& code, std::span<const Value> captures) {
  const std::size_t slots = captures.size() + code.lazy;
  Function* group = make<Function>(Kind::Group, sizeof(Function) + sizeof(Value) * slots, static_cast<std::uint16_t>(slots));
  group->code = &code;
  copy_items(group->slots(), captures);
  for (std::size_t i = captures.size(); i < slots; ++i) new (group->slots() + i) Value();
  code.program.hold();
  return Value::adopt(group);
}

Value make_member(Value group, std::uint16_t index) {
  Member* member = make<Member>(Kind::Member, sizeof(Member), index);
  new (&member->group) Value(std::move(group));
  return Value::adopt(member);
}

}  // namespace roost::runtime
