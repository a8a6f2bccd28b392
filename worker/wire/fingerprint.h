// SPDX-License-Identifier: MIT
#pragma once

// A node is named by its Ed25519 public key. In URLs and on terminals that key is written as a *fingerprint*:
// 56 characters of lower-case RFC 4648 base32 without padding, over
//     public key (32 bytes) | checksum (2 bytes) | version (1 byte, now 1)
// where the checksum is the first two bytes of BLAKE2b-256 over "roost node" | public key | version. (The form is that
// of Tor's v3 onion addresses.) A mistyped fingerprint is refused before any look-up: it passes with chance 1/65536.
// Thread: pure functions, callable from any.

#include <compare>
#include <cstring>
#include <functional>
#include <string>

#include "worker/wire/bytes.h"
#include "worker/wire/result.h"

namespace roost {

inline constexpr std::size_t kFingerprintLength = 56;

// The raw public key: the node's name everywhere inside (frames, tables, the status map).
struct PublicKey {
  FixedBytes<32> bytes{};
  auto operator<=>(const PublicKey&) const = default;
  [[nodiscard]] BytesView view() const { return view_of(bytes); }
};

// Keys are uniformly distributed, so any eight bytes of one are a hash of it. (An attacker can choose them, at the
// price of key generation; nodes_max bounds what that buys.)
struct PublicKeyHash {
  std::size_t operator()(const PublicKey& key) const {
    std::size_t word;
    std::memcpy(&word, key.bytes.data() + 8, sizeof word);
    return word;
  }
};

enum class FingerprintError { Length, Alphabet, Checksum, Version };

// What is wrong, as a sentence for the person who typed it.
[[nodiscard]] const char* describe(FingerprintError error);

[[nodiscard]] std::string fingerprint_of(const PublicKey& key);
[[nodiscard]] Result<PublicKey, FingerprintError> parse_fingerprint(std::string_view text);

// Requires: bytes.size() == 32.
[[nodiscard]] PublicKey public_key_from(BytesView bytes);

}  // namespace roost
