// SPDX-License-Identifier: MIT
#pragma once

// Text to tree. The parser accepts the language's grammar, removes all sugar (see syntax.h), expands type aliases and
// resolves type names; term names it leaves for the resolver. It never backtracks over a term, so its work is linear in
// the text, whatever the text is; Effort counts it for those who want to see.
//
// What it refuses it refuses with the place, what was found there and what could have stood there instead. It is safe on
// hostile input: the depth of nesting, the depth of the tree, the size of expanded types and the work of hashing the result
// are bounded, and walking its result recursively needs at most kTermDepthMax frames.
// Thread: pure functions, callable from any.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "worker/lang/second_look.h"
#include "worker/lang/syntax.h"
#include "worker/wire/result.h"

namespace roost::lang {

// Brackets, blocks, branches and function bodies inside each other, in the text.
inline constexpr std::uint32_t kNestingMax = 1'000;
// Levels of the tree. A statement of a `do` block costs three, an infix operator two, an argument or binding one.
inline constexpr std::uint32_t kTermDepthMax = 3'000;
// Levels and nodes of one type, and nodes of all types that come out of aliases together.
inline constexpr std::uint32_t kTypeDepthMax = 1'000;
inline constexpr std::uint64_t kTypeNodesMax = 1u << 20;
// Nodes that hashing the program visits. Nested `let rec`s of several bindings are hashed twice at each level (hash.h),
// so that a small program could otherwise keep a worker busy for ever. One visit takes about half a microsecond.
inline constexpr std::uint64_t kHashWorkMax = 4u << 20;

struct SyntaxError {
  Place place;
  std::size_t offset = 0;              // the same place in bytes, from 0
  std::string found;                   // "`then`", "the number `3`", "the end of the text"
  std::vector<std::string> expected;   // sorted, each once; what could have stood there. May be empty if `reason` is not
  std::string reason;                  // why a well-formed piece is refused: "unknown type `Banana`"; else empty
  std::string advice;                  // what was perhaps meant, and how that is written (habits.h, second_look.h); or empty
  Unended unended;                     // where a `;` may be missing, while that has not been tried
  bool ended_early = false;            // nothing is wrong but that the text ends here: more of it may make it right

  // "found `)`, expected a term or `]`; it is said so" (or the reason).
  [[nodiscard]] std::string what() const;
  // The same behind its place: "line 2, column 5: …".
  [[nodiscard]] std::string message() const;
};

struct Effort {
  std::uint64_t tokens = 0;   // read, those read again by look-ahead included
};

// One term, with an optional `;` behind it. The tree lives in the arena and needs nothing of `source`.
[[nodiscard]] Result<const Term*, SyntaxError> parse_program(Arena& arena, std::string_view source,
                                                             Effort* effort = nullptr);

// Whether a text is a library rather than a program, to who reads its beginning: a name and what may be parameters before a `=`, or a
// signature and more.
[[nodiscard]] bool begins_with_definition(std::string_view source);

// A closed type.
[[nodiscard]] Result<const Type*, SyntaxError> parse_type(Arena& arena, std::string_view source);

struct Binding {
  std::string_view name;
  const Term* term = nullptr;   // parameters and signature folded in
  Place place;                  // of the name
};

// A library text: bindings, in the order of the text. A name may occur twice here: library_source.h refuses that.
[[nodiscard]] Result<std::vector<Binding>, SyntaxError> parse_library(Arena& arena, std::string_view source);

}  // namespace roost::lang
