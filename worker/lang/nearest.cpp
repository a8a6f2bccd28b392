// SPDX-License-Identifier: MIT
#include "worker/lang/nearest.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "worker/lang/characters.h"
#include "worker/lang/print.h"

namespace roost::lang {
namespace {

constexpr std::size_t kNameBytesMax = 64;   // longer ones are no typing mistakes
constexpr std::size_t kSwapsOnlyMax = 4;    // in shorter ones, other slips make other words

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

// Lower case, and nothing between the words: `toText` and `to-text` are one.
std::string plain(std::string_view part) {
  if (part.empty() || is_operator(part[0])) return std::string(part);
  std::string text;
  for (const char c : part)
    if (c != '-' && c != '_') text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

// Of short names a single letter makes another name, and so does each character of an operator.
std::size_t edits_max(std::string_view part) { return is_operator(part[0]) || part.size() < 3 ? 0 : std::max<std::size_t>(1, part.size() / 4); }

bool begin_alike(std::string_view wrong, std::string_view right) {
  if (wrong.empty() || right.empty()) return false;
  return wrong[0] == right[0] || (wrong.size() > 1 && right.size() > 1 && wrong[0] == right[1] && wrong[1] == right[0]);
}

// Whether the same letters stand in another order: an edit of it is a swap.
bool is_reordered(std::string_view wrong, std::string_view right) {
  return wrong.size() == right.size() && std::is_permutation(wrong.begin(), wrong.end(), right.begin());
}

// The edits from one part of a name to another, if they are few. A slip seldom hits the first letter.
std::optional<std::size_t> edits_between(std::string_view wrong, std::string_view right) {
  if (wrong.empty()) return std::nullopt;
  if (wrong != right && wrong.size() <= kSwapsOnlyMax && !is_reordered(wrong, right)) return std::nullopt;
  const std::size_t limit = edits_max(wrong) + 1;
  const std::size_t edits = distance(wrong, right, limit);
  if (edits == limit || (edits > 0 && !begin_alike(wrong, right))) return std::nullopt;
  return edits;
}

// Words of the grammar, and more than a name: what may be advised without being known.
bool is_written_so(std::string_view here) {
  return here == "->" || here == ":=" || here == "--" || here == "\"" || here.find_first_of(" `") != std::string_view::npos;
}

class Search {
 public:
  Search(std::string_view name, const std::vector<std::string_view>& known)
      : name_(name), wrong_(parts_of(name)), last_(plain(wrong_.last)), known_(known.begin(), known.end()), namespace_(meant_namespace()),
        is_known_namespace_(std::any_of(known.begin(), known.end(), [this](std::string_view one) { return parts_of(one).qualifier == namespace_; })) {}

  void try_habit(const Habit& habit) {
    const Parts elsewhere = parts_of(habit.elsewhere), here = parts_of(habit.here);
    if (elsewhere.qualifier != namespace_ && (!elsewhere.qualifier.empty() || is_written_so(habit.here))) return;
    const std::string last = plain(elsewhere.last);
    if (last != last_ && !is_reordered(last_, last)) return;
    const auto edits = edits_between(last_, last);
    if (!edits) return;
    if (!elsewhere.qualifier.empty() || namespace_.empty()) return consider(*edits * kEdit, habit.here);
    consider(*edits * kEdit, namespace_ + "." + std::string(here.last));
  }

  void try_name(std::string_view candidate) {
    if (candidate.size() > kNameBytesMax) return;
    const Parts right = parts_of(candidate);
    const auto edits = edits_between(last_, plain(right.last));
    if (!edits) return;
    if (right.qualifier == namespace_) return consider(*edits * kEdit, candidate);
    if (namespace_.empty()) return consider(*edits * kEdit + kNamespaceMissing, candidate);
    if (*edits == 0 && (!is_known_namespace_ || right.qualifier.empty())) consider(kOtherNamespace, candidate);
  }

  // `Order.Number` for `Number.Order`.
  void try_turned() {
    if (!namespace_.empty()) consider(kNamespaceMissing, std::string(wrong_.last) + "." + namespace_);
  }

  std::vector<std::string> take() {
    if (best_.size() > kNearestMax) best_.resize(kNearestMax);
    return std::move(best_);
  }

 private:
  // What is wrong with the namespace weighs less than a letter of the last part.
  static constexpr std::size_t kNamespaceMissing = 1;
  static constexpr std::size_t kOtherNamespace = 2;
  static constexpr std::size_t kEdit = 3;

  // As it was written if it is known, or what it is called here, or the nearest.
  [[nodiscard]] std::string meant_namespace() const {
    const std::string_view written = wrong_.qualifier;
    if (written.empty()) return {};
    std::pair<std::size_t, std::string_view> nearest(SIZE_MAX, written);
    for (const std::string_view name : known_) {
      const std::string_view qualifier = parts_of(name).qualifier;
      if (qualifier == written) return std::string(written);
      if (qualifier.empty()) continue;
      if (const auto edits = edits_between(plain(written), plain(qualifier))) nearest = std::min(nearest, std::pair(*edits, qualifier));
    }
    for (const Habit& habit : habits_of_types())
      if (plain(habit.elsewhere) == plain(written)) return std::string(habit.here);
    return std::string(nearest.second);
  }

  void consider(std::size_t cost, std::string_view here) {
    if (cost > cost_ || here == name_ || !(known_.contains(here) || is_written_so(here))) return;
    if (cost < cost_) best_.clear();
    cost_ = cost;
    std::string written = spelled(here);
    if (std::find(best_.begin(), best_.end(), written) == best_.end()) best_.push_back(std::move(written));
  }

  std::string_view name_;
  Parts wrong_;
  std::string last_;
  std::unordered_set<std::string_view> known_;
  std::string namespace_;   // that was meant
  bool is_known_namespace_;
  std::vector<std::string> best_;
  std::size_t cost_ = SIZE_MAX;   // of the best
};

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

std::string in_backticks(std::string_view written) {
  if (written.find('`') == std::string_view::npos) return "`" + std::string(written) + "`";
  return "`` " + std::string(written) + " ``";
}

std::vector<std::string> nearest_names(std::string_view name, std::vector<std::string_view> known, std::span<const Habit> habits) {
  if (name.empty() || name.size() > kNameBytesMax) return {};
  std::sort(known.begin(), known.end());
  Search search(name, known);
  for (const Habit& habit : habits) search.try_habit(habit);
  for (const std::string_view candidate : known) search.try_name(candidate);
  search.try_turned();
  return search.take();
}

}  // namespace roost::lang
