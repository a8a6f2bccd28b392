// SPDX-License-Identifier: MIT
#pragma once

// What the lexer asks of a character. ASCII by a table, the rest by Unicode's general categories.

#include <array>
#include <cstdint>
#include <string_view>

namespace roost::lang {

// What a character is, as bits. A character without kSpace, kReserved and kOperator is plain.
inline constexpr std::uint8_t kSpace = 1;
inline constexpr std::uint8_t kReserved = 2;    // " . , ` [ ] { } : ; ( )
inline constexpr std::uint8_t kOperator = 4;    // symbols and punctuation, but not reserved and not _
inline constexpr std::uint8_t kDigit = 8;       // 0 to 9
inline constexpr std::uint8_t kLetterOrDigit = 16;
inline constexpr std::uint8_t kLower = 32;
inline constexpr std::uint8_t kUpper = 64;

constexpr std::array<std::uint8_t, 128> make_ascii_traits() {
  std::array<std::uint8_t, 128> traits{};
  for (unsigned c = '!'; c <= '~'; ++c) traits[c] = kOperator;
  for (unsigned c = '0'; c <= '9'; ++c) traits[c] = kDigit | kLetterOrDigit;
  for (unsigned c = 'a'; c <= 'z'; ++c) traits[c] = kLetterOrDigit | kLower;
  for (unsigned c = 'A'; c <= 'Z'; ++c) traits[c] = kLetterOrDigit | kUpper;
  for (const char c : std::string_view("\".,`[]{}:;()")) traits[static_cast<unsigned char>(c)] = kReserved;
  for (const char c : std::string_view(" \t\n\r\f\v")) traits[static_cast<unsigned char>(c)] = kSpace;
  traits['_'] = 0;
  return traits;
}
inline constexpr std::array<std::uint8_t, 128> kAsciiTraits = make_ascii_traits();

struct Character {
  std::uint8_t traits = 0;
  std::uint8_t bytes = 1;
};

[[nodiscard]] Character character_beyond_ascii(std::string_view text, std::size_t at);

// Requires: text is valid UTF-8 and a character begins at `at`.
[[nodiscard]] inline Character character_at(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 128) return {kAsciiTraits[byte], 1};
  return character_beyond_ascii(text, at);
}

// Where the first byte is that does not continue valid UTF-8 (no overlong forms, no surrogates), or npos.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text);

}  // namespace roost::lang
