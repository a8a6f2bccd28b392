// SPDX-License-Identifier: MIT
#include "tests/unit/lang/textmate.h"

#include <oniguruma.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <span>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace roost::lang {
namespace {

using Json = nlohmann::json;

const OnigUChar* at(std::string_view text, std::size_t offset) { return reinterpret_cast<const OnigUChar*>(text.data()) + offset; }

class Expression {
 public:
  explicit Expression(const std::string& pattern) {
    OnigErrorInfo info;
    const int result = onig_new(&regex_, at(pattern, 0), at(pattern, pattern.size()), ONIG_OPTION_CAPTURE_GROUP, ONIG_ENCODING_UTF8,
                                ONIG_SYNTAX_ONIGURUMA, &info);
    if (result == ONIG_NORMAL) return;
    OnigUChar why[ONIG_MAX_ERROR_MESSAGE_LEN];
    onig_error_code_to_str(why, result, &info);
    throw std::runtime_error("`" + pattern + "`: " + reinterpret_cast<char*>(why));
  }
  Expression(Expression&& other) noexcept : regex_(std::exchange(other.regex_, nullptr)) {}
  ~Expression() { if (regex_) onig_free(regex_); }

  // Begins and ends of the match and its groups; empty: none from there on. -1: a group that takes no part.
  std::vector<std::pair<int, int>> search(std::string_view line, std::size_t from) const {
    OnigRegion* region = onig_region_new();
    const int found = onig_search(regex_, at(line, 0), at(line, line.size()), at(line, from), at(line, line.size()), region, ONIG_OPTION_NONE);
    std::vector<std::pair<int, int>> groups;
    for (int i = 0; found >= 0 && i < region->num_regs; ++i) groups.emplace_back(region->beg[i], region->end[i]);
    onig_region_free(region, 1);
    return groups;
  }

 private:
  regex_t* regex_ = nullptr;
};

struct Rule {
  std::string name;
  Expression match;               // or `begin`
  std::vector<Expression> end;    // none, or one
  std::map<std::size_t, std::string> captures;
};

Rule rule_from(const Json& json) {
  for (const auto& [key, value] : json.items())
    if (key != "name" && key != "match" && key != "begin" && key != "end" && key != "captures") throw std::runtime_error("`" + key + "` is not known here");
  Rule rule{json.value("name", ""), Expression(json.contains("match") ? json.at("match") : json.at("begin")), {}, {}};
  if (json.contains("begin")) rule.end.emplace_back(json.at("end").get<std::string>());
  const Json captures = json.value("captures", Json::object());
  for (const auto& [number, capture] : captures.items()) rule.captures[std::stoul(number)] = capture.at("name");
  return rule;
}

}  // namespace

class TextMate::Impl {
 public:
  explicit Impl(const std::string& file) {
    std::ifstream in(file);
    if (!in) throw std::runtime_error(file + " cannot be read");
    const Json grammar = Json::parse(in);
    for (const Json& pattern : grammar.at("patterns")) {
      const std::string name = pattern.at("include").get<std::string>();
      if (!name.starts_with("#")) throw std::runtime_error("`" + name + "` is not in this grammar");
      rules_.push_back(rule_from(grammar.at("repository").at(name.substr(1))));
    }
  }

  std::vector<std::string> scopes(std::string_view text) {
    std::vector<std::string> scopes(text.size());
    const Rule* open = nullptr;
    for (std::size_t start = 0; start < text.size();) {
      const std::size_t end = std::min(text.find('\n', start), text.size() - 1) + 1;
      open = colour_line(text.substr(start, end - start), {scopes.data() + start, end - start}, open);
      start = end;
    }
    return scopes;
  }

 private:
  using Scopes = std::span<std::string>;

  static void colour(Scopes scopes, std::pair<int, int> range, const std::string& name) {
    for (int i = range.first; i < range.second; ++i) scopes[static_cast<std::size_t>(i)] = name;
  }

  // The rule that is still open at the line's end.
  const Rule* colour_line(std::string_view line, Scopes scopes, const Rule* open) const {
    for (std::size_t from = 0; from < line.size();) {
      if (open) {
        const auto end = open->end[0].search(line, from);
        const int until = end.empty() ? static_cast<int>(line.size()) : end[0].second;
        colour(scopes, {static_cast<int>(from), until}, open->name);
        if (end.empty()) return open;
        open = nullptr;
        from = static_cast<std::size_t>(until);
        continue;
      }
      const Rule* best = nullptr;
      std::vector<std::pair<int, int>> found;
      for (const Rule& rule : rules_) {
        auto groups = rule.match.search(line, from);
        if (groups.empty() || groups[0].first == groups[0].second || (best && groups[0].first >= found[0].first)) continue;
        best = &rule;
        found = std::move(groups);
      }
      if (!best) return nullptr;
      colour(scopes, found[0], best->name);
      for (const auto& [number, name] : best->captures) colour(scopes, found[number], name);
      if (!best->end.empty()) open = best;
      from = static_cast<std::size_t>(found[0].second);
    }
    return open;
  }

  std::vector<Rule> rules_;
};

TextMate::TextMate(const std::string& file) : impl_(std::make_unique<Impl>(file)) {}
TextMate::~TextMate() = default;
std::vector<std::string> TextMate::scopes(std::string_view text) const { return impl_->scopes(text); }

}  // namespace roost::lang
