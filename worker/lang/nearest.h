// SPDX-License-Identifier: MIT
#pragma once

// Known names that an unknown one may have meant. Thread: pure functions, callable from any.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "worker/lang/habits.h"

namespace roost::lang {

inline constexpr std::size_t kNearestMax = 5;

// At most kNearestMax of the known names, those that are equally likely and likelier than all others, as a text writes them (`<_Number`
// for `Number.<`). A name is likely if its last part (`send` of `Remote.send`) is few insertions, deletions, replacements and swaps of
// neighbours away, swaps alone if it is short, or if it is called so elsewhere (habits.h), but for swaps; likelier in the namespace that was
// written, if that is known.
[[nodiscard]] std::vector<std::string> nearest_names(std::string_view name, std::vector<std::string_view> known,
                                                     std::span<const Habit> habits);

// `n-1` is one word; whoever writes it mostly means three. `n - 1`, if the name falls apart at its operators into numbers and known names;
// `x -> x` whatever the parts are; `3 <_Number 4` where the operator is known of numbers alone. Else empty.
[[nodiscard]] std::string with_blanks(std::string_view name, const std::function<bool(std::string_view)>& is_known);

// Between backticks, as messages show what is written in a text: `` `and` `` for `and` with its own.
[[nodiscard]] std::string in_backticks(std::string_view written);

}  // namespace roost::lang
