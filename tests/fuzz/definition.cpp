// SPDX-License-Identifier: MIT

// Any bytes as a definition of the code store: what can be read is written, hashed, listed, printed, checked and run, and keeps its hash.
//
// Input: byte 0 says how many values the function captured.

#include <cstdint>

#include "tests/fuzz/fuzzed_node.h"
#include "worker/lang/definition_codec.h"
#include "worker/lang/print.h"
#include "worker/wire/check.h"

namespace {

using namespace roost;

constexpr std::size_t kPrintedBytes = 10'000;

void check_definition(BytesView bytes, unsigned captures) {
  lang::Arena arena;
  const auto definition = lang::decode_definition(arena, bytes, lang::kDefinitionMemoryMax);
  if (!definition.ok()) {
    CHECK(!definition.error().what.empty());
    return;
  }
  const lang::Term& term = *definition.value();
  const lang::Hash hash = lang::hash_term(term);
  CHECK(lang::check_definition(hash, bytes).empty());
  const Bytes again = lang::encode_definition(term);
  CHECK(lang::check_definition(hash, again).empty());
  (void)lang::references_of(term);
  (void)lang::print_term(term, kPrintedBytes);
  fuzz::run_definition(hash, bytes, captures);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  fuzz::load_library();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  check_definition({reinterpret_cast<const char*>(data) + 1, size - 1}, data[0] % 4);
  return 0;
}
