// SPDX-License-Identifier: MIT
#pragma once

// What programs compute with. A Value is one 8-byte word: a number, something immediate (a builtin by itself, the blank,
// `if`), or a counted pointer to an Object. Objects never change once they are shared, but for the memo cells of a group, and those
// that lead to one another are counted together (knot.h). So the count is exact: the last Value that lets go frees the object, at
// once and iteratively, however deep it is.
//
// The word: a double is itself; every other value is a NaN that arithmetic never makes, so its upper 16 bits say what it is:
//     0xfff9 builtin    0xfffa blank, `if`, unset    0xffff pointer (48 bits)
//
// What is what:
//     number, duration           the double (a duration is its seconds)
//     text, vector               Text, Vector
//     constructor by itself      immediate builtin (True, (), Optional.None, Number.Order, …)
//     constructor applied        Data; so Index = Data(IndexConstructor, node, token) and Hash = Data(HashConstructor, base64)
//     builtin as a function      immediate builtin; with too few arguments: Partial
//     function                   Closure, Member (of a `let rec` group) or Partial. parts_of() tells the closed term it is
//     Remote value               Remote: one step, and perhaps what comes after it
//     node, channel              Node, Channel
//
// *Immortal* objects (the library's) are never counted, so that forked processes never write to the pages they are on.
// Memory is counted by the Heap that is entered (object.h); making an object throws Crash when the node's allowance is spent.
// Thread: one per Heap.

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "worker/lang/builtins.h"
#include "worker/lang/syntax.h"
#include "worker/wire/fingerprint.h"

namespace roost::runtime {

enum class Kind : std::uint8_t { Text, Vector, Data, Closure, Group, Member, Partial, Remote, Node, Channel };

inline constexpr std::uint32_t kImmortal = 0x8000'0000u;   // in Object::count; above it are knots

struct Object {
  std::uint32_t count;   // of the Values that point here; or kImmortal; or kImmortal + 1 + the number of its knot
  Kind kind;
  std::uint8_t flags;
  std::uint16_t tag;     // what it says depends on the kind
};

struct Text;
struct Vector;
struct Data;
struct Function;
struct Member;
struct Partial;
struct Remote;
struct Node;
struct Channel;
class Code;

void destroy(Object* object) noexcept;   // object.cpp: frees it and what only it holds; or lets go of its knot
void hold_knot(const Object& object) noexcept;   // knot.cpp: one more Value points into the knot of the object
[[nodiscard]] inline bool is_knotted(const Object& object) { return object.count > kImmortal; }

class Value {
 public:
  Value() : bits_(kUnset) {}
  Value(const Value& other) : bits_(other.bits_) { hold(); }
  Value(Value&& other) noexcept : bits_(std::exchange(other.bits_, kUnset)) {}
  Value& operator=(Value other) noexcept { std::swap(bits_, other.bits_); return *this; }
  ~Value() { let_go(); }

  // Requires: if it is a NaN, then one that arithmetic makes of such numbers, of either sign. From elsewhere: canonical_number.
  [[nodiscard]] static Value number(double number) { return Value(std::bit_cast<std::uint64_t>(number)); }
  [[nodiscard]] static Value canonical_number(double number) { return Value::number(canonical(number)); }
  // All NaNs are one number: what is hashed is this.
  [[nodiscard]] static double canonical(double number) { return number == number ? number : std::bit_cast<double>(kNan); }
  [[nodiscard]] static Value builtin(lang::Builtin builtin) { return Value(kBuiltin | static_cast<std::uint64_t>(builtin)); }
  [[nodiscard]] static Value boolean(bool b) { return builtin(b ? lang::Builtin::True : lang::Builtin::False); }
  [[nodiscard]] static Value unit() { return builtin(lang::Builtin::Unit); }
  [[nodiscard]] static Value blank() { return Value(kBlank); }
  [[nodiscard]] static Value if_function() { return Value(kIf); }
  // Takes over one count of the object (a fresh object has one).
  [[nodiscard]] static Value adopt(Object* object) { return Value(kPointer | reinterpret_cast<std::uint64_t>(object)); }
  [[nodiscard]] static Value share(Object* object) { Value v = adopt(object); v.hold(); return v; }

  [[nodiscard]] bool is_number() const { return bits_ < kBuiltin; }
  [[nodiscard]] bool is_object() const { return bits_ >= kPointer; }
  [[nodiscard]] bool is_builtin() const { return bits_ >> 48 == kBuiltin >> 48; }
  [[nodiscard]] bool is_blank() const { return bits_ == kBlank; }
  [[nodiscard]] bool is_if() const { return bits_ == kIf; }
  [[nodiscard]] bool is_unset() const { return bits_ == kUnset; }   // no value at all: only inside the machine
  [[nodiscard]] bool is(Kind kind) const { return is_object() && object()->kind == kind; }
  [[nodiscard]] bool is(lang::Builtin builtin) const { return bits_ == (kBuiltin | static_cast<std::uint64_t>(builtin)); }

  // Each requires that the value is one.
  [[nodiscard]] double as_number() const { return std::bit_cast<double>(bits_); }
  [[nodiscard]] lang::Builtin as_builtin() const { return static_cast<lang::Builtin>(bits_ & 0xffff); }
  [[nodiscard]] Object* object() const { return reinterpret_cast<Object*>(bits_ & kPointerMask); }
  [[nodiscard]] Text* as_text() const { return reinterpret_cast<Text*>(object()); }
  [[nodiscard]] Vector* as_vector() const { return reinterpret_cast<Vector*>(object()); }
  [[nodiscard]] Data* as_data() const { return reinterpret_cast<Data*>(object()); }
  [[nodiscard]] Function* as_function() const { return reinterpret_cast<Function*>(object()); }
  [[nodiscard]] Member* as_member() const { return reinterpret_cast<Member*>(object()); }
  [[nodiscard]] Partial* as_partial() const { return reinterpret_cast<Partial*>(object()); }
  [[nodiscard]] Remote* as_remote() const { return reinterpret_cast<Remote*>(object()); }
  [[nodiscard]] Node* as_node() const { return reinterpret_cast<Node*>(object()); }
  [[nodiscard]] Channel* as_channel() const { return reinterpret_cast<Channel*>(object()); }

  // Nobody else holds the object, so it may be changed in place.
  [[nodiscard]] bool is_unshared() const { return object()->count == 1; }
  // The same word: the same number, immediate or object. (Not equality: the language has none.)
  [[nodiscard]] bool same(const Value& other) const { return bits_ == other.bits_; }
  [[nodiscard]] std::uint64_t bits() const { return bits_; }
  // Gives up the count that this Value holds; the caller has it now.
  [[nodiscard]] std::uint64_t release() { return std::exchange(bits_, kUnset); }
  [[nodiscard]] static Value from_bits(std::uint64_t bits) { return Value(bits); }

  static constexpr std::uint64_t kBuiltin = 0xfff9'0000'0000'0000u;
  static constexpr std::uint64_t kSpecial = 0xfffa'0000'0000'0000u;
  static constexpr std::uint64_t kBlank = kSpecial | 1, kIf = kSpecial | 2, kUnset = kSpecial | 3;
  static constexpr std::uint64_t kPointer = 0xffff'0000'0000'0000u;
  static constexpr std::uint64_t kPointerMask = 0x0000'ffff'ffff'ffffu;
  static constexpr std::uint64_t kNan = 0x7ff8'0000'0000'0000u;

 private:
  explicit Value(std::uint64_t bits) : bits_(bits) {}
  // Inline whatever the compiler thinks: they are in nearly every instruction of the evaluator.
  [[gnu::always_inline]] void hold() const {
    if (!is_object()) return;
    if (object()->count < kImmortal) ++object()->count;
    else if (is_knotted(*object())) [[unlikely]] hold_knot(*object());
  }
  [[gnu::always_inline]] void let_go() {
    if (!is_object()) return;
    if (object()->count < kImmortal) {
      if (--object()->count == 0) destroy(object());
    } else if (is_knotted(*object())) [[unlikely]] {
      destroy(object());
    }
  }
  std::uint64_t bits_;
};
static_assert(sizeof(Value) == 8);

// ---- objects -------------------------------------------------------------------------------------------------

struct Text : Object {   // flags: 1 if every character is ASCII
  std::uint32_t size;       // bytes
  std::uint32_t points;     // code points
  std::uint32_t capacity;   // bytes
  std::uint32_t unused;
  [[nodiscard]] char* data() { return reinterpret_cast<char*>(this + 1); }
  [[nodiscard]] const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  [[nodiscard]] std::string_view view() const { return {data(), size}; }
  [[nodiscard]] bool ascii() const { return size == points; }
};

struct Vector : Object {
  std::uint32_t size;
  std::uint32_t capacity;
  [[nodiscard]] Value* items() { return reinterpret_cast<Value*>(this + 1); }
  [[nodiscard]] const Value* items() const { return reinterpret_cast<const Value*>(this + 1); }
  [[nodiscard]] std::span<const Value> view() const { return {items(), size}; }
};

struct Data : Object {   // tag: the constructor; flags: how many arguments (1 to kArgumentsMax)
  [[nodiscard]] lang::Builtin constructor() const { return static_cast<lang::Builtin>(tag); }
  [[nodiscard]] std::size_t size() const { return flags; }
  [[nodiscard]] Value* items() { return reinterpret_cast<Value*>(this + 1); }
  [[nodiscard]] const Value* items() const { return reinterpret_cast<const Value*>(this + 1); }
  [[nodiscard]] std::span<const Value> view() const { return {items(), flags}; }
};
inline constexpr std::size_t kArgumentsMax = 255;   // of a constructor, or gathered by a partial application

// A Closure (a function and what it captured), or the Group that the members of one `let rec` share: behind its captures it has a memo cell
// for each lazy member, unset until that is evaluated.
struct Function : Object {   // tag: number of slots
  const Code* code;
  [[nodiscard]] Value* slots() { return reinterpret_cast<Value*>(this + 1); }
  [[nodiscard]] const Value* slots() const { return reinterpret_cast<const Value*>(this + 1); }
};

// One function of a group; tag: which. In captured slots alone it may also be a *lazy* member, one that is no function: it is not evaluated
// before it is used, and what captures it does not use it.
struct Member : Object {
  Value group;
};
[[nodiscard]] bool is_lazy_member(const Value& value);

struct Partial : Object {   // flags: number of arguments, fewer than the function waits for
  Value function;           // a builtin, `if`, Closure or Member; never a Partial
  [[nodiscard]] std::size_t size() const { return flags; }
  [[nodiscard]] Value* items() { return reinterpret_cast<Value*>(this + 1); }
  [[nodiscard]] const Value* items() const { return reinterpret_cast<const Value*>(this + 1); }
  [[nodiscard]] std::span<const Value> view() const { return {items(), flags}; }
};

// The step of a Remote value (8.1), with its one or two operands. The last four are extensions; ReceiveAsync's future is a
// Receive on a channel of its own.
enum class Step : std::uint16_t {
  At,            // node, value
  Pure,          // value
  Here, Spawn,
  Sleep,         // seconds
  Fork,          // Remote
  CreateChannel,
  Send,          // channel, value
  Receive,       // channel
  ReceiveAsync,  // channel, seconds
  Fail,          // text
  ClockNow, RandomNumber,
  Attempt,       // Remote
};
inline constexpr std::uint16_t kSteps = 14;

struct Remote : Object {   // tag: the Step; flags: 1 if it is a Bind (8.1), 0 if just the step
  Value first, second;     // operands; unset where the step has none
  Value next;              // Bind: the function that takes the step's result; else unset
  [[nodiscard]] Step step() const { return static_cast<Step>(tag); }
  [[nodiscard]] bool is_bind() const { return flags != 0; }
};
[[nodiscard]] int operands_of(Step step);

struct Node : Object {   // tag: bytes of the host
  PublicKey key;
  [[nodiscard]] const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  [[nodiscard]] std::string_view host() const { return {data(), tag}; }
};
inline constexpr std::size_t kHostBytesMax = 259;   // a DNS name (253), a colon, a port

// The id says where the channel was created, so that a send finds its way: that node's key (32 bytes) | random (16) | host.
struct Channel : Object {   // tag: bytes of the id
  [[nodiscard]] const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  [[nodiscard]] BytesView id() const { return {data(), tag}; }
  [[nodiscard]] PublicKey home() const { return public_key_from(id().substr(0, 32)); }
  [[nodiscard]] std::string_view host() const { return id().substr(48); }
};
inline constexpr std::size_t kChannelIdBytesMin = 48;

// ---- making values. Each throws Crash (MemoryLimit) if the node's allowance does not allow it. ---------------

[[nodiscard]] Value make_text(std::string_view utf8);    // Requires: UTF-8. Counts the code points
[[nodiscard]] Value make_text(std::string_view utf8, std::uint32_t points);
// A text of that size to be filled in through data(); the caller sets `points` too. Requires: size fits 32 bits.
[[nodiscard]] Value make_text_space(std::size_t bytes);
// first + second; grows `first` in place if nobody else holds it.
[[nodiscard]] Value text_joined(Value first, std::string_view second, std::uint32_t second_points);
[[nodiscard]] std::uint32_t count_points(std::string_view utf8);

// `size` is 0 and there is room for `capacity` items, which the caller places with vector_push.
[[nodiscard]] Value make_vector(std::size_t capacity);
[[nodiscard]] Value make_vector(std::span<const Value> items);
// `vector` with one more item at the end; in place if nobody else holds it (amortised constant), else a copy.
[[nodiscard]] Value vector_appended(Value vector, Value item);
// Adds an item to a vector that has room for it. Requires: unshared, size < capacity.
inline void vector_push(const Value& vector, Value item) {
  Vector* v = vector.as_vector();
  new (v->items() + v->size++) Value(std::move(item));
}

[[nodiscard]] Value make_data(lang::Builtin constructor, std::span<const Value> arguments);   // 1 to kArgumentsMax
[[nodiscard]] Value make_data(lang::Builtin constructor, Value argument);
[[nodiscard]] Value make_pair(Value first, Value second);   // Pair first second
[[nodiscard]] Value make_tuple(Value first, Value second);  // (first, second) = Pair first (Pair second ())
[[nodiscard]] Value make_some(Value value);
[[nodiscard]] inline Value none() { return Value::builtin(lang::Builtin::OptionalNone); }
// Requires: function is a builtin, `if`, Closure or Member that waits for more than these.
[[nodiscard]] Value make_partial(Value function, std::span<const Value> arguments);
[[nodiscard]] Value make_step(Step step, Value first = {}, Value second = {});
[[nodiscard]] Value make_bind(Step step, Value first, Value second, Value next);
[[nodiscard]] Value make_node(std::string_view host, const PublicKey& key);   // Requires: host <= kHostBytesMax
[[nodiscard]] Value make_channel(BytesView id);   // Requires: kChannelIdBytesMin to kChannelIdBytesMin + kHostBytesMax bytes

// ---- functions as closed terms -------------------------------------------------------------------------------

// A Closure or Member as the closed term that it stands for, once captures are substituted. `term` is a Lambda (Closure) or a
// LetRec whose body is one of its items (Member). In it, the variable that points outside the term by `outside[i]`
// (0: the innermost binder around it) means captures[i]; `outside` is ascending and covers all such variables.
struct FunctionParts {
  const lang::Term* term = nullptr;
  std::span<const std::uint32_t> outside;
  std::span<const Value> captures;
  const lang::Hash* definition = nullptr;   // set if it is the value of that library definition: a reference will do
  int arity = 0;
  const Code* code = nullptr;
};
[[nodiscard]] FunctionParts parts_of(const Value& function);   // Requires: Closure or Member

}  // namespace roost::runtime
