// SPDX-License-Identifier: MIT
#include "worker/lang/hash.h"

#include <gtest/gtest.h>

#include "tests/unit/lang/same_tree.h"

namespace roost::lang {
namespace {

class Hashing : public ::testing::Test {
 protected:
  const Term& term(std::string_view text) {
    const auto parsed = parse_program(arena_, text);
    EXPECT_TRUE(parsed.ok()) << text << "\n" << (parsed.ok() ? "" : parsed.error().message());
    const auto resolved = resolve(arena_, parsed.value(), names_);
    EXPECT_TRUE(resolved.ok()) << text;
    return *resolved.value();
  }
  Hash hash(std::string_view text) { return hash_term(term(text)); }
  Arena arena_;
  Names names_;
};

TEST_F(Hashing, IgnoresBoundNamesAndLayout) {
  EXPECT_EQ(hash("q -> q"), hash("zebra -- no\n-> zebra"));
  EXPECT_EQ(hash("let a = 1; a;;"), hash("let b = 1; b;;"));
  EXPECT_EQ(hash("long-name' -> 1"), hash("x -> 1"));
  EXPECT_NE(hash("p q -> p"), hash("p q -> q"));
}

TEST_F(Hashing, OrderMattersInLetButNotInLetRec) {
  EXPECT_NE(hash("let a = 1; b = 2; (a, b);;"), hash("let b = 2; a = 1; (a, b);;"));
  EXPECT_EQ(hash("let rec a = b 1; b = 2; (a, b);;"), hash("let rec b = 2; a = b 1; (a, b);;"));
  EXPECT_EQ(hash("let rec a x = b x; b y = c y 2; c z = a z 1; a;;"), hash("let rec r z = p z 1; q x = r x 2; p y = q y; p;;"));
  EXPECT_NE(hash("let rec a x = b x; b y = a y 1; a;;"), hash("let rec a x = b x; b y = a y 1; b;;"));
}

TEST_F(Hashing, OuterVariablesSurviveARecursiveGroup) {
  EXPECT_EQ(hash("k -> let rec a = b k; b = a 1; (a, k);;"), hash("m -> let rec b = a 1; a = b m; (a, m);;"));
  EXPECT_NE(hash("k m -> let rec a = b k; b = a 1; a;;"), hash("k m -> let rec a = b m; b = a 1; a;;"));
}

TEST_F(Hashing, ReferencesAreTransparent) {
  ASSERT_TRUE(names_.add("peel", hash("x -> x")));
  EXPECT_EQ(hash("peel 1"), hash("(x -> x) 1"));
  EXPECT_EQ(hash("peel"), hash("q -> q"));
}

TEST_F(Hashing, AnnotationsCount) {
  EXPECT_NE(hash("3 : Number"), hash("3"));
  EXPECT_EQ(hash("_ : ∀ a b . a -> b"), hash("_ : ∀ x y . x -> y"));
  EXPECT_NE(hash("_ : ∀ a b . a -> b"), hash("_ : ∀ a b . b -> a"));
  EXPECT_NE(hash("_ : Order.Key Text"), hash("_ : Order Text"));
}

TEST_F(Hashing, CapturedValuesAreSubstituted) {
  // The inner function of `a b -> (x -> f x a b)`, closed over a = 1, b = "k".
  const Term& inner = *term("a b -> (x -> pair x (pair a b))").left->left;
  const std::vector<Hash> captured = {hash_text("k"), hash_number(1)};
  EXPECT_EQ(hash_term(inner, captured), hash("x -> pair x (pair 1 \"k\")"));
  // Under further binders too.
  const Term& deeper = *term("a b -> (x -> let rec f = g a; g y = f b; (f, x);;)").left->left;
  EXPECT_EQ(hash_term(deeper, captured), hash("x -> let rec f = g 1; g y = f \"k\"; (f, x);;"));
}

TEST_F(Hashing, PiecesComposeToTerms) {
  EXPECT_EQ(hash_number(3), hash("3"));
  EXPECT_EQ(hash_text("plum"), hash("\"plum\""));
  EXPECT_EQ(hash_builtin(Builtin::Unit), hash("Unit"));
  EXPECT_EQ(hash_if(), hash("if"));
  EXPECT_EQ(hash_blank(), hash("_"));
  EXPECT_EQ(hash_apply(hash("Some"), hash("3")), hash("Some 3"));
  const std::vector<Hash> elements = {hash("3"), hash("\"plum\"")};
  EXPECT_EQ(hash_apply(hash_builtin(Builtin::VectorForce), hash_vector(elements)), hash("[3, \"plum\"]"));
}

TEST_F(Hashing, KeysOfIndexesAreThoseOf2016) {
  EXPECT_EQ(base64url(hash_key(Builtin::True)), "AAAAAARUcnVl");
  EXPECT_EQ(base64url(hash_key(hash("3"))), "AQAAAECg0cSfFMOB4PAzrOVlekCMdAUmxay3SCUe348GhLN4pCA8Wcnf7rTN0GUuKWQ8WecG-s2xR2zlt6cqURXAKD3S");
  EXPECT_EQ(base64url(hash_key(hash("q -> q"))), "AQAAAEDzatRdC-E9fd-tDuBL1TxPy7y8OWWSBv0w5zE0cet455JXWWhy3qXy6L3edhBlBIrSFSw0y_lU9zuO_GI_hWDa");
}

TEST(HashWriter, VarintsTakeSevenBitsAtATime) {
  EXPECT_EQ(HashWriter().varint(300).finish(), HashWriter().tag(0xAC).tag(0x02).finish());
  EXPECT_EQ(HashWriter().varint(127).finish(), HashWriter().tag(127).finish());
  EXPECT_EQ(HashWriter().text("ab").finish(), HashWriter().bytes(std::string("\0\0\0\2ab", 6)).finish());
}

TEST(Base64Url, ReadsBackWhatItWrites) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(from_base64url(base64url(bytes)), bytes);
    bytes += static_cast<char>(i * 37);
  }
}

TEST(Base64Url, IsStrict) {
  EXPECT_EQ(from_base64url(""), "");
  EXPECT_EQ(from_base64url("AA=="), std::string(1, '\0'));
  for (const char* bad : {"A", "AA", "AAA", "AA=", "AB==", "AAB=", "AA==AAAA", "====", "A===", "A+A=", "A/A=", "AA =", "AAA\n", "AAAA=", "AAA\xc3"})
    EXPECT_EQ(from_base64url(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace roost::lang
