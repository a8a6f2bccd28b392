// SPDX-License-Identifier: MIT
// Remote.attempt: a computation of its own, whose value or failure comes back, wherever it ends.
#include "tests/unit/runtime/fake_container.h"

namespace roost::runtime {
namespace {

using wire::FailureKind;

class AttemptTest : public ::testing::Test {
 protected:
  std::string value(const std::string& program) {
    const auto outcome = container_.run(program);
    return outcome.failure ? "✗ " + outcome.failure->reason : outcome.value;
  }
  std::string root() const { return fingerprint_of(container_.root()); }
  FakeContainer container_;
};

TEST_F(AttemptTest, AValueIsRight) { EXPECT_EQ(value("Remote.attempt (pure 3)"), "Either.Right 3"); }

TEST_F(AttemptTest, AFailureIsLeftWithItsReasonAndItsPlace) {
  EXPECT_EQ(value("Remote.attempt (Remote.fail \"out of plums\")"), "Either.Left \"out of plums (at node " + root() + ")\"");
  EXPECT_EQ(value("let pick u = Vector.sum _; Remote.attempt (Remote.map pick (pure 1));;").substr(0, 14), "Either.Left \"V");
}

TEST_F(AttemptTest, TheCallChainIsTold) {
  const std::string said = value("let inner n = Text.length (if n >_Number 0 then _ else \"\") + 0; outer n = inner n + 1; Remote.attempt (Remote.map outer (pure 1));;");
  EXPECT_NE(said.find("in `inner`, called by `outer`"), std::string::npos) << said;
}

TEST_F(AttemptTest, WhatHasNothingToDoWithItGoesOn) {
  EXPECT_EQ(value("do Remote a := Remote.attempt (Remote.fail \"no\"); b := Remote.attempt (pure 2); pure (Either.fold (t -> 1) (n -> n) b);;"), "2");
}

TEST_F(AttemptTest, NobodyElseHearsOfAnAttemptThatStays) {
  EXPECT_EQ(value("do Remote a := Remote.attempt (Remote.attempt (Remote.sleep (Duration.seconds 3))); pure a;;"), "Either.Right (Either.Right ())");
  EXPECT_TRUE(container_.waits.empty());
}

TEST_F(AttemptTest, AValueComesBackFromAnotherNode) {
  EXPECT_EQ(value("do Remote here := Remote.here; n := Remote.spawn; v := Remote.attempt (Remote.at n [1, 2]); now := Remote.here; pure (v, hash# now ==_Hash hash# here);;"),
            "Pair (Either.Right [1,2]) (Pair True ())");
  EXPECT_EQ(container_.waits.size(), 1u);
}

TEST_F(AttemptTest, FunctionsComeBackToo) {
  EXPECT_EQ(value("do Remote n := Remote.spawn; f := Remote.attempt (do Remote Remote.transfer n; k = 5; pure (x -> x + k);;); pure (Either.fold (t -> 0) (g -> g 1) f);;"), "6");
}

TEST_F(AttemptTest, AFailureComesBackFromAnotherNode) {
  const std::string said = value("do Remote n := Remote.spawn; v := Remote.attempt (do Remote Remote.transfer n; Remote.fail \"out of plums\";;); pure v;;");
  EXPECT_EQ(said.find("Either.Left \"out of plums (at node "), 0u) << said;
  EXPECT_EQ(said.find(root()), std::string::npos) << "it happened at the child";
}

TEST_F(AttemptTest, ItComesBackOverSeveralNodesAndHome) {
  EXPECT_EQ(value("do Remote h := Remote.here; a := Remote.spawn; b := Remote.spawn; v := Remote.attempt (do Remote Remote.transfer a; Remote.transfer b; Remote.transfer h; Remote.transfer a; pure 9;;); pure v;;"),
            "Either.Right 9");
}

TEST_F(AttemptTest, AttemptsInAttemptsOnOtherNodes) {
  EXPECT_EQ(value("do Remote a := Remote.spawn; b := Remote.spawn;"
                  " v := Remote.attempt (do Remote Remote.transfer a; w := Remote.attempt (do Remote Remote.transfer b; Remote.fail \"deep\";;); pure (Either.fold (t -> 1) (n -> 2) w);;); pure v;;"),
            "Either.Right 1");
  ASSERT_EQ(container_.waits.size(), 2u);
  EXPECT_EQ(container_.waits[0].format, wire::Format::Text) << "the program's request waits for the first";
  EXPECT_EQ(container_.waits[1].format, wire::Format::Value) << "the first waits for the second";
}

TEST_F(AttemptTest, ARefusalOfTheContainerIsAFailureOfTheAttempt) {
  container_.attempts_refused = "too many attempts";
  const std::string said = value("do Remote n := Remote.spawn; v := Remote.attempt (Remote.at n 1); pure v;;");
  EXPECT_EQ(said, "Either.Left \"too many attempts (at node " + root() + ")\"");
}

TEST_F(AttemptTest, LimitsOfTimeAreFailuresLikeAnyOther) {
  EXPECT_EQ(value("do Remote c := Remote.channel; f := Remote.receive-async c (Duration.seconds 1); v := Remote.attempt f; pure (Either.fold (t -> 0) (n -> n) v);;"), "0");
}

TEST_F(AttemptTest, AThousandAtOnceComeToWhatTheyAre) {
  EXPECT_EQ(value("do Remote n := Remote.spawn; vs := Remote.parallel-traverse (Duration.seconds 60) (i -> Remote.attempt (Remote.at n i)) (Vector.range 0 1000);"
                  " pure (Vector.sum (Vector.map (Either.fold (t -> 0) (i -> i)) vs));;"), "499500");
}

TEST_F(AttemptTest, DeeplyNestedAttemptsFailFromWithin) {
  EXPECT_EQ(value("let rec nest n = if n ==_Number 0 then Remote.fail \"in the middle\" else Remote.map (Either.fold (t -> 1) (k -> k + 1)) (Remote.attempt (nest (n - 1)));"
                  " nest 5000;;"), "5000");
}

TEST_F(AttemptTest, TheHashOfAnAttemptIsItsOwn) {
  EXPECT_EQ(value("hash# (Remote.attempt (pure 3)) ==_Hash hash# (Remote.attempt (pure 3))"), "True");
  EXPECT_EQ(value("Hash.erase (hash# (Remote.attempt (pure 3))) ==_Hash Hash.erase (hash# (Remote.fork (pure 3)))"), "False");
}

}  // namespace
}  // namespace roost::runtime
