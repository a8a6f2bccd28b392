// SPDX-License-Identifier: MIT
#include <cmath>

#include "tests/unit/runtime/builtin_bench.h"

namespace roost::runtime {
namespace {

class Vectors : public BuiltinBench {
 protected:
  Value numbers() { return v({n(5), n(6), n(7)}); }
};

TEST_F(Vectors, AppendAddsAtTheEnd) { EXPECT_EQ(shown(B::VectorAppend, {n(8), numbers()}), "[5,6,7,8]"); }
TEST_F(Vectors, PrependAddsAtTheFront) { EXPECT_EQ(shown(B::VectorPrepend, {n(4), numbers()}), "[4,5,6,7]"); }

TEST_F(Vectors, WhatSomebodyElseHoldsIsNotChanged) {
  const Value held = numbers();
  EXPECT_EQ(shown(B::VectorAppend, {n(8), held}), "[5,6,7,8]");
  EXPECT_EQ(shown(B::VectorConcatenate, {held, held}), "[5,6,7,5,6,7]");
  EXPECT_EQ(shown(B::VectorReverse, {held}), "[7,6,5]");
  EXPECT_EQ(show(held), "[5,6,7]");
}

TEST_F(Vectors, AVectorCanHoldItself) {
  const Value held = numbers();
  EXPECT_EQ(shown(B::VectorAppend, {held, held}), "[5,6,7,[5,6,7]]");
}

TEST_F(Vectors, GatheringByAppendingIsLinear) {
  Value gathered = v({});
  const std::uint64_t before = work_;
  for (int i = 0; i < 100'000; ++i) {
    Value arguments[] = {n(i), std::move(gathered)};
    gathered = first_order(B::VectorAppend)(context_, arguments);
  }
  EXPECT_EQ(gathered.as_vector()->size, 100'000u);
  EXPECT_LT(work_ - before, 10'000'000u);
}

TEST_F(Vectors, ConcatenatingEmptyVectorsGivesTheOther) {
  EXPECT_EQ(shown(B::VectorConcatenate, {v({}), numbers()}), "[5,6,7]");
  EXPECT_EQ(shown(B::VectorConcatenate, {numbers(), v({})}), "[5,6,7]");
}

TEST_F(Vectors, HalveRoundsDown) {
  EXPECT_EQ(shown(B::VectorHalve, {numbers()}), "Pair [5] (Pair [6,7] ())");
  EXPECT_EQ(shown(B::VectorHalve, {v({})}), "Pair [] (Pair [] ())");
}

TEST_F(Vectors, RangeFloorsBothEnds) {
  EXPECT_EQ(shown(B::VectorRange, {n(1.5), n(4.5)}), "[1,2,3]");
  EXPECT_EQ(shown(B::VectorRange, {n(-1.5), n(0)}), "[-2,-1]");
  EXPECT_EQ(shown(B::VectorRange, {n(3), n(3)}), "[]");
  EXPECT_EQ(shown(B::VectorRange, {n(4), n(1)}), "[]");
  EXPECT_EQ(shown(B::VectorRange, {n(std::nan("")), n(4)}), "[]");
}

TEST_F(Vectors, RangeRefusesWhatDoesNotFit) {
  EXPECT_EQ(failure(B::VectorRange, {n(0), n(1e15)}), "memory limit");
  EXPECT_EQ(failure(B::VectorRange, {n(0), n(HUGE_VAL)}), "memory limit");
  EXPECT_EQ(failure(B::VectorRange, {n(-HUGE_VAL), n(0)}), "memory limit");
  EXPECT_EQ(failure(B::VectorRange, {n(0), n(kMemory)}), "memory limit");
}

TEST_F(Vectors, AtIsZeroBased) {
  EXPECT_EQ(shown(B::VectorAt, {n(2.7), numbers()}), "Optional.Some 7");
  EXPECT_EQ(shown(B::VectorAt, {n(0), numbers()}), "Optional.Some 5");
  EXPECT_EQ(shown(B::VectorAt, {n(3), numbers()}), "Optional.None");
  EXPECT_EQ(shown(B::VectorAt, {n(-0.5), numbers()}), "Optional.None");
  EXPECT_EQ(shown(B::VectorAt, {n(std::nan("")), numbers()}), "Optional.None");
  EXPECT_EQ(shown(B::VectorAt, {n(HUGE_VAL), numbers()}), "Optional.None");
}

TEST_F(Vectors, TakeAndDropClamp) {
  EXPECT_EQ(shown(B::VectorTake, {n(2.9), numbers()}), "[5,6]");
  EXPECT_EQ(shown(B::VectorTake, {n(-3), numbers()}), "[]");
  EXPECT_EQ(shown(B::VectorTake, {n(HUGE_VAL), numbers()}), "[5,6,7]");
  EXPECT_EQ(shown(B::VectorDrop, {n(2), numbers()}), "[7]");
  EXPECT_EQ(shown(B::VectorDrop, {n(-2), numbers()}), "[5,6,7]");
  EXPECT_EQ(shown(B::VectorDrop, {n(99), numbers()}), "[]");
}

TEST_F(Vectors, ZipStopsAtTheShorter) {
  EXPECT_EQ(shown(B::VectorZip, {numbers(), v({t("a")})}), "[Pair 5 (Pair \"a\" ())]");
  EXPECT_EQ(shown(B::VectorZip, {v({}), numbers()}), "[]");
}

TEST_F(Vectors, SizesAndEmptiness) {
  EXPECT_EQ(shown(B::VectorSize, {numbers()}), "3");
  EXPECT_EQ(shown(B::VectorIsEmpty, {numbers()}), "False");
  EXPECT_EQ(shown(B::VectorIsEmpty, {v({})}), "True");
  EXPECT_EQ(shown(B::VectorSingle, {n(1)}), "[1]");
}

TEST_F(Vectors, AWrongArgumentIsNamed) {
  EXPECT_EQ(shown(B::VectorSize, {n(3)}), "✗ Vector.size needs a vector, not 3");
  EXPECT_EQ(shown(B::VectorForce, {Value::blank()}), "✗ Vector.force needs a vector, not _");
}

TEST_F(Vectors, ComparisonFoldChooses) {
  const auto chosen = [&](B comparison) { return shown(B::ComparisonFold, {n(1), n(2), n(3), b(comparison)}); };
  EXPECT_EQ(chosen(B::Less), "1");
  EXPECT_EQ(chosen(B::Equal), "2");
  EXPECT_EQ(chosen(B::Greater), "3");
  EXPECT_EQ(chosen(B::True), "✗ Comparison.fold needs a Comparison, not True");
}

}  // namespace
}  // namespace roost::runtime
