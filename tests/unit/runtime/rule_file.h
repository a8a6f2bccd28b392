// SPDX-License-Identifier: MIT
#pragma once

// A program of tests/language/rules: the comments that it begins with say what must come of it. tests/language/README.md has the
// list of what they may say; anything else in their place is an error of the file, so that a misspelt word is not an expectation
// that is never looked at.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roost::runtime {

class RuleFile {
 public:
  explicit RuleFile(const std::filesystem::path& path);

  [[nodiscard]] const std::string& text() const { return text_; }
  // What stands behind "-- WORD:"; nothing if no comment begins so.
  [[nodiscard]] std::optional<std::string> said(std::string_view word) const;
  // What is to be checked, as (word, what stands behind it).
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> expectations() const;
  // The files of a library: the text, cut at "-- next library".
  [[nodiscard]] std::vector<std::string> library_texts() const;
  // What is wrong with the comments; empty if nothing is.
  [[nodiscard]] std::string mistake() const;

 private:
  std::string text_;
  std::vector<std::pair<std::string, std::string>> comments_;
};

}  // namespace roost::runtime
