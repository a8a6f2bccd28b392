// SPDX-License-Identifier: MIT
// Channels and futures (8.5).
#include "tests/unit/runtime/fake_container.h"

namespace roost::runtime {
namespace {

class ChannelTest : public ::testing::Test {
 protected:
  std::string value(const std::string& program) {
    const auto outcome = container_.run(program);
    if (!outcome.answered) return "no answer";
    return outcome.failure ? "✗ " + outcome.failure->reason : outcome.value;
  }
  FakeContainer container_;
};

TEST_F(ChannelTest, AMessageSentBeforeAnybodyListensIsKeptWhereTheChannelWasMade) {
  EXPECT_EQ(value("do Remote c := Remote.channel; Remote.send c 1; Remote.send c 2; a := Remote.receive c; b := Remote.receive c; "
                  "pure [a, b];;"),
            "[1,2]");
}

TEST_F(ChannelTest, ReceiversAreServedInOrder) {
  EXPECT_EQ(value("do Remote c := Remote.channel; d := Remote.channel; fork (do Remote x := Remote.receive c; Remote.send d (x * 10);;); "
                  "fork (do Remote x := Remote.receive c; Remote.send d (x * 100);;); Remote.sleep (Duration.seconds 1); Remote.send c 1; "
                  "Remote.send c 2; a := Remote.receive d; b := Remote.receive d; pure [a, b];;"),
            "[10,200]");
}

TEST_F(ChannelTest, ASendFromAnotherNodeFindsItsWayHome) {
  EXPECT_EQ(value("do Remote c := Remote.channel; n := Remote.spawn; fork (do Remote Remote.transfer n; Remote.send c \"ping\";;); "
                  "Remote.receive c;;"),
            "\"ping\"");
}

TEST_F(ChannelTest, AFutureCanBeRunAgain) {
  EXPECT_EQ(value("do Remote c := Remote.channel; f := Remote.receive-async c (Duration.seconds 5); Remote.send c 7; a := f; b := f; "
                  "pure (a + b);;"),
            "14");
}

TEST_F(ChannelTest, AFuturesLimitCountsFromWhenItWasMade) {
  EXPECT_EQ(value("do Remote c := Remote.channel; f := Remote.receive-async c (Duration.seconds 5); Remote.sleep (Duration.seconds 6); f;;"),
            "✗ nothing came within the time limit, which passed before it was waited for (of Remote.receive-async, Remote.start, or what is "
            "made of them)");
}

TEST_F(ChannelTest, WhoWaitsForAFutureInVainIsToldHowLongAndWhatMadeIt) {
  EXPECT_EQ(value("do Remote c := Remote.channel; f := Remote.receive-async c (Duration.seconds 5); f;;"),
            "✗ `Remote.receive-async` waited 5 s, its time limit, and nothing came");
  EXPECT_EQ(value("let listen c = do Remote f := Remote.receive-async c (Duration.seconds 0.5); f;;; do Remote c := Remote.channel; listen c;;;;"),
            "✗ `listen` waited 0.5 s, its time limit, and nothing came");
}

TEST_F(ChannelTest, AMessageInTimeCanBeTakenLater) {
  EXPECT_EQ(value("do Remote c := Remote.channel; f := Remote.receive-async c (Duration.seconds 5); Remote.send c 7; Remote.sleep "
                  "(Duration.seconds 60); f;;"),
            "7");
}

TEST_F(ChannelTest, ANewerReceiveAsyncReplacesAnOlderOne) {
  const auto outcome = container_.run(
      "do Remote c := Remote.channel; f := Remote.receive-async c (Duration.seconds 5); g := Remote.receive-async c (Duration.seconds 5); "
      "Remote.send c 7; b := g; x = Debug.watch \"g\" b; f;;");
  EXPECT_EQ(outcome.debug, std::vector<std::string>{"g: 7"});
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind, wire::FailureKind::TimeLimit);
}

TEST_F(ChannelTest, OnlyTheFirstMessageFulfils) {
  EXPECT_EQ(value("do Remote c := Remote.channel; f := Remote.receive-async c (Duration.seconds 5); Remote.send c 1; Remote.send c 2; "
                  "g := Remote.receive-async c (Duration.seconds 5); Remote.send c 3; a := f; b := g; pure [a, b];;"),
            "[1,3]");
}

TEST_F(ChannelTest, AFutureTravelsAndComesBack) {
  EXPECT_EQ(value("do Remote c := Remote.channel; f := Remote.receive-async c (Duration.seconds 9); home := Remote.here; n := Remote.spawn; "
                  "Remote.send c 5; Remote.transfer n; Remote.sleep (Duration.seconds 2); Remote.transfer home; f;;"),
            "5");
}

TEST_F(ChannelTest, ReceiveHasALimit) {
  container_.defaults().receive_ms = 2000;
  const auto outcome = container_.run("bind Remote.receive Remote.channel");
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind, wire::FailureKind::TimeLimit);
  EXPECT_EQ(outcome.failure->reason, "nothing came on the channel within 2 s (receive_timeout_ms)");
}

TEST_F(ChannelTest, ManyFuturesDoNotPileUp) {
  container_.defaults().memory_bytes = 12u << 20;
  EXPECT_EQ(value("let rec go n = if n ==_Number 0 then pure \"done\" else do Remote c := Remote.channel; f := Remote.receive-async c "
                  "(Duration.seconds 9); Remote.send c n; f; go (n - 1);;; go 30000;;"),
            "\"done\"");
}

TEST_F(ChannelTest, APendingFutureKeepsTheNodeAwakeUntilItsLimit) {
  const auto before = container_.now();
  EXPECT_EQ(value("do Remote c := Remote.channel; f := Remote.receive-async c (Duration.seconds 30); pure 1;;"), "1");
  EXPECT_GE(container_.now() - before, std::chrono::seconds(30));
  EXPECT_EQ(container_.idles, 1u);
}

}  // namespace
}  // namespace roost::runtime
