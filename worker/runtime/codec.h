// SPDX-License-Identifier: MIT
#pragma once

// Values as bytes: computations that travel to other nodes, keys and values of index entries. Functions travel as their literal
// (term_codec.h) and the values that they captured; library definitions by hash; builtins by name. What occurs twice, be it a value or code, is
// written once and is shared again after decoding. The same graph of values gives the same bytes.
//
// The form is a version byte and then a program for a stack machine, operands before operators, so that neither end recurses over
// values: every operation pushes one value, made of those it takes from the stack; at the end there is one.
//
// What is decoded is hostile: every length, index, name, count and character is checked, and memory is asked for before it is
// used. An error says what was wrong at which byte; an unknown definition is named by its hash. Thread: one per Heap.

#include <memory>
#include <span>
#include <string>

#include "worker/lang/syntax.h"
#include "worker/runtime/value.h"
#include "worker/wire/result.h"

namespace roost::runtime {

inline constexpr char kCodecVersion = 1;

// Code that came with a message: the arena that its terms are in. Whoever runs the code keeps it.
using DecodedCode = std::shared_ptr<const lang::Arena>;

// What decoding needs of the machine.
class FunctionMaker {
 public:
  virtual ~FunctionMaker() = default;
  // The value of a library definition, or null if there is none of that hash.
  [[nodiscard]] virtual const Value* definition(const lang::Hash& hash) = 0;
  // The inverse of parts_of(): the function that `term` stands for with these captures. The term is well-formed, a Lambda or a
  // LetRec whose body is one of its items, and refers only to known definitions.
  [[nodiscard]] virtual Value make_function(const DecodedCode& code, const lang::Term& term,
                                            std::span<const std::uint32_t> outside, std::span<const Value> captures) = 0;
};

struct CodecError {
  std::string what;
};

// Throws Crash (MemoryLimit) if the bytes would not fit the node's memory. Any value can be encoded.
[[nodiscard]] Bytes encode_value(const Value& value);
// Throws Crash (MemoryLimit).
[[nodiscard]] Result<Value, CodecError> decode_value(BytesView bytes, FunctionMaker& functions);

}  // namespace roost::runtime
