// SPDX-License-Identifier: MIT
#include "tests/unit/runtime/fake_container.h"

namespace roost::runtime {
namespace {

class IndexTest : public ::testing::Test {
 protected:
  std::string value(const std::string& program) {
    const auto outcome = container_.run(program);
    if (!outcome.answered) return "no answer";
    return outcome.failure ? "✗ " + outcome.failure->reason : outcome.value;
  }
  FakeContainer container_;
};

TEST_F(IndexTest, WhatIsInsertedIsFound) {
  EXPECT_EQ(value("do Remote i := Index.empty; Index.insert \"plum\" [1, 2] i; Index.lookup \"plum\" i;;"), "Optional.Some [1,2]");
  EXPECT_EQ(container_.reads, 0u);   // from the cache
}

TEST_F(IndexTest, WhatIsDeletedIsGone) {
  EXPECT_EQ(value("do Remote i := Index.empty; Index.insert 1 2 i; Index.delete 1 i; a := Index.lookup 1 i; k := Index.keys i; pure (a, k);;"),
            "Pair Optional.None (Pair [] ())");
}

TEST_F(IndexTest, ALookupThatIsNotInTheCacheAsksOnce) {
  EXPECT_EQ(value("do Remote i := Index.empty; a := Index.lookup 1 i; b := Index.lookup 1 i; pure [a, b];;"), "[Optional.None,Optional.None]");
  EXPECT_EQ(container_.reads, 1u);
}

TEST_F(IndexTest, KeysThatCouldNotBeReadAreSaidToBePerhapsTooMany) {
  container_.reads_fail = true;
  const std::string no_keys = value("do Remote i := Index.empty; Index.keys i;;");
  EXPECT_NE(no_keys.find("less than 16 MiB"), std::string::npos) << no_keys;
  EXPECT_EQ(value("do Remote i := Index.empty; Index.lookup 1 i;;").find("16 MiB"), std::string::npos);
}

TEST_F(IndexTest, KeysComeInTheOrderOfTheirHashes) {
  EXPECT_EQ(value("do Remote i := Index.empty; Index.inserts [(3, \"x\"), (4, \"y\"), (9, \"z\")] i; Index.delete 9 i; a := Index.1st-key i; b := "
                  "Index.increment 77 i; ks := Index.keys i; pure (a, b, ks);;"),
            "Pair (Optional.Some 4) (Pair (Optional.Some 3) (Pair [4,3] ()))");
}

TEST_F(IndexTest, FunctionsAreKeysAndValues) {
  EXPECT_EQ(value("do Remote i := Index.empty; Index.insert (x -> x + 1) (y -> y * 2) i; f := Index.lookup (z -> z + 1) i; pure (Optional.fold 0 "
                  "(g -> g 21) f);;"),
            "42");
}

TEST_F(IndexTest, AnIndexSurvivesItsMessage) {
  const std::string token = container_.run("do Remote i := Index.empty; Index.insert 1 \"kept\" i; pure (2nd (Index.representation# i));;").value;
  EXPECT_EQ(value("Index.lookup# 1 " + token), "Optional.Some \"kept\"");
}

TEST_F(IndexTest, AMalformedTokenIsAFailure) {
  EXPECT_EQ(value("Index.lookup# 1 \"plum\""), "✗ not an index token: \"plum\"");
}

TEST_F(IndexTest, ReadsInTheMiddleOfAnEvaluationGoOn) {
  EXPECT_EQ(value("do Remote i := Index.empty; Index.inserts [(1, 10), (2, 20)] i; t = 2nd (Index.representation# i); "
                  "pure (Vector.map (k -> Optional.get-or 0 (Index.increment# k t)) [1, 2, 3] |> Vector.size);;"),
            "3");
}

TEST_F(IndexTest, TheCacheIsBounded) {
  container_.defaults().memory_bytes = 4u << 20;
  EXPECT_EQ(value("do Remote i := Index.empty; Index.inserts (Vector.map (n -> (n, Vector.replicate 100 n)) (Vector.range 0 3000)) i; "
                  "x := Index.lookup 7 i; pure (Optional.map Vector.sum x);;"),
            "Optional.Some 700");
}

}  // namespace
}  // namespace roost::runtime
