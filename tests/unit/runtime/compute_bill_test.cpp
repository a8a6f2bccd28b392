// SPDX-License-Identifier: MIT
#include "worker/runtime/compute_bill.h"

#include <gtest/gtest.h>

#include "worker/runtime/cpu_time.h"

namespace roost::runtime {
namespace {

constexpr std::uint64_t kMs = 1'000'000;

void compute(std::uint64_t ns) {
  const std::uint64_t until = thread_cpu_ns() + ns;
  while (thread_cpu_ns() < until) {}
}

struct ComputeBillTest : ::testing::Test {
  void take_turn(const std::shared_ptr<Allowance>& whose, std::uint64_t ns) {
    bill.turn_to(whose);
    compute(ns);
  }
  ComputeBill bill;
  std::shared_ptr<Allowance> one = std::make_shared<Allowance>(), other = std::make_shared<Allowance>();
};

TEST_F(ComputeBillTest, EachPaysForItsOwnTurns) {
  bill.mark();
  take_turn(one, 8 * kMs);
  take_turn(other, 2 * kMs);
  take_turn(one, 8 * kMs);
  bill.turn_to(nullptr);
  EXPECT_GE(one->spent_ns, 16 * kMs);
  EXPECT_LT(one->spent_ns, 18 * kMs);
  EXPECT_GE(other->spent_ns, 2 * kMs);
  EXPECT_LT(other->spent_ns, 4 * kMs);
}

TEST_F(ComputeBillTest, ShortTurnsAddUp) {
  bill.mark();
  for (int i = 0; i < 300; ++i) {
    take_turn(one, 20'000);
    take_turn(other, 0);
  }
  bill.turn_to(nullptr);
  EXPECT_GE(one->spent_ns, 6 * kMs);
  EXPECT_LT(other->spent_ns, one->spent_ns / 2);
}

TEST_F(ComputeBillTest, WhatIsNobodysIsNotBilled) {
  bill.mark();
  take_turn(one, 2 * kMs);
  take_turn(nullptr, 20 * kMs);
  bill.mark();
  take_turn(one, 2 * kMs);
  bill.turn_to(nullptr);
  EXPECT_LT(one->spent_ns, 20 * kMs);
}

TEST_F(ComputeBillTest, WaitingCostsNothing) {
  bill.mark();
  bill.turn_to(one);
  const timespec rest{0, 30 * 1'000'000};
  nanosleep(&rest, nullptr);
  bill.turn_to(nullptr);
  EXPECT_LT(one->spent_ns, 10 * kMs);
}

}  // namespace
}  // namespace roost::runtime
