// SPDX-License-Identifier: MIT
#pragma once

// Known names that an unknown one may have meant. Thread: pure functions, callable from any.

#include <string>
#include <string_view>
#include <vector>

namespace roost::lang {

inline constexpr std::size_t kNearestMax = 5;

// At most kNearestMax of the candidates, the likeliest first: those whose last part (`send` of `Remote.send`) is few insertions, deletions,
// replacements and swaps of neighbours away from that of the name; a different qualifier counts as one. As a text writes them: `<_Number` for `Number.<`.
[[nodiscard]] std::vector<std::string> nearest_names(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace roost::lang
