// SPDX-License-Identifier: MIT
#pragma once

// The nearest known word to one that was mistyped: help at the moment of the mistake.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roost::cli {

// The candidate that takes the fewest insertions, deletions, replacements and swaps of neighbours; nullopt if none is
// near (more than a third of the word's letters, and more than one, would have to change).
[[nodiscard]] std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace roost::cli
