// SPDX-License-Identifier: MIT
#include "worker/wire/cbor.h"

#include <cstring>

namespace roost::cbor {
namespace {

constexpr const char* kMajorNames[] = {"unsigned integer", "negative integer", "byte string", "text",
                                       "array",            "map",              "tag",         "simple value"};

// Bytes that follow a lead byte, and the smallest code point of that length. 0: not a lead byte.
struct Utf8Lead {
  unsigned following;
  std::uint32_t smallest;
};

Utf8Lead utf8_lead(unsigned char lead) {
  if (lead >= 0xc2 && lead <= 0xdf) return {1, 0x80};
  if (lead >= 0xe0 && lead <= 0xef) return {2, 0x800};
  if (lead >= 0xf0 && lead <= 0xf4) return {3, 0x10000};
  return {0, 0};
}

// The position after the character at `at`, or 0 if it is not one.
std::size_t utf8_next(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return at + 1;
  const auto [following, smallest] = utf8_lead(lead);
  if (following == 0 || text.size() - at <= following) return 0;
  std::uint32_t code = lead & (0x3fu >> following);
  for (unsigned i = 1; i <= following; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + i]);
    if ((byte & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte & 0x3fu);
  }
  if (code < smallest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return 0;
  return at + following + 1;
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t word;
    if (text.size() - at >= sizeof word) {   // eight ASCII characters at a time: most text is
      std::memcpy(&word, text.data() + at, sizeof word);
      if ((word & 0x8080808080808080u) == 0) {
        at += sizeof word;
        continue;
      }
    }
    at = utf8_next(text, at);
    if (at == 0) return false;
  }
  return true;
}

void Writer::head(unsigned major, std::uint64_t argument) {
  const auto initial = [major](unsigned additional) { return static_cast<char>(major << 5 | additional); };
  if (argument < 24) {
    out_.push_back(initial(static_cast<unsigned>(argument)));
    return;
  }
  const unsigned size_log2 = argument <= 0xff ? 0 : argument <= 0xffff ? 1 : argument <= 0xffffffff ? 2 : 3;
  char buffer[9] = {initial(24 + size_log2)};
  const unsigned size = 1u << size_log2;
  for (unsigned i = 0; i < size; ++i) buffer[1 + i] = static_cast<char>(argument >> (8 * (size - 1 - i)));
  out_.append(buffer, 1 + size);
}

void Reader::refuse(std::string reason) {
  if (failed_) return;
  failed_ = true;
  reason_ = std::move(reason);
}

std::string Reader::error() const {
  return reason_ + " (at byte " + std::to_string(position_) + " of " + std::to_string(input_.size()) + ")";
}

std::uint64_t Reader::head(unsigned major) {
  if (failed_) return 0;
  if (at_end()) {
    refuse(std::string("it ends where a ") + kMajorNames[major] + " is due");
    return 0;
  }
  const auto initial = static_cast<unsigned char>(input_[position_]);
  if (initial >> 5 != major) {
    refuse(std::string("a ") + kMajorNames[initial >> 5] + " where a " + kMajorNames[major] + " is due");
    return 0;
  }
  const unsigned additional = initial & 0x1f;
  if (additional >= 24) return wide_argument(additional);
  ++position_;
  return additional;
}

std::uint64_t Reader::wide_argument(unsigned additional) {
  if (additional > 27) {
    refuse(additional == 31 ? "a length that is not definite" : "a reserved initial byte");
    return 0;
  }
  const std::size_t size = std::size_t{1} << (additional - 24);
  if (left() <= size) {
    refuse("it ends within a number");
    return 0;
  }
  std::uint64_t value = 0;
  for (std::size_t i = 1; i <= size; ++i) value = value << 8 | static_cast<unsigned char>(input_[position_ + i]);
  const bool shortest = size == 1 ? value >= 24 : value >> (4 * size) != 0;
  if (!shortest) {
    refuse("a number that is not in its shortest form");
    return 0;
  }
  position_ += 1 + size;
  return value;
}

BytesView Reader::take(std::uint64_t length) {
  if (failed_) return {};
  if (length > left()) {
    refuse("a string of " + std::to_string(length) + " bytes where " + std::to_string(left()) + " are left");
    return {};
  }
  const BytesView taken = input_.substr(position_, length);
  position_ += length;
  return taken;
}

std::uint64_t Reader::unsigned_integer() { return head(0); }

BytesView Reader::bytes() { return take(head(2)); }

std::string_view Reader::text() {
  const std::string_view taken = take(head(3));
  if (is_utf8(taken)) return taken;
  refuse("text that is not UTF-8");
  return {};
}

std::uint64_t Reader::array() {
  const std::uint64_t elements = head(4);
  if (elements <= left()) return elements;   // every element takes a byte at least
  refuse("an array of " + std::to_string(elements) + " elements where " + std::to_string(left()) + " bytes are left");
  return 0;
}

bool Reader::boolean() {
  if (failed_) return false;
  const unsigned char initial = at_end() ? 0 : static_cast<unsigned char>(input_[position_]);
  if (initial != 0xf4 && initial != 0xf5) {
    refuse("something else where true or false is due");
    return false;
  }
  ++position_;
  return initial == 0xf5;
}

Kind Reader::peek() const {
  if (failed_ || at_end()) return Kind::Other;
  const auto initial = static_cast<unsigned char>(input_[position_]);
  switch (initial >> 5) {
    case 0: return Kind::Unsigned;
    case 2: return Kind::Bytes;
    case 3: return Kind::Text;
    case 4: return Kind::Array;
    default: return initial == 0xf4 || initial == 0xf5 ? Kind::Boolean : Kind::Other;
  }
}

}  // namespace roost::cbor
