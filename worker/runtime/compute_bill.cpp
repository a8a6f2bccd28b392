// SPDX-License-Identifier: MIT
#include "worker/runtime/compute_bill.h"

#include <algorithm>
#include <chrono>

#include "worker/runtime/cpu_time.h"

namespace roost::runtime {
namespace {

constexpr std::uint64_t kLongNs = 100'000;

std::uint64_t wall_ns() {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

}  // namespace

void ComputeBill::bill() {
  const std::uint64_t wall = wall_ns();
  std::uint64_t passed = wall - std::exchange(wall_ns_, wall);
  if (!debtor_) return;
  if (passed < kLongNs) {
    short_ns_ += passed;
  } else {
    const std::uint64_t cpu = thread_cpu_ns();
    const std::uint64_t since = cpu - std::exchange(cpu_ns_, cpu);
    passed = std::min(passed, since - std::min(since, std::exchange(short_ns_, 0)));
  }
  debtor_->spent_ns += passed;
}

void ComputeBill::mark() {
  cpu_ns_ = thread_cpu_ns();
  short_ns_ = 0;
}

}  // namespace roost::runtime
