// SPDX-License-Identifier: MIT
#include "worker/wire/fingerprint.h"

#include <gtest/gtest.h>

namespace roost {
namespace {

PublicKey counting_key() {
  PublicKey key;
  for (std::size_t i = 0; i < key.bytes.size(); ++i) key.bytes[i] = static_cast<std::uint8_t>(i * 8);
  return key;
}

TEST(Fingerprint, NamesTheKeyItWasMadeFrom) {
  const std::string text = fingerprint_of(counting_key());
  EXPECT_EQ(text.size(), kFingerprintLength);
  const auto parsed = parse_fingerprint(text);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.value(), counting_key());
}

// Computed with another implementation (Python: hashlib.blake2b, base64.b32encode).
TEST(Fingerprint, IsTheDocumentedForm) {
  EXPECT_EQ(fingerprint_of(PublicKey{}), "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaf4kyb");
  EXPECT_EQ(fingerprint_of(counting_key()), "aaebagbafaydqqcikbmga2dqpcaireeyuculbogazdinryhi6d4h5xab");
}

TEST(Fingerprint, EveryMistypedCharacterIsRefused) {
  const std::string text = fingerprint_of(counting_key());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string mistyped = text;
    mistyped[i] = mistyped[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(parse_fingerprint(mistyped).ok()) << i;
  }
}

TEST(Fingerprint, SaysWhatIsWrong) {
  const std::string text = fingerprint_of(counting_key());
  EXPECT_EQ(parse_fingerprint(text.substr(1)).error(), FingerprintError::Length);
  EXPECT_EQ(parse_fingerprint("A" + text.substr(1)).error(), FingerprintError::Alphabet);
  EXPECT_EQ(parse_fingerprint("1" + text.substr(1)).error(), FingerprintError::Alphabet);
  EXPECT_EQ(parse_fingerprint((text[0] == 'a' ? "b" : "a") + text.substr(1)).error(), FingerprintError::Checksum);
}

// The zero key with version 2 and the checksum that belongs to it: a real fingerprint of a later version.
TEST(Fingerprint, OfALaterVersionIsToldApartFromATypingMistake) {
  EXPECT_EQ(parse_fingerprint("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaafqfac").error(), FingerprintError::Version);
}

}  // namespace
}  // namespace roost
