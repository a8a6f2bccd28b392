// SPDX-License-Identifier: MIT
#include <cmath>

#include "tests/unit/runtime/builtin_bench.h"

namespace roost::runtime {
namespace {

class Numbers : public BuiltinBench {
 protected:
  static constexpr double kInfinity = HUGE_VAL;
  static constexpr double kNan = __builtin_nan("");
};

TEST_F(Numbers, ArithmeticIsThatOfDoubles) {
  EXPECT_EQ(shown(B::NumberAdd, {n(0.1), n(0.2)}), "0.30000000000000004");
  EXPECT_EQ(shown(B::NumberSubtract, {n(3), n(5)}), "-2");
  EXPECT_EQ(shown(B::NumberMultiply, {n(1e200), n(1e200)}), "Infinity");
  EXPECT_EQ(shown(B::NumberDivide, {n(1), n(0)}), "Infinity");
  EXPECT_EQ(shown(B::NumberDivide, {n(-1), n(0)}), "-Infinity");
  EXPECT_EQ(shown(B::NumberDivide, {n(0), n(0)}), "NaN");
}

TEST_F(Numbers, NanIsInNoRelation) {
  for (const B relation : {B::NumberLess, B::NumberLessEqual, B::NumberGreater, B::NumberGreaterEqual, B::NumberEqual}) {
    EXPECT_EQ(shown(relation, {n(kNan), n(1)}), "False");
    EXPECT_EQ(shown(relation, {n(kNan), n(kNan)}), "False");
  }
}

TEST_F(Numbers, RelationsTellNeighboursApart) {
  EXPECT_EQ(shown(B::NumberLess, {n(1), n(2)}), "True");
  EXPECT_EQ(shown(B::NumberLess, {n(2), n(2)}), "False");
  EXPECT_EQ(shown(B::NumberLessEqual, {n(2), n(2)}), "True");
  EXPECT_EQ(shown(B::NumberLessEqual, {n(3), n(2)}), "False");
  EXPECT_EQ(shown(B::NumberGreater, {n(2), n(2)}), "False");
  EXPECT_EQ(shown(B::NumberGreaterEqual, {n(2), n(2)}), "True");
  EXPECT_EQ(shown(B::NumberEqual, {n(0), n(-0.0)}), "True");
}

TEST_F(Numbers, FloorGoesDown) {
  EXPECT_EQ(shown(B::NumberFloor, {n(2.7)}), "2");
  EXPECT_EQ(shown(B::NumberFloor, {n(-2.1)}), "-3");
  EXPECT_EQ(shown(B::NumberFloor, {n(kInfinity)}), "Infinity");
  EXPECT_EQ(shown(B::NumberFloor, {n(kNan)}), "NaN");
}

TEST_F(Numbers, ModHasTheSignOfTheDivisor) {
  EXPECT_EQ(shown(B::NumberMod, {n(7), n(5)}), "2");
  EXPECT_EQ(shown(B::NumberMod, {n(-1), n(5)}), "4");
  EXPECT_EQ(shown(B::NumberMod, {n(7), n(-5)}), "-3");
  EXPECT_EQ(shown(B::NumberMod, {n(5.5), n(2)}), "1.5");
  EXPECT_EQ(shown(B::NumberMod, {n(-10), n(5)}), "0");
  EXPECT_EQ(shown(B::NumberMod, {n(1), n(0)}), "NaN");
  EXPECT_EQ(shown(B::NumberMod, {n(kInfinity), n(2)}), "NaN");
}

TEST_F(Numbers, ToTextWritesWhatRenderingShows) {
  EXPECT_EQ(shown(B::NumberToText, {n(0.01)}), "\"1.0e-2\"");
  EXPECT_EQ(shown(B::NumberToText, {n(-17)}), "\"-17\"");
}

TEST_F(Numbers, AWrongArgumentIsNamed) {
  EXPECT_EQ(shown(B::NumberAdd, {n(1), t("x")}), "✗ Number.+ needs a number, not \"x\"");
  EXPECT_EQ(shown(B::NumberLess, {Value::blank(), n(1)}), "✗ Number.< needs a number, not _");
  EXPECT_EQ(shown(B::DurationSeconds, {b(B::True)}), "✗ Duration.seconds needs a number, not True");
}

TEST_F(Numbers, BooleansFollowTheirTables) {
  EXPECT_EQ(shown(B::BooleanAnd, {b(B::True), b(B::True)}), "True");
  EXPECT_EQ(shown(B::BooleanAnd, {b(B::True), b(B::False)}), "False");
  EXPECT_EQ(shown(B::BooleanOr, {b(B::False), b(B::True)}), "True");
  EXPECT_EQ(shown(B::BooleanOr, {b(B::False), b(B::False)}), "False");
  EXPECT_EQ(shown(B::BooleanNot, {b(B::True)}), "False");
  EXPECT_EQ(shown(B::BooleanOr, {b(B::True), Value::blank()}), "✗ Boolean.or needs a Boolean, not _");
}

}  // namespace
}  // namespace roost::runtime
