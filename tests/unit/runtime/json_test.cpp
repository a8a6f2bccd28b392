// SPDX-License-Identifier: MIT
#include "worker/runtime/json.h"

#include <cmath>

#include "tests/unit/runtime/builtin_bench.h"

namespace roost::runtime {
namespace {

class Json : public BuiltinBench {
 protected:
  static std::string json(const Value& value) {
    const auto result = to_json(value);
    return result.ok() ? result.value() : "✗ " + result.error().reason;
  }
};

TEST_F(Json, AtomsAreThemselves) {
  EXPECT_EQ(json(n(1.5)), "1.5");
  EXPECT_EQ(json(n(1e22)), "1.0e22");
  EXPECT_EQ(json(n(-0.0)), "0");
  EXPECT_EQ(json(b(B::True)), "true");
  EXPECT_EQ(json(b(B::Unit)), "null");
  EXPECT_EQ(json(b(B::Greater)), "\"Greater\"");
}

TEST_F(Json, TextsAreEscaped) {
  EXPECT_EQ(json(t("a\"b\\c\n\x01\x1f ż")), "\"a\\\"b\\\\c\\n\\u0001\\u001f ż\"");
}

TEST_F(Json, TuplesAreArraysAndOtherPairsObjects) {
  EXPECT_EQ(json(tuple(n(1), t("x"))), "[1,\"x\"]");
  EXPECT_EQ(json(make_pair(n(1), tuple(n(2), n(3)))), "[1,2,3]");
  EXPECT_EQ(json(make_pair(n(1), n(2))), "{\"first\":1,\"second\":2}");
  EXPECT_EQ(json(make_pair(n(1), b(B::Unit))), "{\"first\":1,\"second\":null}");
  EXPECT_EQ(json(make_pair(n(1), make_pair(n(2), n(3)))), "{\"first\":1,\"second\":{\"first\":2,\"second\":3}}");
  EXPECT_EQ(json(tuple(tuple(n(1), n(2)), v({}))), "[[1,2],[]]");
}

TEST_F(Json, OnlyNestedOptionalsAreArrays) {
  EXPECT_EQ(json(none()), "null");
  EXPECT_EQ(json(some(n(3))), "3");
  EXPECT_EQ(json(some(none())), "[]");
  EXPECT_EQ(json(some(some(n(3)))), "[3]");
  EXPECT_EQ(json(some(some(none()))), "[[]]");
  EXPECT_EQ(json(some(some(some(n(3))))), "[[3]]");
  EXPECT_EQ(json(some(v({some(n(1)), none()}))), "[1,null]");
}

TEST_F(Json, EithersSayWhichSide) {
  EXPECT_EQ(json(data(B::EitherLeft, {t("no")})), "{\"left\":\"no\"}");
  EXPECT_EQ(json(data(B::EitherRight, {v({n(1)})})), "{\"right\":[1]}");
}

TEST_F(Json, NodesAreUrlsAndHashesTexts) {
  EXPECT_EQ(json(make_node("h", PublicKey{})), "\"https://h/" + fingerprint_of(PublicKey{}) + "\"");
  EXPECT_EQ(json(data(B::HashConstructor, {t("AA==")})), "\"AA==\"");
}

TEST_F(Json, RefusalsNameThePlace) {
  EXPECT_EQ(json(b(B::NumberAdd)), "✗ the value: the function Number.+ has no JSON form");
  EXPECT_EQ(json(v({n(1), n(2), make_pair(n(1), b(B::NumberOrder))})), "✗ at [2].second: Number.Order has no JSON form");
  EXPECT_EQ(json(data(B::EitherLeft, {tuple(n(1), n(std::nan("")))})), "✗ at left[1]: NaN has no JSON form");
  EXPECT_EQ(json(v({make_step(Step::Here)})), "✗ at [0]: a Remote value has no JSON form; it has to be run");
  EXPECT_EQ(json(v({Value::blank()})), "✗ at [0]: the blank has no JSON form");
  EXPECT_EQ(json(data(B::IndexConstructor, {n(1), n(2)})), "✗ the value: Index has no JSON form");
}

TEST_F(Json, DepthIsBounded) {
  Value deep = n(1);
  for (std::size_t i = 0; i < kJsonDepthMax; ++i) deep = v({deep});
  EXPECT_TRUE(to_json(deep).ok());
  const auto refused = to_json(v({deep}));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().reason.find("500 levels"), std::string::npos);
}

TEST_F(Json, SizeIsBounded) {
  EXPECT_FALSE(to_json(t("abcd"), 5).ok());
  EXPECT_TRUE(to_json(t("abc"), 5).ok());
  Value doubled = n(1);
  for (int i = 0; i < 100; ++i) doubled = v({doubled, doubled});
  EXPECT_FALSE(to_json(doubled).ok());
}

}  // namespace
}  // namespace roost::runtime
