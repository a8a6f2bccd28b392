// SPDX-License-Identifier: MIT
#pragma once

// Resolved terms to code. Every function literal becomes one Code that is entered when all its parameters are there; variables become
// slots; references become the definitions' values; a `let rec` becomes a group (value.h). Arguments are evaluated left to right,
// the function first; tail calls are marked; calls of builtins with all their arguments are direct.
//
// Safe on any resolved term that the parser's bounds hold for: what is too much is refused. Recursion is as deep as the term
// (lang::kTermDepthMax). Thread: one per Heap.

#include <span>
#include <string>
#include <string_view>

#include "worker/runtime/code.h"
#include "worker/wire/result.h"

namespace roost::runtime {

// Captured variables of all functions of a program together: nested functions that capture everything around them could
// otherwise make a small program's code large.
inline constexpr std::size_t kCapturesMax = 1u << 20;

struct CompileError {
  std::string reason;
};

// A closed term as code without parameters. `name` is what failures in it are reported in.
[[nodiscard]] Result<const Code*, CompileError> compile(Program& program, const lang::Term* term, const Definitions& definitions,
                                                        std::string_view name);

// The code of a function whose captured variables are given: `term` is a Lambda, or a LetRec (then the code is the group's).
// `outside` is ascending and covers its free variables; captures will be in that order.
[[nodiscard]] Result<const Code*, CompileError> compile_function(Program& program, const lang::Term* term,
                                                                 std::span<const std::uint32_t> outside,
                                                                 const Definitions& definitions);

}  // namespace roost::runtime
