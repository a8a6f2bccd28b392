// SPDX-License-Identifier: MIT
#pragma once

// Values as people read them: answers in text, lines of Debug.watch, error messages. Numbers, texts, constructors, vectors,
// hashes, nodes, channels and indexes have one fixed form, which programs and their tests rely on; functions, Remote values,
// orders and keys are shown as something readable that may change.
//
// A constructor's argument stands in parentheses if it is itself an application; a node does not. Works on values of any
// depth and sharing: it does not recurse, and stops at the bound. Allocates no objects. Thread: any that may read the value.

#include <string>

#include "worker/runtime/value.h"
#include "worker/wire/frames.h"
#include "worker/wire/result.h"

namespace roost::runtime {

// An answer has to fit a frame, together with what is around it.
inline constexpr std::size_t kRenderedBytesMax = wire::kFrameBytesMax - (64u << 10);
// What a function's code may take in a rendering; the rest is shown as `…`.
inline constexpr std::size_t kRenderedFunctionBytesMax = 200;

// The whole value, or a failure (NotRepresentable) that names the bound.
[[nodiscard]] Result<std::string, wire::Failure> render(const Value& value, std::size_t bytes_max = kRenderedBytesMax);
// The value, or its first `bytes_max` bytes and `…`; cut between characters.
[[nodiscard]] std::string render_cut(const Value& value, std::size_t bytes_max);

// `3`, `-17`, `0.5`, `1.0e-2`, `Infinity`: the shortest digits that read back as this number.
[[nodiscard]] std::string render_number(double number);
// In double quotes, with `"`, `\` and the line feed escaped.
[[nodiscard]] std::string render_text(std::string_view text);

}  // namespace roost::runtime
