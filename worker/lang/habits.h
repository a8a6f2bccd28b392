// SPDX-License-Identifier: MIT
#pragma once

// What people write who come from other languages, and how it is said here. Thread: pure functions, callable from any.

#include <span>
#include <string_view>

#include "worker/lang/expectation.h"

namespace roost::lang {

struct Habit {
  std::string_view elsewhere;   // `&&`
  std::string_view here;        // `and`; a name that is known here, or a word of the grammar
};

// All of them that are names; one may be said in several ways, the likeliest first.
[[nodiscard]] std::span<const Habit> habits_of_names();

// For a token that cannot stand where it does: "a function is written `x -> …`". Empty: nothing to say.
// `before`: the text up to the token; `expected`: what could have stood here.
[[nodiscard]] std::string_view advice_about(std::string_view token, std::string_view before, const Expectations& expected);

}  // namespace roost::lang
