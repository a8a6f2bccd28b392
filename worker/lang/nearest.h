// SPDX-License-Identifier: MIT
#pragma once

// Known names that an unknown one may have meant. Thread: pure functions, callable from any.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace roost::lang {

inline constexpr std::size_t kNearestMax = 5;

// At most kNearestMax of the candidates, the likeliest first: those whose last part (`send` of `Remote.send`) is few insertions, deletions,
// replacements and swaps of neighbours away from that of the name; a different qualifier counts as one. As a text writes them: `<_Number` for `Number.<`.
[[nodiscard]] std::vector<std::string> nearest_names(std::string_view name, const std::vector<std::string_view>& candidates);

// `n-1` is one word; whoever writes it mostly means three. `n - 1`, if the name falls apart at its operators into numbers and known names;
// `x -> x` whatever the parts are; `3 <_Number 4` where the operator is known of numbers alone. Else empty.
[[nodiscard]] std::string with_blanks(std::string_view name, const std::function<bool(std::string_view)>& is_known);

}  // namespace roost::lang
