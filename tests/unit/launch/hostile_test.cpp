// SPDX-License-Identifier: MIT
// Each program of tests/worker/hostile gets what its first lines say, and no other worker notices.

#include <signal.h>

#include "tests/unit/launch/launcher_fixture.h"

namespace roost::launch {
namespace {

using core::ExitKind;

class ForbiddenCall : public testing::TestWithParam<const char*> {};

TEST_P(ForbiddenCall, EndsTheWorkerAndNoOther) {
  Launched launched(GetParam());
  const auto sibling = launched.launch_ready();
  const auto worker = launched.launch_ready();
  const auto exit = launched.exit_after_eval(worker);
  EXPECT_EQ(exit.kind, ExitKind::Signal);
  EXPECT_EQ(exit.code, SIGSYS);
  EXPECT_NE(exit.detail.find("forbidden system call"), std::string::npos) << exit.detail;

  launched.workers().send(sibling, wire::Ping{42});
  EXPECT_TRUE(launched.run_until([&] {
    const auto* pong = std::get_if<wire::Pong>(&launched.life(sibling).frames.back());
    return pong && pong->nonce == 42;
  }));
  EXPECT_FALSE(launched.life(sibling).exited());
  EXPECT_EQ(launched.workers().sandbox().zygote_starts, 1u);
}

INSTANTIATE_TEST_SUITE_P(Hostile, ForbiddenCall,
                         testing::Values("open-file", "connect", "fork", "exec", "ptrace", "kill-sibling", "read-memory",
                                         "map-executable", "make-executable", "close-stdout", "old-interface", "x32-call",
                                         "unmap-code-store", "map-over-code-store", "shrink-code-store", "move-over-code-store"));

core::WorkerExit exit_of(const char* program) {
  Launched launched(program);
  const auto worker = launched.launch_ready();
  return launched.exit_after_eval(worker);
}

TEST(Hostile, AllocatingBeyondTheLimitEndsTheWorkerForLackOfMemory) {
  for (const char* program : {"allocate", "allocate-shared"}) {
    const auto exit = exit_of(program);
    EXPECT_EQ(exit.kind, ExitKind::Status) << program;
    EXPECT_EQ(exit.code, 71) << program;
    EXPECT_NE(exit.detail.find("worker_memory_bytes"), std::string::npos) << exit.detail;
  }
}

TEST(Hostile, AnEndWithoutAnAnswerIsReportedWithItsStatus) {
  const auto exit = exit_of("exit-at-once");
  EXPECT_EQ(exit.kind, ExitKind::Status);
  EXPECT_EQ(exit.code, 3);
}

TEST(Hostile, ACrashIsReportedWithItsSignal) {
  const auto exit = exit_of("crash");
  EXPECT_EQ(exit.kind, ExitKind::Signal);
  EXPECT_EQ(exit.code, SIGSEGV);
}

TEST(Hostile, AMalformedFrameEndsTheWorkerAsBroken) {
  const auto exit = exit_of("garbage");
  EXPECT_EQ(exit.kind, ExitKind::Broken);
  EXPECT_NE(exit.detail.find("malformed frame"), std::string::npos) << exit.detail;
}

TEST(Hostile, AnOversizeFrameEndsTheWorkerAsBroken) {
  const auto exit = exit_of("oversize-frame");
  EXPECT_EQ(exit.kind, ExitKind::Broken);
  EXPECT_NE(exit.detail.find("4294967295"), std::string::npos) << exit.detail;
}

class Unresponsive : public testing::TestWithParam<const char*> {};

TEST_P(Unresponsive, HoldsUpNobodyUntilItIsKilled) {
  Launched launched(GetParam());
  const auto sibling = launched.launch_ready();
  const auto worker = launched.launch_ready();
  launched.eval(worker, "act");
  for (std::uint64_t nonce = 1; nonce <= 3; ++nonce) {
    launched.workers().send(worker, wire::Ping{nonce});
    launched.workers().send(sibling, wire::Ping{nonce});
    EXPECT_TRUE(launched.run_until([&] {
      const auto* pong = std::get_if<wire::Pong>(&launched.life(sibling).frames.back());
      return pong && pong->nonce == nonce;
    }));
  }
  for (const auto& frame : launched.life(worker).frames) EXPECT_FALSE(std::holds_alternative<wire::Pong>(frame));
  launched.workers().kill(worker);
  EXPECT_TRUE(launched.run_until([&] { return launched.life(worker).exited(); }));
}

INSTANTIATE_TEST_SUITE_P(Hostile, Unresponsive, testing::Values("loop", "endless-frame", "flood"));

// The launcher delivers it: which requests a node may answer is for the core to know.
TEST(Hostile, AFalseAnswerKeepsItsFalseOrigin) {
  Launched launched("false-answer");
  const auto worker = launched.launch_ready();
  launched.eval(worker, "act");
  ASSERT_TRUE(launched.run_until([&] { return launched.life(worker).answers().size() == 2; }));
  std::vector<std::uint64_t> requests;
  for (const auto& frame : launched.life(worker).frames) {
    if (const auto* answer = std::get_if<wire::Answer>(&frame)) requests.push_back(answer->origin.request);
  }
  EXPECT_EQ(requests, (std::vector<std::uint64_t>{1'000'001, 1}));
}

}  // namespace
}  // namespace roost::launch
