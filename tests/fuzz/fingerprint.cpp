// SPDX-License-Identifier: MIT

// Any text as a fingerprint: it is refused with a sentence, or it is the one way to write its key.

#include <cstdint>

#include "worker/wire/check.h"
#include "worker/wire/fingerprint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace roost;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_fingerprint(text);
  if (!parsed) {
    CHECK(describe(parsed.error())[0] != '\0');
  } else {
    CHECK(fingerprint_of(parsed.value()) == text);
  }
  if (size >= 32) {   // and every key has a fingerprint that reads back
    const PublicKey key = public_key_from(text.substr(0, 32));
    const auto back = parse_fingerprint(fingerprint_of(key));
    CHECK(back.ok() && back.value() == key);
  }
  return 0;
}
