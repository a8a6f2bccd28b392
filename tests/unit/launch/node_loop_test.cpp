// SPDX-License-Identifier: MIT
// The loop of a worker, in a real sandboxed process, around the machine of scripted_machine.cpp.

#include "worker/sandbox/node_loop.h"

#include <set>

#include "tests/unit/launch/launcher_fixture.h"

namespace roost::launch {
namespace {

using namespace std::chrono_literals;

class NodeLoop : public testing::Test {
 protected:
  bool ponged(std::uint64_t nonce) {
    for (const auto& frame : launched.life(worker).frames) {
      const auto* pong = std::get_if<wire::Pong>(&frame);
      if (pong && pong->nonce == nonce) return true;
    }
    return false;
  }
  bool said_it_lives() { return ponged(sandbox::kUnasked); }
  std::size_t answered() { return launched.life(worker).answers().size(); }

  Launched launched{"scripted-machine", 64u << 20};
  core::WorkerId worker = launched.launch_ready();
};

TEST_F(NodeLoop, AnswersPingsWhileAProgramRuns) {
  launched.eval(worker, "spin 1500");
  for (std::uint64_t nonce = 1; nonce <= 3; ++nonce) {
    launched.workers().send(worker, wire::Ping{nonce});
    EXPECT_TRUE(launched.run_until([&] { return ponged(nonce); }, 400ms));
  }
  EXPECT_EQ(answered(), 0u);
  EXPECT_TRUE(launched.run_until([&] { return answered() == 1; }));
}

TEST_F(NodeLoop, SaysThatItLivesWhilePingsWaitBehindMessages) {
  for (int i = 0; i < 30; ++i) launched.eval(worker, "busy 100");
  launched.workers().send(worker, wire::Ping{7});
  EXPECT_TRUE(launched.run_until([&] { return said_it_lives(); }, 2000ms));
  EXPECT_FALSE(ponged(7));
  EXPECT_TRUE(launched.run_until([&] { return ponged(7); }));
}

TEST_F(NodeLoop, SaysThatItLivesWhileOneMessageIsHandled) {
  launched.eval(worker, "labour 3000");
  EXPECT_TRUE(launched.run_until([&] { return said_it_lives(); }, 2000ms));
  EXPECT_EQ(answered(), 0u);
}

TEST_F(NodeLoop, SaysNothingUnaskedAfterARest) {
  usleep(1'200'000);
  EXPECT_TRUE(launched.answers(worker, "still here"));
  usleep(1'200'000);
  EXPECT_TRUE(launched.answers(worker, "still here"));
  EXPECT_FALSE(said_it_lives());
}

TEST_F(NodeLoop, RunsWhatHasComeBeforeAllElseIsHandled) {
  for (int i = 0; i < 30; ++i) launched.eval(worker, "busy 100");
  EXPECT_TRUE(launched.run_until([&] { return answered() > 0; }, 2000ms));
  EXPECT_LT(answered(), 30u);
}

TEST_F(NodeLoop, WakesWhenATimerIsDueAndNotBefore) {
  const auto before = std::chrono::steady_clock::now();
  launched.eval(worker, "sleep 30");
  EXPECT_TRUE(launched.run_until([&] { return answered() == 1; }));
  EXPECT_GE(std::chrono::steady_clock::now() - before, 30ms);
}

TEST_F(NodeLoop, TakesInputWhileItSleeps) {
  launched.eval(worker, "sleep 2000");
  launched.workers().send(worker, wire::Ping{9});
  EXPECT_TRUE(launched.run_until([&] { return ponged(9); }, 1000ms));
}

TEST_F(NodeLoop, LosesNothingWhileNobodyReadsIt) {
  // Answers of 4 MiB together against a pipe of 64 KiB: the worker stands still until the test reads.
  for (int i = 0; i < 64; ++i) launched.eval(worker, "size 65536");
  usleep(50'000);
  EXPECT_TRUE(launched.run_until([&] { return answered() == 64; }));
  EXPECT_TRUE(launched.answers(worker, "still here"));
}

TEST_F(NodeLoop, RefusesAnAnswerThatNoFrameHolds) {
  launched.eval(worker, "size " + std::to_string(wire::kFrameBytesMax));
  ASSERT_TRUE(launched.run_until([&] { return launched.life(worker).frames.size() > 1; }));
  const auto& answer = std::get<wire::Answer>(launched.life(worker).frames.back());
  const auto& failure = std::get<wire::Failure>(answer.outcome);
  EXPECT_EQ(failure.kind, wire::FailureKind::MemoryLimit);
  EXPECT_NE(failure.reason.find("16777216"), std::string::npos) << failure.reason;
  EXPECT_TRUE(launched.answers(worker, "still here"));
}

TEST_F(NodeLoop, LeavesOutALogLineThatNoFrameHolds) {
  launched.eval(worker, "log " + std::to_string(wire::kFrameBytesMax));
  EXPECT_TRUE(launched.run_until([&] { return answered() == 1; }));
}

TEST_F(NodeLoop, EndsRatherThanLoseAWrite) {
  launched.eval(worker, "write " + std::to_string(wire::kFrameBytesMax));
  ASSERT_TRUE(launched.run_until([&] { return launched.life(worker).exited(); }));
  EXPECT_EQ(launched.life(worker).exits[0].code, 73);
}

TEST_F(NodeLoop, EndsAtTheAddressSpaceLimit) {
  launched.eval(worker, "allocate");
  ASSERT_TRUE(launched.run_until([&] { return launched.life(worker).exited(); }));
  EXPECT_EQ(launched.life(worker).exits[0].code, 71);
}

TEST_F(NodeLoop, SendsNoHalfFrames) {
  launched.eval(worker, "squeeze 8000000");
  ASSERT_TRUE(launched.run_until([&] { return answered() == 1; }));
  EXPECT_EQ(launched.life(worker).answers().front(), "squeezed");
  EXPECT_TRUE(launched.answers(worker, "still here"));
}

TEST_F(NodeLoop, EndsWhenAChangeOfStateCannotBeToldForLackOfMemory) {
  launched.eval(worker, "crush 8000000");
  ASSERT_TRUE(launched.run_until([&] { return launched.life(worker).exited(); }));
  EXPECT_EQ(launched.life(worker).exits[0].code, 71);
}

TEST_F(NodeLoop, NoTwoWorkersDrawTheSameRandomNumbers) {
  constexpr std::size_t kWorkers = 1000;
  std::vector<core::WorkerId> drawers;
  for (std::size_t i = 0; i < kWorkers; ++i) {
    drawers.push_back(launched.launch());
    launched.eval(drawers.back(), "random");
  }
  std::set<std::string> drawn;
  for (const auto drawer : drawers) {
    ASSERT_TRUE(launched.run_until([&] { return launched.life(drawer).answers().size() == 1; }));
    drawn.insert(launched.life(drawer).answers().front());
  }
  EXPECT_EQ(drawn.size(), kWorkers);
}

TEST_F(NodeLoop, EndsCleanlyWhenItIsStopped) {
  launched.eval(worker, "last words");
  launched.workers().send(worker, wire::Stop{});
  ASSERT_TRUE(launched.run_until([&] { return launched.life(worker).exited(); }));
  EXPECT_EQ(launched.life(worker).exits[0].kind, core::ExitKind::Clean);
}

}  // namespace
}  // namespace roost::launch
