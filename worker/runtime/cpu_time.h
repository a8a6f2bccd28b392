// SPDX-License-Identifier: MIT
#pragma once

// CPU time, for what cannot be estimated. Asking costs about 200 ns. Thread: any.

#include <time.h>

#include <cstdint>

namespace roost::runtime {

// Of the calling thread, in nanoseconds.
[[nodiscard]] inline std::uint64_t thread_cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace roost::runtime
