// SPDX-License-Identifier: MIT
#include "worker/runtime/uri.h"

namespace roost::runtime {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// unreserved, sub-delims, and what `more` names; or a percent and two digits.
bool consists_of(std::string_view text, std::string_view more) {
  constexpr std::string_view kAlways = "-._~!$&'()*+,;=";
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '%') {
      if (text.size() - at < 3 || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return false;
      at += 2;
    } else if (!is_letter(c) && !is_digit(c) && kAlways.find(c) == std::string_view::npos && more.find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

bool is_port(std::string_view text) {
  for (const char c : text)
    if (!is_digit(c)) return false;
  return true;
}

// [ userinfo "@" ] host [ ":" port ]
bool is_authority(std::string_view text) {
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    if (!consists_of(text.substr(0, at), ":")) return false;
    text.remove_prefix(at + 1);
  }
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || end == 1 || !consists_of(text.substr(1, end - 1), ":")) return false;
    text.remove_prefix(end + 1);
    return text.empty() || (text[0] == ':' && is_port(text.substr(1)));
  }
  const std::size_t colon = text.find(':');
  return consists_of(text.substr(0, colon), "") && (colon == std::string_view::npos || is_port(text.substr(colon + 1)));
}

struct Parts {
  std::string_view scheme;   // with its colon
  std::optional<std::string_view> authority;
};

std::optional<Parts> parts_of(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && (is_letter(text[end]) || (end > 0 && (is_digit(text[end]) || text[end] == '+' || text[end] == '-' || text[end] == '.')))) ++end;
  if (end == 0 || end == text.size() || text[end] != ':') return std::nullopt;
  Parts parts{text.substr(0, end + 1), std::nullopt};
  std::string_view rest = text.substr(end + 1);
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    parts.authority = rest.substr(0, rest.find_first_of("/?#"));
    if (!is_authority(*parts.authority)) return std::nullopt;
    rest.remove_prefix(parts.authority->size());
  }
  const std::size_t hash = rest.find('#');
  const std::string_view before = rest.substr(0, hash);
  const std::size_t question = before.find('?');
  const bool good = consists_of(before.substr(0, question), ":@/") &&
                    (question == std::string_view::npos || consists_of(before.substr(question + 1), ":@/?")) &&
                    (hash == std::string_view::npos || consists_of(rest.substr(hash + 1), ":@/?"));
  return good ? std::optional(parts) : std::nullopt;
}

}  // namespace

std::optional<std::string_view> uri_scheme(std::string_view text) {
  const auto parts = parts_of(text);
  return parts ? std::optional(parts->scheme) : std::nullopt;
}

std::optional<std::string_view> uri_authority(std::string_view text) {
  const auto parts = parts_of(text);
  return parts ? parts->authority : std::nullopt;
}

}  // namespace roost::runtime
