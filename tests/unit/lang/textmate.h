// SPDX-License-Identifier: MIT
#pragma once

// Colours a text as an editor does: a TextMate grammar, its expressions run by Oniguruma, the engine that editors run them with. As much
// of TextMate's rules as our grammar uses: `match` with `name` or `captures`, `begin` and `end`, `include` of the repository; lines
// one by one, leftmost match first, the earlier pattern where two begin alike. Whatever else a grammar says is refused.
// Thread: one.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace roost::lang {

class TextMate {
 public:
  // Throws std::runtime_error: the file is no such grammar, with the reason.
  explicit TextMate(const std::string& file);
  ~TextMate();

  // The scope of each byte; empty: none.
  [[nodiscard]] std::vector<std::string> scopes(std::string_view text) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::lang
