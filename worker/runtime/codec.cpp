// SPDX-License-Identifier: MIT
#include "worker/runtime/codec.h"

#include <unordered_map>
#include <vector>

#include "worker/lang/codec_bytes.h"
#include "worker/lang/hash.h"
#include "worker/runtime/heap_share.h"
#include "worker/runtime/identity.h"
#include "worker/runtime/object.h"

namespace roost::runtime {
namespace {

using lang::Builtin;

// The operations. Each pushes one value; in front of the arrow is what it takes from the stack. The numbers are part of the format:
// never give one another meaning, but raise the version.
enum class Op : std::uint8_t {
  Number = 0,      // → number
  Text = 1,        // → text
  Vector = 2,      // count; items → vector
  Numbers = 3,     // count, numbers → vector of them
  Builtin = 4,     // name
  Data = 5,        // constructor's name, count; arguments →
  Blank = 6,
  If = 7,
                   // 8 and 9 were functions with their code
  Definition = 10, // hash
  Partial = 11,    // count; function, arguments →
  Step = 12,       // step; operands →
  Bind = 13,       // step; operands, function →
  Node = 14,       // host, key
  Channel = 15,    // id
  Keep = 16,       // notes the top of the stack under the next number, and pushes nothing
  Again = 17,      // number: a value that was kept
  Function = 18,   // hash, count; captured values → the lifted function (or lazy member) of that hash with them
};

bool is_function(const Object& object) { return object.kind == Kind::Closure || object.kind == Kind::Member; }

FunctionParts parts_of_object(const Object* object) { return parts_of(Value::share(const_cast<Object*>(object))); }

// An object whose parts are walked over, in the order in which they are pushed.
struct Open {
  const Object* object;
  std::size_t next = 0;
  FunctionParts function = {};   // of functions only
};

const Value* part_of_remote(const Remote& remote, std::size_t at) {
  const auto operands = static_cast<std::size_t>(operands_of(remote.step()));
  if (at < operands) return at == 0 ? &remote.first : &remote.second;
  return at == operands && remote.is_bind() ? &remote.next : nullptr;
}

// Null behind the last part, and for what has none.
const Value* part_of(const Open& open) {
  const auto in = [&](std::span<const Value> parts) { return open.next < parts.size() ? &parts[open.next] : nullptr; };
  switch (open.object->kind) {
    case Kind::Vector: return in(static_cast<const Vector*>(open.object)->view());
    case Kind::Data: return in(static_cast<const Data*>(open.object)->view());
    case Kind::Remote: return part_of_remote(*static_cast<const Remote*>(open.object), open.next);
    case Kind::Closure:
    case Kind::Member: return open.function.definition == nullptr ? in(open.function.captures) : nullptr;
    case Kind::Partial: {
      const auto& partial = *static_cast<const Partial*>(open.object);
      if (open.next == 0) return &partial.function;
      return open.next - 1 < partial.size() ? &partial.items()[open.next - 1] : nullptr;
    }
    case Kind::Text:
    case Kind::Node:
    case Kind::Channel:
    case Kind::Group: return nullptr;
  }
  return nullptr;
}

bool all_numbers(const Vector& vector) {
  for (const Value& item : vector.view()) {
    if (!item.is_number()) return false;
  }
  return vector.size > 0;
}

// ---- encoding ------------------------------------------------------------------------------------------------

// Of one part of a value, in each of the walks. In nanoseconds: measured 10 to 100.
constexpr std::uint64_t kWorkPerPart = 30;

// Two walks over the same graph: the first finds what is met more than once, the second writes.
class Encoder {
 public:
  explicit Encoder(FunctionNamer& functions) : functions_(functions) {}

  Bytes run(const Value& value) {
    out_.byte(static_cast<std::uint8_t>(kCodecVersion));
    find_shared(value);
    write_all(value);
    return out_.take();
  }

 private:
  struct Meeting {
    bool again = false;       // met more than once
    std::size_t number = 0;   // under which it is kept, from 1; 0: not written yet
  };

  void push(const Object* object) {
    grow_counted(open_, share_);
    open_.push_back({.object = object, .next = 0, .function = is_function(*object) ? parts_of_object(object) : FunctionParts{}});
  }

  // The next part of what was opened last.
  const Value* next_part() {
    constexpr std::uint64_t kChargedAtOnce = 1024;
    if (++parts_ % kChargedAtOnce == 0) functions_.charge(kChargedAtOnce * kWorkPerPart);
    const Value* part = part_of(open_.back());
    ++open_.back().next;
    return part;
  }

  // True if the object was met before.
  bool meet(const Object& object) {
    if (!may_be_met_again(object, open_.empty() ? nullptr : open_.back().object)) return false;
    const auto [place, is_new] = met_.try_emplace(identity_of(object));
    if (is_new) share_.add(sizeof *place + 4 * sizeof(void*));
    else place->second.again = true;
    return !is_new;
  }

  void find_shared(const Value& root) {
    if (root.is_object() && !meet(*root.object())) push(root.object());
    while (!open_.empty()) {
      const Value* part = next_part();
      if (part == nullptr) open_.pop_back();
      else if (part->is_object() && !meet(*part->object())) push(part->object());
    }
  }

  void write_all(const Value& root) {
    begin(root);
    while (!open_.empty()) {
      check_size();
      if (const Value* part = next_part()) begin(*part);
      else end();
    }
    check_size();
  }

  void check_size() const {
    if (out_.size() <= kEncodedBytesMax) return;
    throw Crash{wire::FailureKind::MemoryLimit,
                "what is sent or stored takes more than " + std::to_string(kEncodedBytesMax) + " bytes, the most a message can carry",
                {}};
  }

  void op(Op op) { out_.byte(static_cast<std::uint8_t>(op)); }

  // Writes what has no parts; opens what has.
  void begin(const Value& value) {
    if (value.is_number()) {
      op(Op::Number);
      out_.number(value.as_number());
    } else if (value.is_builtin()) {
      op(Op::Builtin);
      out_.name(lang::name_of(value.as_builtin()));
    } else if (value.is_if()) {
      op(Op::If);
    } else if (!value.is_object()) {
      op(Op::Blank);
    } else if (const auto met = met_.find(identity_of(*value.object())); met != met_.end() && met->second.number != 0) {
      op(Op::Again);
      out_.varint(met->second.number - 1);
    } else if (value.is(Kind::Vector) && all_numbers(*value.as_vector())) {
      write_numbers(*value.as_vector());
      keep_if_shared(value.object());
    } else {
      push(value.object());
    }
  }

  void write_numbers(const Vector& vector) {
    op(Op::Numbers);
    out_.varint(vector.size);
    for (const Value& item : vector.view()) out_.number(item.as_number());
  }

  void end() {
    const Object* object = open_.back().object;
    write(open_.back());
    open_.pop_back();
    keep_if_shared(object);
  }

  void keep_if_shared(const Object* object) {
    const auto met = met_.find(identity_of(*object));
    if (met == met_.end() || !met->second.again) return;
    op(Op::Keep);
    met->second.number = ++kept_;
  }

  // The operation for an object whose parts are written.
  void write(const Open& open) {
    switch (open.object->kind) {
      case Kind::Text:
        op(Op::Text);
        return out_.string(static_cast<const Text*>(open.object)->view());
      case Kind::Vector:
        op(Op::Vector);
        return out_.varint(static_cast<const Vector*>(open.object)->size);
      case Kind::Data:
        op(Op::Data);
        out_.name(lang::name_of(static_cast<const Data*>(open.object)->constructor()));
        return out_.varint(static_cast<const Data*>(open.object)->size());
      case Kind::Partial:
        op(Op::Partial);
        return out_.varint(static_cast<const Partial*>(open.object)->size());
      case Kind::Remote:
        op(static_cast<const Remote*>(open.object)->is_bind() ? Op::Bind : Op::Step);
        return out_.varint(open.object->tag);
      case Kind::Node:
        op(Op::Node);
        out_.string(static_cast<const Node*>(open.object)->host());
        return out_.raw(static_cast<const Node*>(open.object)->key.view());
      case Kind::Channel:
        op(Op::Channel);
        return out_.string(static_cast<const Channel*>(open.object)->id());
      case Kind::Closure:
      case Kind::Member: return write_function(open.function);
      case Kind::Group: CHECK(open.object->kind != Kind::Group);   // never a value of its own
    }
  }

  void write_function(const FunctionParts& parts) {
    if (parts.definition != nullptr) {
      functions_.will_need(*parts.definition);
      op(Op::Definition);
      return out_.hash(*parts.definition);
    }
    const lang::Hash& name = functions_.name_of(parts);
    op(Op::Function);
    out_.hash(name);
    out_.varint(parts.captures.size());
  }

  FunctionNamer& functions_;
  lang::CodecWriter out_;
  HeapShare share_;
  std::vector<Open> open_;
  std::unordered_map<Identity, Meeting, HashOfIdentity> met_;
  std::uint64_t parts_ = 0;
  std::size_t kept_ = 0;
};

// ---- decoding ------------------------------------------------------------------------------------------------

static_assert(kHostBytesMax == wire::kHostBytesMax);

// A host name is shown to people and put into URLs: printable ASCII only.
bool is_host(BytesView host) {
  if (host.size() > kHostBytesMax) return false;
  for (const char c : host) {
    if (c <= ' ' || c > '~' || c == '"' || c == '/' || c == '\\') return false;
  }
  return true;
}

class Decoder {
 public:
  Decoder(BytesView bytes, FunctionMaker& functions) : functions_(functions), in_(bytes, names_) {}

  Result<Value, CodecError> run() {
    const std::uint8_t version = in_.byte();
    if (version != static_cast<std::uint8_t>(kCodecVersion))
      in_.fail("the version is " + std::to_string(version) + ", this container reads " + std::to_string(kCodecVersion));
    while (in_.left() > 0 && !in_.failed()) step();
    if (!in_.failed() && stack_.size() != 1)
      in_.fail(std::to_string(stack_.size()) + " values are left over, there has to be one");
    if (!in_.failed()) (void)top(1);
    if (in_.failed()) return Refused{CodecError{in_.error()}};
    return std::move(stack_.back());
  }

 private:
  using Arguments = std::span<const Value>;

  void push(Value value) {
    grow_counted(stack_, share_);
    stack_.push_back(std::move(value));
  }

  // The topmost values, if there are so many; else none, and an error.
  Arguments top_or_lazy(std::uint64_t count) {
    if (!in_.failed() && count <= stack_.size()) return Arguments(stack_).last(count);
    in_.fail(std::to_string(count) + " values are needed, " + std::to_string(stack_.size()) + " are there");
    return {};
  }
  // Lazy members may be captured, and be nothing else.
  Arguments top(std::uint64_t count) {
    const Arguments values = top_or_lazy(count);
    if (has_lazy_) {
      for (const Value& value : values)
        if (is_lazy_member(value)) in_.fail("a part of a `let rec` that is not evaluated stands where a value has to be");
    }
    return values;
  }

  // Puts the value in the place of the topmost ones.
  void replace(std::size_t count, Value value) {
    stack_.resize(stack_.size() - count);
    push(std::move(value));
  }

  void step() {
    const auto op = static_cast<Op>(in_.byte());
    switch (op) {
      case Op::Number: return push_number();
      case Op::Text: return push_text();
      case Op::Vector: return push_vector();
      case Op::Numbers: return push_numbers();
      case Op::Builtin: return push_builtin();
      case Op::Data: return push_data();
      case Op::Blank: return push(Value::blank());
      case Op::If: return push(Value::if_function());
      case Op::Function: return push_function();
      case Op::Definition: return push_definition();
      case Op::Partial: return push_partial();
      case Op::Step:
      case Op::Bind: return push_remote(op == Op::Bind);
      case Op::Node: return push_node();
      case Op::Channel: return push_channel();
      case Op::Keep: return keep();
      case Op::Again: return push_again();
    }
    in_.fail("there is no operation " + std::to_string(static_cast<unsigned>(op)));
  }

  void push_number() {
    const double number = in_.number();
    if (!in_.failed()) push(Value::canonical_number(number));
  }

  void push_text() {
    const std::string_view text = in_.utf8("a text");
    if (!in_.failed()) push(make_text(text));
  }

  void push_vector() {
    const Arguments items = top(in_.varint());
    if (!in_.failed()) replace(items.size(), make_vector(items));
  }

  void push_numbers() {
    const std::uint64_t count = in_.varint(in_.left() / sizeof(double), "the number of numbers");
    if (in_.failed()) return;
    Value vector = make_vector(count);
    for (std::uint64_t i = 0; i < count; ++i) vector_push(vector, Value::canonical_number(in_.number()));
    push(std::move(vector));
  }

  void push_builtin() {
    if (const std::optional<Builtin> builtin = in_.builtin()) push(Value::builtin(*builtin));
  }

  void push_data() {
    const std::optional<Builtin> constructor = in_.builtin();
    const std::uint64_t count = in_.varint(kArgumentsMax, "the number of arguments");
    const Arguments arguments = top(count);
    if (in_.failed()) return;
    if (lang::arity_of(*constructor) != lang::kConstructor || count == 0)
      return in_.fail("`" + std::string(lang::name_of(*constructor)) + "` is not a constructor with arguments");
    replace(count, make_data(*constructor, arguments));
  }

  void push_definition() {
    const lang::Hash* hash = in_.hash();
    if (hash == nullptr) return;
    const Value* definition = functions_.definition(*hash);
    if (definition == nullptr) return in_.fail("there is no definition with the hash " + lang::base64url(view_of(*hash)));
    push(*definition);
  }

  void push_function() {
    const lang::Hash* hash = in_.hash();
    const Arguments captures = top_or_lazy(in_.varint());
    if (in_.failed()) return;
    auto function = functions_.make_function(*hash, captures);
    if (!function.ok()) return in_.fail(function.error());
    has_lazy_ |= is_lazy_member(function.value());
    replace(captures.size(), std::move(function).value());
  }

  // How many arguments a function waits for; 0 if the value is none that can be applied partially.
  static int arity_of(const Value& function) {
    if (function.is_if()) return 3;
    if (function.is_builtin()) return lang::arity_of(function.as_builtin());
    return function.is(Kind::Closure) || function.is(Kind::Member) ? parts_of(function).arity : 0;
  }

  void push_partial() {
    const std::uint64_t count = in_.varint(kArgumentsMax, "the number of arguments");
    const Arguments all = top(count + 1);
    if (in_.failed()) return;
    if (count == 0 || arity_of(all[0]) <= static_cast<int>(count))
      return in_.fail("a partial application of what does not wait for more than " + std::to_string(count) + " arguments");
    replace(count + 1, make_partial(all[0], all.subspan(1)));
  }

  static bool fits(Step step, Arguments operands) {
    switch (step) {
      case Step::At: return operands[0].is(Kind::Node);
      case Step::Sleep: return operands[0].is_number();
      case Step::Fork:
      case Step::Attempt: return operands[0].is(Kind::Remote);
      case Step::Send:
      case Step::Receive: return operands[0].is(Kind::Channel);
      case Step::ReceiveAsync: return operands[0].is(Kind::Channel) && operands[1].is_number();
      case Step::Fail: return operands[0].is(Kind::Text);
      case Step::Pure:
      case Step::Here:
      case Step::Spawn:
      case Step::CreateChannel:
      case Step::ClockNow:
      case Step::RandomNumber: return true;
    }
    return false;
  }

  void push_remote(bool is_bind) {
    const auto step = static_cast<Step>(in_.varint(kSteps - 1, "the number of a step"));
    const auto operands = static_cast<std::size_t>(operands_of(step));
    const Arguments all = top(operands + (is_bind ? 1 : 0));
    if (in_.failed()) return;
    if (!fits(step, all)) return in_.fail("a step has an operand that does not fit");
    const Value first = operands > 0 ? all[0] : Value(), second = operands > 1 ? all[1] : Value();
    replace(all.size(), is_bind ? make_bind(step, first, second, all.back()) : make_step(step, first, second));
  }

  void push_node() {
    const BytesView host = in_.string();
    const BytesView key = in_.raw(sizeof(PublicKey));
    if (in_.failed()) return;
    if (!is_host(host)) return in_.fail("a node has an impossible host");
    push(make_node(host, public_key_from(key)));
  }

  void push_channel() {
    const BytesView id = in_.string();
    if (in_.failed()) return;
    if (id.size() < kChannelIdBytesMin || !is_host(id.substr(kChannelIdBytesMin)))
      return in_.fail("a channel has an impossible id");
    push(make_channel(id));
  }

  void keep() {
    if (stack_.empty()) return in_.fail("there is no value to keep");
    grow_counted(kept_, share_);
    kept_.push_back(stack_.back());
  }

  void push_again() {
    const std::uint64_t number = in_.varint();
    if (in_.failed()) return;
    if (number >= kept_.size()) return in_.fail("value " + std::to_string(number) + " was not kept");
    push(kept_[number]);
  }

  FunctionMaker& functions_;
  lang::Arena names_;
  lang::CodecReader in_;
  HeapShare share_;
  bool has_lazy_ = false;
  std::vector<Value> stack_;
  std::vector<Value> kept_;
};

}  // namespace

Bytes encode_value(const Value& value, FunctionNamer& functions) { return Encoder(functions).run(value); }

Result<Value, CodecError> decode_value(BytesView bytes, FunctionMaker& functions) { return Decoder(bytes, functions).run(); }

}  // namespace roost::runtime
