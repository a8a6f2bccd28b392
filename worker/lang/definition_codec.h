// SPDX-License-Identifier: MIT
#pragma once

// Definitions as bytes: a closed, resolved term with everything that its hash and its display depend on. This is the form in which
// definitions are kept in the code store and in the database. Other definitions are written by hash, builtins by name, bound
// variables by index with their names beside them; places are left out.
//
// Functions that are made inside others are *lifted*: the variables that point outside a function become parameters in front of it, so that
// what is left is closed. A closure is then the hash of its lifted function and the values that it captured.
//
// What is read may be anybody's: nesting, size, the work of hashing and the memory taken are bounded, and every variable must be bound. A
// definition that can be read hashes and compiles within the bounds of every other term (parser.h).
// Thread: pure functions, callable from any.

#include <functional>
#include <string>
#include <vector>

#include "worker/lang/hash.h"
#include "worker/lang/syntax.h"
#include "worker/wire/result.h"

namespace roost::lang {

inline constexpr std::size_t kLiftedParametersMax = 1'000;      // captured variables of one function
inline constexpr std::size_t kDefinitionTermsMax = 1u << 19;
inline constexpr std::size_t kDefinitionTypesMax = 1u << 16;    // nodes of types in annotations
inline constexpr std::size_t kDefinitionHashWorkMax = 1u << 21; // what hashing it visits (hash.h): 1 to 3 s

// What is encoded without regard to the limits: decode_definition() tells. The first takes a closed term of any kind.
[[nodiscard]] Bytes encode_definition(const Term& term);
[[nodiscard]] Bytes encode_definition(const LiftedFunction& function);

struct DefinitionError {
  std::string what;           // "at byte 17: …"
  bool too_large = false;     // it would take more memory than allowed, and nothing else is wrong so far
};
// The closed term, in the arena, which may grow by `memory_bytes_max`. It is no mere reference: that would have the name of what it
// refers to, and could take the place of any definition.
[[nodiscard]] Result<const Term*, DefinitionError> decode_definition(Arena& arena, BytesView bytes, std::size_t memory_bytes_max);

// Enough memory for any definition.
inline constexpr std::size_t kDefinitionMemoryMax = std::size_t{256} << 20;

struct DefinitionCheck {
  HashMeter* meter = nullptr;                         // what it throws, the check throws
  std::function<bool(const Hash&)> is_there = {};     // whether a definition may refer to this one; empty: to any
};
// Nothing, or why these bytes are not the definition of that hash.
[[nodiscard]] std::string check_definition(const Hash& hash, BytesView bytes, const DefinitionCheck& check = {});

// The definitions that a term refers to, each once, in the order of appearance.
[[nodiscard]] std::vector<Hash> references_of(const Term& term);

}  // namespace roost::lang
