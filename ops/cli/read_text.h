// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace roost::cli {

// All of a file, or of stdin if it is "-", without its byte order mark. Throws Ended(Usage): "cannot read the `what` …"; if there is no such
// file, with the advice behind it.
[[nodiscard]] std::string read_text(const std::string& file, const std::string& what, const std::string& advice = {});
inline constexpr char kTextIsMeant[] = "\n(a program that is no file stands behind -e)";

// Some editors put U+FEFF at the beginning of a file. It is no part of the text.
[[nodiscard]] std::string_view without_byte_order_mark(std::string_view text);

}  // namespace roost::cli
