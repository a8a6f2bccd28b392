// SPDX-License-Identifier: MIT
#pragma once

// CHECK: a condition that only a bug can break. It is on in release builds; when it fails, the process says where
// and ends (abort), and the process above starts it again. Input from outside never meets a CHECK: it gets a refusal.

namespace roost {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace roost

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) [[unlikely]]                                    \
      ::roost::check_failed(#condition, __FILE__, __LINE__);          \
  } while (false)
