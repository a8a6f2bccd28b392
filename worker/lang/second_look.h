// SPDX-License-Identifier: MIT
#pragma once

// A refused text, read once more for what its author seems to have meant. Lines and indentation mean nothing to the language, but much to
// who wrote them: a statement that goes on, at the start of a line, no further to the right than it began, may lack a `;`. That is a
// guess: it is said only where the text was tried with the `;`, and got further. None of it decides what is accepted. Linear in the text;
// only refused texts pay. Thread: pure functions, callable from any.

#include <cstdint>
#include <string>
#include <string_view>

#include "worker/lang/syntax.h"

namespace roost::lang {

// Where a `;` may be missing: behind the last token of a line. Line 0: nowhere.
struct Unended {
  std::uint32_t line = 0;
  std::size_t offset = 0;
};
// The text with the `;`.
[[nodiscard]] std::string ended(std::string_view source, const Unended& unended);
[[nodiscard]] std::string advice_of(const Unended& unended);

// Of the statement, binding or signature around a place, if nothing else is said.
struct SecondLook {
  Unended unended;
  bool has_escape = false;          // a text ends in `\`, as if that were to escape its quote
  std::string_view bare_infix;      // `and` or `or` between operands, without backticks
  bool has_cases = false;           // `case … of` or `match … with` was read so far
  Place long_text{};                // the last text before the place that spans lines; line 0: none
};

// UpToThere: what stands behind the place is no cause of what is wrong there, since the parser did not get so far.
enum class Reach : std::uint8_t { UpToThere, WholeStatement };
[[nodiscard]] SecondLook look_again(std::string_view source, Place place, Reach reach);

// The likeliest of the rest as a sentence, or empty.
[[nodiscard]] std::string advice_of(const SecondLook& look);

}  // namespace roost::lang
