// SPDX-License-Identifier: MIT
#include "tests/unit/runtime/rule_file.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

namespace roost::runtime {
namespace {

constexpr std::array<std::string_view, 12> kExpectations = {"value",   "prints",  "fails",        "logs",           "type",     "parses",
                                                            "same as", "refused", "same hash as", "other hash than", "minimised", "loads"};
constexpr std::array<std::string_view, 2> kSettings = {"library", "program"};
constexpr std::string_view kNextLibrary = "-- next library\n";

bool is_one_of(std::string_view word, const auto& words) { return std::find(words.begin(), words.end(), word) != words.end(); }

}  // namespace

RuleFile::RuleFile(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream all;
  all << in.rdbuf();
  text_ = all.str();
  std::istringstream lines(text_);
  for (std::string line; std::getline(lines, line) && line.starts_with("-- ");) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    comments_.emplace_back(line.substr(3, colon - 3), colon + 2 < line.size() ? line.substr(colon + 2) : "");
  }
}

std::optional<std::string> RuleFile::said(std::string_view word) const {
  for (const auto& [said, what] : comments_)
    if (said == word) return what;
  return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> RuleFile::expectations() const {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& comment : comments_)
    if (is_one_of(comment.first, kExpectations)) found.push_back(comment);
  return found;
}

std::vector<std::string> RuleFile::library_texts() const {
  std::vector<std::string> texts = {text_};
  for (std::size_t at; (at = texts.back().find(kNextLibrary)) != std::string::npos;) {
    std::string next = texts.back().substr(at + kNextLibrary.size());
    texts.back().resize(at);
    texts.push_back(std::move(next));
  }
  return texts;
}

std::string RuleFile::mistake() const {
  if (expectations().empty()) return "it does not say what must come of it";
  for (const auto& [word, what] : comments_)
    if (!is_one_of(word, kExpectations) && !is_one_of(word, kSettings)) return "`" + word + "` says nothing about a program";
  if (said("program") && !said("library")) return "only a library has a program beside it";
  return {};
}

}  // namespace roost::runtime
