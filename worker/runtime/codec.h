// SPDX-License-Identifier: MIT
#pragma once

// Values as bytes: computations that travel to other nodes, keys and values of index entries. No code is among them: a function is
// the hash of its lifted literal (worker/lang/definition_codec.h) and the values that it captured, a library's definition its hash, a
// builtin its name. What occurs twice is written once and is shared again after decoding. The same graph of values gives the same
// bytes.
//
// The form is a version byte and then a program for a stack machine, operands before operators, so that neither end recurses over
// values: every operation pushes one value, made of those it takes from the stack; at the end there is one.
//
// What is decoded is hostile: every length, index, name, count and character is checked, and memory is asked for before it is
// used. An error says what was wrong at which byte; an unknown definition is named by its hash. Thread: one per Heap.

#include <span>
#include <string>

#include "worker/lang/syntax.h"
#include "worker/runtime/value.h"
#include "worker/wire/frames.h"
#include "worker/wire/result.h"

namespace roost::runtime {

inline constexpr char kCodecVersion = 1;
// What is encoded has to fit a frame, together with what is around it.
inline constexpr std::size_t kEncodedBytesMax = wire::kFrameBytesMax - (64u << 10);

// What encoding needs of the machine: whoever reads the bytes must find what they name. Each throws Crash if that cannot be made so, or
// the computation has done too much.
class FunctionNamer {
 public:
  virtual ~FunctionNamer() = default;
  // The hash of the lifted function. It stays valid while the function lives.
  [[nodiscard]] virtual const lang::Hash& name_of(const FunctionParts& function) = 0;
  virtual void will_need(const lang::Hash& definition) = 0;
  virtual void charge(std::uint64_t work) = 0;   // in nanoseconds
};

// What decoding needs of the machine.
class FunctionMaker {
 public:
  virtual ~FunctionMaker() = default;
  // The value of a definition, or null if there is none of that hash. The pointer need only live until the next call. Throws Crash.
  [[nodiscard]] virtual const Value* definition(const lang::Hash& hash) = 0;
  // The inverse of name_of(): the function of that name with these captured values. An error says why there is none. Throws Crash.
  [[nodiscard]] virtual Result<Value, std::string> make_function(const lang::Hash& hash, std::span<const Value> captures) = 0;
};

struct CodecError {
  std::string what;
};

// Throws Crash (MemoryLimit) if the bytes would not fit the node's memory, and what the namer throws. Any value can be encoded.
[[nodiscard]] Bytes encode_value(const Value& value, FunctionNamer& functions);
// Throws Crash (MemoryLimit).
[[nodiscard]] Result<Value, CodecError> decode_value(BytesView bytes, FunctionMaker& functions);

}  // namespace roost::runtime
