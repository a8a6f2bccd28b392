// SPDX-License-Identifier: MIT
#pragma once

// What people write who come from other languages, and how it is said here. Thread: pure functions, callable from any.

#include <span>
#include <string>
#include <string_view>

#include "worker/lang/expectation.h"

namespace roost::lang {

struct Habit {
  std::string_view elsewhere;   // `foldl`: in any namespace, case and `-` do not matter; `Number.from-text`: there alone
  std::string_view here;        // `Vector.fold-left`, which in another namespace stands for its own; or how it is written: `->`
};

// All of them that are names of values, and of types; one may be said in several ways, the likeliest first.
[[nodiscard]] std::span<const Habit> habits_of_names();
[[nodiscard]] std::span<const Habit> habits_of_types();

inline constexpr std::string_view kNoPatterns =
    "there are no patterns: parameters are names, as in `x y -> …`, and functions such as `1st` and `Optional.fold` take values apart";
inline constexpr std::string_view kBeginsWithDefinitions =
    "this text begins with definitions, and a program is one term: `let … ;;` holds definitions, and the term that uses them";
inline constexpr std::string_view kNoEscapes = "a text has no escapes: `\\` stands for itself, and `\"` ends the text";
inline constexpr std::string_view kNoLetInDo = "in a `do`, a value is named without `let`: `x = 3;`";
inline constexpr std::string_view kLetRecInDo =
    "in a `do`, a `let rec` is a whole statement, with a body of its own: `let rec …; …;;` and the `;` of the statement";
inline constexpr std::string_view kTypeBehindColon = "a type stands behind `:`";
inline constexpr std::string_view kNoSemicolonBehindDo = "no `;` stands between `do`, its name and the first statement";

// For a token that cannot stand where it does: "a function is written `x -> …`". Empty: nothing to say.
// `before`, `behind`: the text up to the token, and from its end; `expected`: what could have stood here.
[[nodiscard]] std::string advice_about(std::string_view token, std::string_view before, std::string_view behind, const Expectations& expected);

}  // namespace roost::lang
