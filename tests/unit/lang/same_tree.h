// SPDX-License-Identifier: MIT
#pragma once

// Helpers of the language's tests: texts to trees, and trees compared up to the names of bound variables.

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "worker/lang/parser.h"
#include "worker/lang/resolve.h"

namespace roost::lang {

// Whether two unresolved trees are one but for places and the names of bound variables.
[[nodiscard]] bool same_tree(const Term& left, const Term& right);

// Parses, or says why not. The tree lives as long as this.
class Parsed {
 public:
  explicit Parsed(std::string_view text);
  [[nodiscard]] bool ok() const { return term_ != nullptr; }
  [[nodiscard]] const Term& term() const { return *term_; }
  [[nodiscard]] const SyntaxError& error() const { return error_; }
  [[nodiscard]] std::string message() const { return ok() ? "accepted" : error_.message(); }
  [[nodiscard]] Arena& arena() { return arena_; }

 private:
  Arena arena_;
  const Term* term_ = nullptr;
  SyntaxError error_;
};

[[nodiscard]] bool same_text(std::string_view left, std::string_view right);   // both parse, to the same tree

// A file of tests/language, line by line. Requires: the working directory is the top of the tree.
[[nodiscard]] std::vector<std::string> example_lines(const std::string& kind);
// "left  SEP  right" cut at the separator.
[[nodiscard]] std::pair<std::string, std::string> cut(const std::string& line, const std::string& separator);

}  // namespace roost::lang
