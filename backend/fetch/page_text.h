// SPDX-License-Identifier: MIT
#pragma once

// A body as Text: the language's texts are Unicode. Thread: pure.

#include <string>
#include <string_view>

namespace roost::fetch {

inline constexpr std::size_t kTextGrowth = 3;   // a byte that is replaced; with most charsets, a letter

// As UTF-8. A charset that the content type names is decoded, if this machine knows it; a byte order mark goes; whatever is not a
// character is replaced by U+FFFD, as browsers do (WHATWG Encoding Standard). A few charsets make it longer than kTextGrowth bodies.
[[nodiscard]] std::string page_text(std::string_view body, std::string_view content_type);

}  // namespace roost::fetch
