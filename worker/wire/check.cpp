// SPDX-License-Identifier: MIT
#include "worker/wire/check.h"

#include <cstdio>
#include <cstdlib>

namespace roost {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "roost: CHECK failed: %s at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace roost
