// SPDX-License-Identifier: MIT
#include "worker/lang/nearest.h"

#include <algorithm>

#include "worker/lang/characters.h"
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

struct Parts {
  std::string_view qualifier;   // "Vector" of `Vector.map`; may be empty
  std::string_view last;
};

Parts parts_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == name.size()) return {{}, name};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

bool is_operator(char c) { return static_cast<unsigned char>(c) < 128 && (kAsciiTraits[static_cast<unsigned char>(c)] & kOperator); }

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string with_blanks(std::string_view name, const std::function<bool(std::string_view)>& is_known) {
  if (name.size() > kNameBytesMax || name.empty() || is_operator(name[0])) return {};
  std::string apart;
  bool calls_for_known = false;
  bool all_known = true;
  for (std::size_t at = 0; at < name.size();) {
    std::size_t end = at;
    while (end < name.size() && is_operator(name[end]) == is_operator(name[at])) ++end;
    const std::string part(name.substr(at, end - at));
    at = end;
    if (!apart.empty()) apart += ' ';
    apart += part;
    if (!is_operator(part[0])) {
      all_known = all_known && (is_number(part) || is_known(part));
    } else if (part != "->") {
      calls_for_known = true;
      if (is_known(part)) continue;
      if (!is_known("Number." + part)) return {};
      apart += "_Number";
    }
  }
  if (apart == name || (calls_for_known && !all_known)) return {};
  return apart;
}

std::vector<std::string> nearest_names(std::string_view name, const std::vector<std::string_view>& candidates) {
  if (name.empty() || name.size() > kNameBytesMax) return {};
  const Parts wrong = parts_of(name);
  const std::size_t limit = std::max<std::size_t>(1, wrong.last.size() / 3) + 1;
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const std::string_view candidate : candidates) {
    if (candidate == name || candidate.size() > kNameBytesMax) continue;
    const Parts right = parts_of(candidate);
    const std::size_t in_last = distance(wrong.last, right.last, limit);
    const std::size_t changes = in_last + (wrong.qualifier == right.qualifier ? 0 : 1);
    // Something of the name must be left: `x` is not a misspelt `if`.
    if (changes < limit && in_last < std::max(wrong.last.size(), right.last.size())) found.emplace_back(changes, spelled(candidate));
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < found.size() && i < kNearestMax; ++i) names.push_back(std::move(found[i].second));
  return names;
}

}  // namespace roost::lang
