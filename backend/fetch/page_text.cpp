// SPDX-License-Identifier: MIT
#include "backend/fetch/page_text.h"

#include <iconv.h>
#include <utf8proc.h>

#include <algorithm>
#include <optional>

namespace roost::fetch {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kMark = "\xEF\xBB\xBF";
constexpr std::size_t kLongestName = 40;

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; });
  return lower;
}

// Empty: none is named. `text/html; charset="latin1"` (RFC 9110, 8.3).
std::string charset_of(std::string_view content_type) {
  const std::string lower = in_lower_case(content_type);
  const std::size_t at = lower.find("charset=");
  if (at == std::string::npos) return {};
  std::string name = lower.substr(at + 8);
  std::erase(name, '"');
  return name.substr(0, std::min(name.find_first_of("; \t"), kLongestName));
}

// Nothing: the charset is unknown here.
std::optional<std::string> decoded(std::string_view body, const std::string& charset) {
  const iconv_t converter = iconv_open("UTF-8", charset.c_str());
  if (converter == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  std::string out(body.size() * kTextGrowth + kReplacement.size(), '\0');
  std::string in(body);
  char* from = in.data();
  char* to = out.data();
  std::size_t from_left = in.size(), to_left = out.size();
  const auto enlarge = [&] {
    const std::size_t used = out.size() - to_left;
    out.resize(2 * out.size());
    to = out.data() + used;
    to_left = out.size() - used;
  };
  // The last call, with no input, gives what the converter has kept back: a letter that an accent might have followed.
  for (bool is_last = false;; is_last = from_left == 0) {
    const bool done = iconv(converter, is_last ? nullptr : &from, &from_left, &to, &to_left) != static_cast<std::size_t>(-1);
    if (done && is_last) break;
    if (done) continue;
    const bool is_full = errno == E2BIG;
    if (is_full || to_left < kReplacement.size()) enlarge();
    if (is_full) continue;
    if (from_left == 0) break;
    to = std::copy(kReplacement.begin(), kReplacement.end(), to);   // one byte that is no character
    to_left -= kReplacement.size();
    ++from;
    --from_left;
  }
  iconv_close(converter);
  out.resize(out.size() - to_left);
  return out;
}

std::string with_replacements(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    utf8proc_int32_t point = 0;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                         static_cast<utf8proc_ssize_t>(text.size()), &point);
    if (length > 0) out += text.substr(0, static_cast<std::size_t>(length));
    else out += kReplacement;
    text.remove_prefix(length > 0 ? static_cast<std::size_t>(length) : 1);
  }
  return out;
}

}  // namespace

std::string page_text(std::string_view body, std::string_view content_type) {
  const std::string charset = charset_of(content_type);
  if (!charset.empty() && charset != "utf-8" && charset != "utf8")
    if (const auto text = decoded(body, charset)) return with_replacements(*text);
  if (body.starts_with(kMark)) body.remove_prefix(kMark.size());
  return with_replacements(body);
}

}  // namespace roost::fetch
