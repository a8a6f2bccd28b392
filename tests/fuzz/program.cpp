// SPDX-License-Identifier: MIT

// Any text as a program: parsed, resolved, evaluated, run, rendered.

#include <cstdint>

#include "tests/fuzz/fuzzed_node.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  roost::fuzz::load_library();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  roost::fuzz::run_program({reinterpret_cast<const char*>(data), size});
  return 0;
}
