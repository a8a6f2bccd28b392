// SPDX-License-Identifier: MIT
// Channels and futures (8.5).
#include <malloc.h>

#include "tests/unit/runtime/fake_container.h"
#include "worker/runtime/channels.h"
#include "worker/runtime/cpu_time.h"

namespace roost::runtime {
namespace {

constexpr char kTooLate[] =
    "✗ too late for this future (of Remote.receive-async, Remote.start, or what is made of them): its time limit passed before it was waited "
    "for, or it was forgotten, to make room or when the node fell asleep";

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
            kTooLate);
}

// Its message came in time.
TEST_F(ChannelTest, AFutureThatWasNeverRunIsForgottenAfterItsLimit) {
  EXPECT_EQ(value("let rec make n = if n ==_Number 0 then pure 0 else do Remote c := Remote.channel; Remote.receive-async c (Duration.seconds 5); "
                  "Remote.send c n; make (n - 1);;; do Remote c := Remote.channel; f := Remote.receive-async c (Duration.seconds 4); Remote.send c 7; "
                  "make 8192; Remote.sleep (Duration.seconds 6); f;;;;"),
            kTooLate);
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

TEST_F(ChannelTest, ReceiveWaitsWithoutLimit) {
  EXPECT_EQ(value("do Remote c := Remote.channel; fork (do Remote Remote.sleep (Duration.seconds 9000000); Remote.send c 1;;); Remote.receive c;;"), "1");
}

TEST_F(ChannelTest, ReceiveHasALimitIfTheContainerSetsOne) {
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

TEST_F(ChannelTest, FuturesThatWereRunGiveWayToWhatNeedsTheirMemory) {
  container_.defaults().memory_bytes = 16u << 20;
  EXPECT_EQ(value("let rec go n = if n ==_Number 0 then pure \"done\" else do Remote c := Remote.channel; f := Remote.receive-async c "
                  "(Duration.seconds 9); Remote.send c (Vector.range 0 500); f; go (n - 1);;; go 9000;;"),
            "\"done\"");
  EXPECT_EQ(value("let rec go n = if n ==_Number 0 then pure \"done\" else do Remote Remote.race (Duration.seconds 9) [pure (Vector.range 0 500)]; "
                  "go (n - 1);;; go 9000;;"),
            "\"done\"");
}

TEST_F(ChannelTest, AFutureThatWasNotRunYetKeepsItsMessageUntilItsLimit) {
  EXPECT_EQ(value("Remote.map Vector.size (Remote.parallel-traverse (Duration.seconds 9) (n -> pure n) (Vector.range 0 10000))"), "10000");
}

TEST_F(ChannelTest, AForgottenFutureSaysSo) {
  container_.defaults().memory_bytes = 16u << 20;
  EXPECT_EQ(value("let rec fill n v = if n ==_Number 0 then Vector.size v else fill (n - 1) (Vector.append n v); do Remote c := Remote.channel; f := "
                  "Remote.receive-async c (Duration.seconds 9); Remote.send c (Vector.range 0 500000); x := Remote.map Vector.size f; "
                  "y = fill 900000 []; f;;;;"),
            kTooLate);
}

TEST_F(ChannelTest, WhatComesBetweenTwoListenersIsKept) {
  EXPECT_EQ(value("do Remote c := Remote.channel; f := Remote.receive-async c (Duration.seconds 1); Remote.sleep (Duration.seconds 2); Remote.send c 1; "
                  "Remote.send c 2; Remote.send c 3; g := Remote.receive-async c (Duration.seconds 1); a := g; b := Remote.receive c; "
                  "Remote.sleep (Duration.seconds 2); d := Remote.receive c; pure [a, b, d];;"),
            "[1,2,3]");
}

TEST_F(ChannelTest, ResultsThatComeAfterTheLimitOfTheirRaceDoNotFillTheNode) {
  container_.defaults().memory_bytes = 16u << 20;
  const auto outcome = container_.run(
      "let rec late u = do Remote Remote.sleep (Duration.seconds 0.004); pure (Vector.range 0 100000);;; go n = if n ==_Number 0 then pure \"done\" else do "
      "Remote Remote.attempt (Remote.race (Duration.seconds 0.001) [late 1]); Remote.sleep (Duration.seconds 0.005); go (n - 1);;; go 100;;");
  EXPECT_EQ(outcome.value, "\"done\"");
  EXPECT_EQ(outcome.errors, std::vector<std::string>{});
}

TEST_F(ChannelTest, LosersOfManyRacesDoNotFillTheNode) {
  const auto outcome = container_.run(
      "let rec late u = do Remote Remote.sleep (Duration.seconds 6); pure (Vector.range 0 10000);;; go n = if n ==_Number 0 then pure \"done\" else do Remote "
      "Remote.race (Duration.seconds 9) [pure [1], late 1]; go (n - 1);;; go 9000;;");
  EXPECT_EQ(outcome.value, "\"done\"");
  EXPECT_EQ(outcome.errors, std::vector<std::string>{});
}

// Wherever the memory ends, nothing is left that the node would wait for.
TEST_F(ChannelTest, AFutureThatThereIsNoMemoryForIsNotPending) {
  for (std::uint64_t bytes = 500'000; bytes < 501'000; bytes += 8) {
    FakeContainer container;
    container.defaults().memory_bytes = bytes;
    const auto outcome = container.run("let rec go u = do Remote c := Remote.channel; Remote.receive-async c (Duration.seconds 0.3); go u;;; go 1;;");
    ASSERT_TRUE(outcome.failure);
    ASSERT_EQ(outcome.failure->kind, wire::FailureKind::MemoryLimit);
    ASSERT_EQ(container.idles, 1u) << bytes;
  }
}

// The first time that it got its message is not what counts.
TEST_F(ChannelTest, AChannelThatSettlesAgainIsAmongTheNewest) {
  container_.defaults().memory_bytes = Channels::kSettledMin * Channels::kBytesPerSettled;
  EXPECT_EQ(value("let settle c = do Remote f := Remote.receive-async c (Duration.seconds 9); Remote.send c 1; f;;; do Remote c := Remote.channel; settle c; "
                  "settle c; Remote.replicate 4095 (Remote.bind settle Remote.channel); Remote.send c 2; "
                  "Remote.timeout (Duration.seconds 1) (Remote.receive c);;;;"),
            "Optional.None");
}

class ChannelTable : public ::testing::Test {
 protected:
  ~ChannelTable() override {
    channels_.reset();
    EXPECT_EQ(heap_.bytes(), 0u);
  }
  static Bytes id(int number, bool future = false) {
    PublicKey key;
    key.bytes.fill(static_cast<std::uint8_t>(number));
    return new_channel_id(key, std::string(kHostBytesMax, 'h'), future);
  }
  Heap heap_{1u << 30};
  HeapScope scope_{heap_};
  Timers timers_;
  std::unique_ptr<Channels> channels_ = std::make_unique<Channels>(timers_);
};

// A race whose limit has passed, or one that was won.
TEST_F(ChannelTable, WhatIsOverGivesWayToWhatNeedsTheMemory) {
  for (const bool is_won : {false, true}) {
    heap_.set_limit(heap_.bytes() + (1u << 20));
    for (int i = 0; i < 4'000; ++i) {
      const Bytes channel = id(1), future = id(1, true);
      channels_->receive_async(channel, future, std::chrono::seconds(i), {});
      if (is_won) {
        EXPECT_EQ(channels_->deliver(channel, Value::number(i), true).what, Channels::Delivered::ToReceivers);
        EXPECT_EQ(channels_->value_of(future).as_number(), i);
      } else {
        (void)channels_->limit_passed(future);
      }
      EXPECT_EQ(channels_->deliver(channel, Value::number(i), true).what, is_won ? Channels::Delivered::Dropped : Channels::Delivered::Kept);
    }
    heap_.set_limit(1u << 30);
  }
}

// More than may be late at once: the oldest drop what they have, and what comes then.
TEST_F(ChannelTable, ChannelsWithLateMessagesAreNotWithoutNumber) {
  const Bytes first = id(1);
  for (std::size_t i = 0; i <= Channels::kLapsedMax; ++i) {
    const Bytes channel = i == 0 ? first : id(1), future = id(1, true);
    channels_->receive_async(channel, future, std::chrono::seconds(1), {});
    (void)channels_->limit_passed(future);
    EXPECT_EQ(channels_->deliver(channel, Value::number(1), true).what, Channels::Delivered::Kept);
  }
  EXPECT_TRUE(channels_->take_message(first).is_unset());
  EXPECT_EQ(channels_->deliver(first, Value::number(2), true).what, Channels::Delivered::Dropped);
  (void)channels_->listen(first, 1);
  EXPECT_EQ(channels_->deliver(first, Value::number(3), true).what, Channels::Delivered::ToReceivers);
}

TEST_F(ChannelTable, ManyWhoWaitForOneChannelLeaveItQuickly) {
  constexpr int kMany = 200'000;
  const Bytes channel = id(1);
  std::vector<Channels::Place> places;
  for (int i = 0; i < kMany; ++i) places.push_back(channels_->listen(channel, static_cast<ComputationId>(i)));
  const std::uint64_t before = thread_cpu_ns();
  for (const auto place : places) channels_->stop_waiting(channel, place);
  EXPECT_LT(thread_cpu_ns() - before, 1'000'000'000u);
}

TEST_F(ChannelTable, WhatIsCountedIsWhatItTakes) {
  const auto taken = [] { return mallinfo2().uordblks; };
  if (taken() == 0) GTEST_SKIP() << "another allocator";
  const auto measure = [&](const std::function<void(int)>& add) {
    const std::size_t before = taken();
    const std::uint64_t counted = heap_.bytes();
    for (int i = 0; i < 10'000; ++i) add(i);
    return static_cast<double>(heap_.bytes() - counted) / static_cast<double>(taken() - before);
  };
  for (const double ratio : {measure([&](int i) { channels_->receive_async(id(i), id(i, true), std::chrono::seconds(i), {}); }),
                             measure([&](int i) { channels_->receive_async(id(7), id(i, true), std::chrono::seconds(i), {}); }),
                             measure([&](int i) { (void)channels_->deliver(id(i), Value::number(i), true); }),
                             measure([&](int i) { (void)channels_->listen(id(i), 1); })}) {
    EXPECT_GT(ratio, 0.9);
    EXPECT_LT(ratio, 2);
  }
}

TEST_F(ChannelTest, AFulfilledFutureIsNothingToWaitFor) {
  const auto before = container_.now();
  EXPECT_EQ(value("do Remote c := Remote.channel; f := Remote.receive-async c (Duration.seconds 4); Remote.send c 1; pure 1;;"), "1");
  EXPECT_EQ(container_.idles, 1u);
  EXPECT_EQ(value("do Remote c := Remote.channel; d := Remote.channel; Remote.send c 1; f := Remote.receive-async c (Duration.seconds 4); "
                  "Remote.receive d;;"),
            "no answer");
  EXPECT_EQ(container_.now(), before);
}

TEST_F(ChannelTest, APendingFutureKeepsTheNodeAwakeUntilItsLimit) {
  const auto before = container_.now();
  EXPECT_EQ(value("do Remote c := Remote.channel; f := Remote.receive-async c (Duration.seconds 30); pure 1;;"), "1");
  EXPECT_GE(container_.now() - before, std::chrono::seconds(30));
  EXPECT_EQ(container_.idles, 1u);
}

}  // namespace
}  // namespace roost::runtime
