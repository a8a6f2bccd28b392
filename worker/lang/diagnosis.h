// SPDX-License-Identifier: MIT
#pragma once

// A text from its characters to a checked term, and what is wrong with it in the words of a compiler: place, reason, the line with
// a caret, and notes. Thread: pure functions, callable from any, as far as the tables are; see typecheck.h for the stack.

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "worker/lang/library_source.h"
#include "worker/lang/typecheck.h"
#include "worker/wire/result.h"

namespace roost::lang {

struct Diagnosis {
  Place place;
  std::string reason;               // a sentence, without the place
  std::vector<std::string> notes;
  std::size_t offset = 0;           // bytes of the text that were understood before it
};
using Diagnoses = std::vector<Diagnosis>;   // one, or one for each unknown name

struct CheckedProgram {
  const Term* term = nullptr;   // minimised, resolved
  const Type* type = nullptr;
};

[[nodiscard]] Result<CheckedProgram, Diagnoses> check_program(Arena& arena, std::string_view source, const NameTable& names,
                                                              const TypeTable& types);
// As load_library().
[[nodiscard]] Result<std::vector<Definition>, Diagnoses> check_library(Arena& arena, std::string_view source, Names& names,
                                                                       DefinitionTypes& types);
// Either of them: what the text is. If it is neither, what is said is about the one that it was longer.
using CheckedText = std::variant<CheckedProgram, std::vector<Definition>>;
[[nodiscard]] Result<CheckedText, Diagnoses> check_text(Arena& arena, std::string_view source, Names& names, DefinitionTypes& types);

// What is said of a program that parses besides the error: where a wish came from, and what the lines of the text make likely
// (second_look.h), which may take one more check. A sentence each.
[[nodiscard]] std::vector<std::string> notes_on(const TypeError& error, std::string_view source, const NameTable& names, const TypeTable& types);
// Of all names, and about the first. Requires: there is one.
[[nodiscard]] std::string advice_on(const UnboundNames& unbound, std::string_view source, const NameTable& names, const TypeTable& types);

// The line of the place, numbered, with a caret below: two lines, in UTF-8 whatever the source is. Empty: there is no such place.
[[nodiscard]] std::string excerpt(std::string_view source, Place place);

// "plums.u:3:5: `"k"` has type Text, …", the line, the caret, the notes. Every line ends in a line break; control characters of
// the text are left out.
[[nodiscard]] std::string shown(const Diagnoses& diagnoses, std::string_view file, std::string_view source);

}  // namespace roost::lang
