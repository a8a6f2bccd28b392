// SPDX-License-Identifier: MIT
#pragma once

// Colour, width and clearing. Colour appears on a terminal only (or as --color says; NO_COLOR turns `auto` off), so
// that what a script reads is plain.

#include <string>
#include <string_view>

namespace roost::cli {

enum class Color { Plain, Green, Yellow, Red, Blue, Dim, Bold };

class Terminal {
 public:
  // `descriptor`: 1 or 2. `color`: "auto", "always" or "never".
  Terminal(int descriptor, const std::string& color);

  [[nodiscard]] std::string paint(Color color, std::string_view text) const;
  [[nodiscard]] bool interactive() const { return interactive_; }
  // What fits now; 80 by 24 if it is not known.
  [[nodiscard]] unsigned columns() const;
  [[nodiscard]] unsigned rows() const;

 private:
  int descriptor_;
  bool interactive_;
  bool colored_;
};

// Code points from outside could steer the terminal: control characters come out as `\x1b`.
[[nodiscard]] std::string printable(std::string_view text);

// Columns that UTF-8 text takes on a terminal. Requires: setlocale() was called.
[[nodiscard]] std::size_t display_width(std::string_view text);

}  // namespace roost::cli
