// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "tests/unit/runtime/builtin_bench.h"

namespace roost::runtime {
namespace {

class Orders : public BuiltinBench {
 protected:
  Value invert(Value order) { return data(B::OrderInvert, {std::move(order)}); }
  Value both(Value first, Value second) { return data(B::PairOrder, {std::move(first), std::move(second)}); }
  Value key(const Value& order, const Value& value) { return call(B::OrderKey, {order, value}); }
  std::string compared(const Value& order, const Value& left, const Value& right) {
    return shown(B::OrderKeyCompare, {key(order, left), key(order, right)});
  }
  Value hash(std::string_view base64) { return data(B::HashConstructor, {t(base64)}); }
};

TEST_F(Orders, AtomsCompareAscending) {
  EXPECT_EQ(compared(b(B::NumberOrder), n(4), n(9)), "Less");
  EXPECT_EQ(compared(b(B::NumberOrder), n(10), n(9)), "Greater");
  EXPECT_EQ(compared(b(B::NumberOrder), n(0), n(-0.0)), "Equal");
  EXPECT_EQ(compared(b(B::TextOrder), t("a"), t("ab")), "Less");
  EXPECT_EQ(compared(b(B::UnitOrder), b(B::Unit), b(B::Unit)), "Equal");
}

TEST_F(Orders, EveryAtomIsReallyInverted) {
  EXPECT_EQ(compared(invert(b(B::NumberOrder)), n(4), n(9)), "Greater");
  EXPECT_EQ(compared(invert(b(B::TextOrder)), t("a"), t("ab")), "Greater");
  EXPECT_EQ(compared(invert(b(B::TextOrder)), t("ba"), t("ab")), "Less");
  EXPECT_EQ(compared(invert(b(B::HashOrder)), hash("AAA="), hash("AAB=")), "Greater");
  EXPECT_EQ(compared(invert(invert(b(B::NumberOrder))), n(4), n(9)), "Less");
}

TEST_F(Orders, InvertingAPairInvertsBothParts) {
  const Value order = invert(both(b(B::NumberOrder), invert(b(B::NumberOrder))));
  EXPECT_EQ(compared(order, make_pair(n(1), n(1)), make_pair(n(2), n(1))), "Greater");
  EXPECT_EQ(compared(order, make_pair(n(1), n(1)), make_pair(n(1), n(2))), "Less");
}

TEST_F(Orders, IgnoreMakesEverythingEqual) {
  EXPECT_EQ(compared(both(b(B::TextOrder), b(B::OrderIgnore)), tuple(t("x"), n(2)), tuple(t("x"), n(1))), "Equal");
}

TEST_F(Orders, AProperPrefixIsLess) {
  EXPECT_EQ(shown(B::OrderKeyCompare, {v({n(1)}), v({n(1), n(0)})}), "Less");
  EXPECT_EQ(shown(B::OrderKeyCompare, {v({n(1), n(0)}), v({n(1)})}), "Greater");
}

TEST_F(Orders, HashesCompareByTheirBytes) {
  // In base64url `_` is 63 and `-` is 62, both above `z` (51) and `9` (61).
  EXPECT_EQ(compared(b(B::HashOrder), hash("z___"), hash("-___")), "Less");
  EXPECT_EQ(shown(B::HashLess, {hash("9AAA"), hash("-AAA")}), "True");
  EXPECT_EQ(shown(B::HashLess, {hash("-AAA"), hash("_AAA")}), "True");
  EXPECT_EQ(shown(B::HashGreaterEqual, {hash("AAAA"), hash("AAAA")}), "True");
  EXPECT_EQ(shown(B::HashEqual, {hash("AAAA"), hash("AAAB")}), "False");
  EXPECT_EQ(shown(B::HashLess, {n(1), hash("AAAA")}), "✗ Hash.< needs a hash, not 1");
}

TEST_F(Orders, LongHashesAreChargedForTheirLength) {
  const Value left = hash(std::string(1'000'000, 'A')), right = hash(std::string(1'000'000, 'A'));
  EXPECT_EQ(shown(B::HashLess, {left, right}), "False");
  EXPECT_GE(work_, 1'000'000u);
  EXPECT_EQ(compared(b(B::HashOrder), left, right), "Equal");
  EXPECT_GE(work_, 2'000'000u);
}

TEST_F(Orders, AVeryDeepOrderNeedsNoStack) {
  Value order = b(B::NumberOrder), value = n(1);
  for (int i = 0; i < 200'000; ++i) {
    order = both(b(B::OrderIgnore), std::move(order));
    value = make_pair(b(B::Unit), std::move(value));
  }
  EXPECT_EQ(show(key(order, value)), "[1]");
}

TEST_F(Orders, AValueThatDoesNotFitTheOrderIsNamed) {
  EXPECT_EQ(shown(B::OrderKey, {b(B::NumberOrder), t("x")}), "✗ Order.key needs a number for Number.Order, not \"x\"");
  EXPECT_EQ(shown(B::OrderKey, {both(b(B::UnitOrder), b(B::UnitOrder)), n(3)}), "✗ Order.key needs a Pair for Pair.Order, not 3");
  EXPECT_EQ(shown(B::OrderKey, {n(1), n(3)}), "✗ Order.key needs an order, not 1");
}

// ---- sorting -------------------------------------------------------------------------------------------------

TEST_F(Orders, SortingIsStable) {
  const Value order = both(b(B::TextOrder), b(B::OrderIgnore));
  const auto keyed = [&](const char* name, double number) {
    return tuple(key(order, tuple(t(name), n(number))), n(number));
  };
  EXPECT_EQ(shown(B::VectorSortKeyed, {v({keyed("pear", 2), keyed("fig", 1), keyed("fig", 0)})}), "[1,0,2]");
}

TEST_F(Orders, SortingNumbersPutsNanLast) {
  const auto keyed = [&](double number) { return tuple(key(b(B::NumberOrder), n(number)), n(number)); };
  EXPECT_EQ(shown(B::VectorSortKeyed, {v({keyed(3), keyed(std::nan("")), keyed(-HUGE_VAL), keyed(1), keyed(std::nan(""))})}),
            "[-Infinity,1,3,NaN,NaN]");
}

TEST_F(Orders, MixedKeysSortConsistently) {
  const auto keyed = [&](const Value& order, const Value& value) { return tuple(key(order, value), value); };
  EXPECT_EQ(shown(B::VectorSortKeyed, {v({keyed(invert(b(B::NumberOrder)), n(1)), keyed(b(B::TextOrder), t("a")),
                                          keyed(b(B::NumberOrder), n(2)), keyed(invert(b(B::NumberOrder)), n(3))})}),
            "[2,\"a\",3,1]");
}

TEST_F(Orders, SortingChecksItsElements) {
  EXPECT_EQ(shown(B::VectorSortKeyed, {v({n(1)})}), "✗ Vector.sort-keyed needs a vector of tuples (key, element), not 1");
  EXPECT_EQ(shown(B::VectorSortKeyed, {v({})}), "[]");
}

TEST_F(Orders, SortingALotAgreesWithTheStandardLibrary) {
  std::vector<Value> items;
  std::vector<double> expected;
  std::uint64_t state = 42;
  for (int i = 0; i < 10'000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const double number = static_cast<double>(state >> 50);
    items.push_back(tuple(v({n(number)}), n(number)));
    expected.push_back(number);
  }
  std::stable_sort(expected.begin(), expected.end());
  const Value sorted = call(B::VectorSortKeyed, {v(std::move(items))});
  for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(sorted.as_vector()->items()[i].as_number(), expected[i]);
}

}  // namespace
}  // namespace roost::runtime
