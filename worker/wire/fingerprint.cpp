// SPDX-License-Identifier: MIT
#include "worker/wire/fingerprint.h"

#include <sodium.h>

#include "worker/wire/check.h"

namespace roost {
namespace {

constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kRawBytes = kKeyBytes + 2 + 1;   // 280 bits: 56 characters of five, none left over
constexpr std::string_view kContext = "roost node";

FixedBytes<2> checksum_of(const PublicKey& key, std::uint8_t version) {
  FixedBytes<32> digest;
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, digest.size());
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(kContext.data()), kContext.size());
  crypto_generichash_update(&state, key.bytes.data(), key.bytes.size());
  crypto_generichash_update(&state, &version, 1);
  crypto_generichash_final(&state, digest.data(), digest.size());
  return {digest[0], digest[1]};
}

// The value of a character of the alphabet, or -1.
int digit_of(char character) {
  if (character >= 'a' && character <= 'z') return character - 'a';
  if (character >= '2' && character <= '7') return character - '2' + 26;
  return -1;
}

}  // namespace

const char* describe(FingerprintError error) {
  switch (error) {
    case FingerprintError::Length: return "a fingerprint has 56 characters";
    case FingerprintError::Alphabet: return "a fingerprint has only the characters a to z and 2 to 7";
    case FingerprintError::Checksum: return "the fingerprint's checksum does not fit: it was mistyped or cut";
    case FingerprintError::Version: return "the fingerprint's version is not 1, the only one that is known here";
  }
  CHECK(false);
}

std::string fingerprint_of(const PublicKey& key) {
  FixedBytes<kRawBytes> raw;
  std::memcpy(raw.data(), key.bytes.data(), kKeyBytes);
  const auto checksum = checksum_of(key, kVersion);
  raw[kKeyBytes] = checksum[0];
  raw[kKeyBytes + 1] = checksum[1];
  raw[kKeyBytes + 2] = kVersion;

  std::string text;
  text.reserve(kFingerprintLength);
  unsigned bits = 0, waiting = 0;
  for (const std::uint8_t byte : raw) {
    bits = (bits << 8 | byte) & 0xffff;
    for (waiting += 8; waiting >= 5; waiting -= 5) text.push_back(kAlphabet[bits >> (waiting - 5) & 31]);
  }
  return text;
}

Result<PublicKey, FingerprintError> parse_fingerprint(std::string_view text) {
  if (text.size() != kFingerprintLength) return Refused{FingerprintError::Length};
  FixedBytes<kRawBytes> raw;
  unsigned bits = 0, waiting = 0;
  std::size_t filled = 0;
  for (const char character : text) {
    const int digit = digit_of(character);
    if (digit < 0) return Refused{FingerprintError::Alphabet};
    bits = (bits << 5 | static_cast<unsigned>(digit)) & 0xffff;
    waiting += 5;
    if (waiting < 8) continue;
    waiting -= 8;
    raw[filled++] = static_cast<std::uint8_t>(bits >> waiting);
  }
  const PublicKey key = public_key_from({reinterpret_cast<const char*>(raw.data()), kKeyBytes});
  const std::uint8_t version = raw[kKeyBytes + 2];
  // The checksum covers the version, so a mistyped version is a checksum error and a real other version is told apart.
  if (checksum_of(key, version) != FixedBytes<2>{raw[kKeyBytes], raw[kKeyBytes + 1]}) {
    return Refused{FingerprintError::Checksum};
  }
  if (version != kVersion) return Refused{FingerprintError::Version};
  return key;
}

PublicKey public_key_from(BytesView bytes) {
  CHECK(bytes.size() == kKeyBytes);
  PublicKey key;
  std::memcpy(key.bytes.data(), bytes.data(), kKeyBytes);
  return key;
}

}  // namespace roost
