// SPDX-License-Identifier: MIT
#include "ops/cli/suggestion.h"

#include <algorithm>

namespace roost::cli {
namespace {

constexpr std::size_t kWordLengthMax = 64;   // longer "words" are not typing mistakes

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.size() > kWordLengthMax) return std::nullopt;
  const std::string* best = nullptr;
  const std::size_t letters = word.size() - std::min(word.find_first_not_of("-:"), word.size());
  std::size_t best_distance = std::max<std::size_t>(1, letters / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t d = distance(word, candidate);
    // Nothing of the word may be left over: `x` is not a misspelt `top`.
    if (d >= best_distance || d >= std::max(word.size(), candidate.size())) continue;
    best = &candidate;
    best_distance = d;
  }
  return best ? std::optional(*best) : std::nullopt;
}

}  // namespace roost::cli
