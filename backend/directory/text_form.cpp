// SPDX-License-Identifier: MIT
#include "backend/directory/text_form.h"

#include <stdexcept>

namespace roost::directory {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

void append_hex(std::string& out, BytesView bytes) {
  std::size_t at = out.size();
  out.resize(at + 2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out[at++] = kDigits[byte >> 4];
    out[at++] = kDigits[byte & 15];
  }
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  throw std::runtime_error("the database sent a bytea that is not hexadecimal (bytea_output must be hex)");
}

}  // namespace

std::string bytea_text(BytesView bytes) {
  std::string text = "\\x";
  append_hex(text, bytes);
  return text;
}

Bytes bytea_from(std::string_view text) {
  if (!text.starts_with("\\x") || text.size() % 2 != 0)
    throw std::runtime_error("the database sent a bytea that is not hexadecimal (bytea_output must be hex)");
  Bytes bytes;
  bytes.reserve(text.size() / 2 - 1);
  for (std::size_t i = 2; i < text.size(); i += 2)
    bytes += static_cast<char>(digit_value(text[i]) << 4 | digit_value(text[i + 1]));
  return bytes;
}

void ArrayText::separate() {
  if (!elements_.empty()) elements_ += ',';
}

void ArrayText::add_bytea(BytesView bytes) {
  separate();
  elements_ += "\"\\\\x";
  append_hex(elements_, bytes);
  elements_ += '"';
}

}  // namespace roost::directory
