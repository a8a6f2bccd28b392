// SPDX-License-Identifier: MIT
#pragma once

// Code as bytes: a resolved term with everything that its hash and its display depend on. Library definitions are written by hash,
// builtins by name, bound variables by index with their names beside them; places are left out. This is the one place that
// knows how code travels.
//
// What is read may be anybody's: nesting is bounded as the parser bounds it, so is the work of hashing, variables must be bound in
// the term or be among the captured ones, and every definition must be known. Thread: one.

#include <functional>
#include <span>
#include <vector>

#include "worker/lang/syntax.h"
#include "worker/runtime/codec_bytes.h"

namespace roost::runtime {

// The code of a function: a Lambda; or the members of a `let rec`, of which the function is one. Variables that point outside
// it are captured; `outside` lists how far they point, ascending.
struct FunctionCode {
  const lang::Term* term = nullptr;   // Lambda; or LetRec, whose body means nothing here
  std::vector<std::uint32_t> outside;
  [[nodiscard]] bool is_group() const { return term->kind == lang::TermKind::LetRec; }
};

void encode_code(CodecWriter& writer, const lang::Term& term, std::span<const std::uint32_t> outside);

// Asks whether a definition is known.
using IsKnown = std::function<bool(const lang::Hash&)>;

// The terms go to the reader's arena. On an error the reader says what it is. Throws Crash (MemoryLimit).
[[nodiscard]] FunctionCode decode_code(CodecReader& reader, const IsKnown& is_known);

}  // namespace roost::runtime
