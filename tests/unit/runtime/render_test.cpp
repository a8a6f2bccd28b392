// SPDX-License-Identifier: MIT
#include <cmath>

#include "tests/unit/runtime/builtin_bench.h"

namespace roost::runtime {
namespace {

class Rendering : public BuiltinBench {
 protected:
  static PublicKey key() {
    PublicKey key;
    key.bytes.fill(7);
    return key;
  }
};

TEST_F(Rendering, NumbersHaveOneForm) {
  const struct { double number; const char* text; } kCases[] = {
      {3, "3"}, {-17, "-17"}, {100000000, "100000000"}, {0, "0"}, {-0.0, "0"},
      {0.5, "0.5"}, {3.25, "3.25"}, {0.1, "0.1"}, {0.01, "1.0e-2"}, {0.099, "9.9e-2"},
      {1e22, "1.0e22"}, {12345678.5, "1.23456785e7"}, {9999999.5, "9999999.5"}, {-0.25, "-0.25"}, {-1.5e-7, "-1.5e-7"},
      {9223372036854774784.0, "9223372036854774784"}, {9223372036854775808.0, "9.223372036854776e18"},
      {-9223372036854774784.0, "-9223372036854774784"}, {-9223372036854775808.0, "-9.223372036854776e18"},
      {HUGE_VAL, "Infinity"}, {-HUGE_VAL, "-Infinity"}, {5e-324, "5.0e-324"}, {1.7976931348623157e308, "1.7976931348623157e308"},
      {0.1 + 0.2, "0.30000000000000004"}, {1234.5, "1234.5"}, {123456.789, "123456.789"},
  };
  for (const auto& c : kCases) EXPECT_EQ(show(n(c.number)), c.text);
  EXPECT_EQ(show(n(std::nan(""))), "NaN");
}

TEST_F(Rendering, TextsAreQuoted) {
  EXPECT_EQ(show(t("say \"\\\" \n żółw\t")), "\"say \\\"\\\\\\\" \\n żółw\t\"");
  EXPECT_EQ(show(t("")), "\"\"");
}

TEST_F(Rendering, ArgumentsThatAreApplicationsStandInParentheses) {
  EXPECT_EQ(show(some(n(3))), "Optional.Some 3");
  EXPECT_EQ(show(tuple(n(1), t("a"))), "Pair 1 (Pair \"a\" ())");
  EXPECT_EQ(show(some(n(-1))), "Optional.Some -1");
  EXPECT_EQ(show(data(B::EitherLeft, {t("no")})), "Either.Left \"no\"");
  EXPECT_EQ(show(some(none())), "Optional.Some Optional.None");
  EXPECT_EQ(show(some(v({some(n(1))}))), "Optional.Some [Optional.Some 1]");
}

TEST_F(Rendering, VectorsHaveNoSpaces) {
  EXPECT_EQ(show(v({n(1), v({}), t("x")})), "[1,[],\"x\"]");
  EXPECT_EQ(show(v({b(B::Less), b(B::Unit), b(B::True)})), "[Less,(),True]");
}

TEST_F(Rendering, NodesShowTheirUrlWithoutParentheses) {
  const Value node = make_node("localhost:8443", key());
  const std::string url = "https://localhost:8443/" + fingerprint_of(key());
  EXPECT_EQ(show(node), "Node " + url);
  EXPECT_EQ(show(some(node)), "Optional.Some Node " + url);
  EXPECT_EQ(show(data(B::IndexConstructor, {node, t("tok")})), "Index Node " + url + " \"tok\"");
}

TEST_F(Rendering, HashesAndChannelsShowBase64) {
  EXPECT_EQ(show(data(B::HashConstructor, {t("AAAA")})), "Hash \"AAAA\"");
  EXPECT_EQ(show(make_channel(std::string(48, '\0'))), "Channel " + std::string(64, 'A'));
}

TEST_F(Rendering, FunctionsBeginWithLambda) {
  EXPECT_EQ(show(b(B::NumberAdd)), "(λ Number.+)");
  EXPECT_EQ(show(make_partial(b(B::NumberAdd), std::vector<Value>{n(3)})), "(λ Number.+ 3)");
  EXPECT_EQ(show(Value::blank()), "_");
}

TEST_F(Rendering, RemoteValuesShowTheirSteps) {
  EXPECT_EQ(show(make_step(Step::Here)), "(Remote.here)");
  EXPECT_EQ(show(make_step(Step::Pure, some(n(1)))), "(Remote.pure (Optional.Some 1))");
  EXPECT_EQ(show(make_bind(Step::Sleep, n(2), {}, b(B::RemotePure))), "(Remote.bind (λ Remote.pure) (Remote.sleep 2))");
}

TEST_F(Rendering, DepthNeedsNoStack) {
  Value deep = b(B::Unit);
  for (int i = 0; i < 200'000; ++i) deep = make_pair(n(1), std::move(deep));
  const std::string text = show(deep);
  EXPECT_TRUE(text.starts_with("Pair 1 (Pair 1 (Pair 1 "));
  EXPECT_EQ(text.size(), 200'000u * 7 + 2 + 199'999u * 2);
}

TEST_F(Rendering, AValueOverTheBoundIsRefusedWithTheBound) {
  EXPECT_EQ(render(t("abc"), 5).value(), "\"abc\"");
  const auto refused = render(t("abcd"), 5);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, wire::FailureKind::NotRepresentable);
  EXPECT_NE(refused.error().reason.find("more than 5 bytes"), std::string::npos);
}

TEST_F(Rendering, SharingThatUnfoldsWithoutEndStopsAtTheBound) {
  Value doubled = n(1);
  for (int i = 0; i < 200; ++i) doubled = make_pair(doubled, doubled);
  EXPECT_FALSE(render(doubled).ok());
}

TEST_F(Rendering, CuttingKeepsCharactersWhole) {
  EXPECT_EQ(render_cut(t("żółw"), 100), "\"żółw\"");
  EXPECT_EQ(render_cut(t("żółw"), 4), "\"ż…");
  EXPECT_EQ(render_cut(t("żółw"), 5), "\"żó…");
  EXPECT_EQ(brief(t(std::string(100, 'x'))), "\"" + std::string(59, 'x') + "…");
}

}  // namespace
}  // namespace roost::runtime
