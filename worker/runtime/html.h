// SPDX-License-Identifier: MIT
#pragma once

// What programs read of HTML, by gumbo, a parser of the HTML standard. Any text is HTML; what is malformed is read as browsers read it.
// Hostile text is bounded: its tree lives in an arena that ends with the call, of so many bytes for a byte of text, and reading it takes
// no more than kReadMax of the thread's time. Nothing here recurses on what the text nests. Thread: any.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace roost::runtime {

struct HtmlLink {
  std::string href;          // as written, entities decoded
  std::string description;   // likewise, with its white space
};

// The tree would be too large, or reading it takes too long.
struct HtmlTooHard {
  bool out_of_memory = false;
};

inline constexpr std::chrono::milliseconds kHtmlReadMax{1'000};
inline constexpr std::size_t kHtmlBytesPerByte = 256;      // of the tree, for a byte of text
inline constexpr std::size_t kHtmlBytesAtLeast = 1u << 20;

// The text of all h1 elements, then that of the whole document; without what is in script and style; every run of white space one space,
// none at the ends. Requires: UTF-8. Throws HtmlTooHard, std::bad_alloc.
[[nodiscard]] std::string html_plain_text(std::string_view html);

// The `a` elements that have an href, in order. A description reaches to the next `</a>`; an `<a` before that starts no link of its own.
// Requires and throws as html_plain_text().
[[nodiscard]] std::vector<HtmlLink> html_links(std::string_view html);

}  // namespace roost::runtime
