// SPDX-License-Identifier: MIT
#include "worker/wire/cut_text.h"

#include "worker/wire/check.h"

namespace roost::wire {

std::size_t whole_characters(std::string_view text) {
  std::size_t start = text.size();
  while (start > 0 && (text[start - 1] & 0xc0) == 0x80) --start;
  if (start == 0) return text.size();
  const auto lead = static_cast<unsigned char>(text[start - 1]);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return start - 1 + length <= text.size() ? text.size() : start - 1;
}

std::string cut_text(std::string_view text, std::size_t bytes_max) {
  constexpr std::string_view kMore = "…";
  if (text.size() <= bytes_max) return std::string(text);
  CHECK(bytes_max >= kMore.size());
  const std::string_view beginning = text.substr(0, bytes_max - kMore.size());
  return std::string(beginning.substr(0, whole_characters(beginning))).append(kMore);
}

}  // namespace roost::wire
