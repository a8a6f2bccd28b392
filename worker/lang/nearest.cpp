// SPDX-License-Identifier: MIT
#include "worker/lang/nearest.h"

#include <algorithm>

#include "worker/lang/print.h"

namespace roost::lang {
namespace {

constexpr std::size_t kNameBytesMax = 64;   // longer ones are no typing mistakes

// Optimal string alignment: three rows of it. Gives `limit` where it is no less.
std::size_t distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (a.size() > b.size() + limit || b.size() > a.size() + limit) return limit;
  std::vector<std::size_t> two_before, before(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) before[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({before[j] + 1, now[j - 1] + 1, before[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = std::min(now[j], two_before[j - 2] + 1);
    }
    two_before = before;
    std::swap(before, now);
  }
  return std::min(before[b.size()], limit);
}

}  // namespace

std::vector<std::string> nearest_names(std::string_view name, const std::vector<std::string_view>& candidates) {
  if (name.empty() || name.size() > kNameBytesMax) return {};
  const std::size_t limit = std::max<std::size_t>(1, name.size() / 3) + 1;
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const std::string_view candidate : candidates) {
    if (candidate == name || candidate.size() > kNameBytesMax) continue;
    const bool is_last_part = candidate.size() > name.size() && candidate.ends_with(name) && candidate[candidate.size() - name.size() - 1] == '.';
    const std::size_t changes = is_last_part ? 0 : distance(name, candidate, limit);
    // Something of the name must be left: `x` is not a misspelt `if`.
    if (changes < limit && changes < std::max(name.size(), candidate.size())) found.emplace_back(changes, spelled(candidate));
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < found.size() && i < kNearestMax; ++i) names.push_back(std::move(found[i].second));
  return names;
}

}  // namespace roost::lang
