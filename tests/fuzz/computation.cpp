// SPDX-License-Identifier: MIT

// Any bytes as a computation that hopped here from another node: decoded, and run if it decodes. The bytes that nodes
// write themselves are covered by the program fuzzer, whose sends come back as such computations.

#include <cstdint>

#include "tests/fuzz/fuzzed_node.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  roost::fuzz::load_library();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  roost::fuzz::run_computation({reinterpret_cast<const char*>(data), size});
  return 0;
}
