// SPDX-License-Identifier: MIT
#include "tests/unit/backend/core_fixture.h"

namespace roost::core {
namespace {

class CoreLifecycle : public CoreTest {};

TEST_F(CoreLifecycle, TwoRacingMessagesWakeANodeOnce) {
  have(record(1));
  request(1);
  request(1);
  EXPECT_EQ(launches.size(), 1u);
  ready(1);
  EXPECT_EQ(sent_to<wire::Eval>(1), 2u);
}

TEST_F(CoreLifecycle, AnIdleNodeSleepsAfterItsTimeout) {
  have(record(1));
  const auto worker = awake(1);
  passes(settings.idle_timeout - 1ms);
  EXPECT_EQ(state_of(1), NodeState::Idle);
  passes(1ms);
  EXPECT_EQ(state_of(1), NodeState::Draining);
  EXPECT_EQ(sent_to<wire::Stop>(worker), 1u);
  stops(worker);
  EXPECT_EQ(state_of(1), NodeState::Asleep);
}

TEST_F(CoreLifecycle, AnIdleSaidBeforeTheNewestMessageDoesNotCount) {
  have(record(1));
  const auto first = request(1);
  ready(1);
  answers(1, first);
  request(1);
  idle(1, 1);   // said when it had seen one of two
  EXPECT_EQ(state_of(1), NodeState::Active);
  passes(settings.idle_timeout);
  EXPECT_EQ(sent_to<wire::Stop>(1), 0u);
}

TEST_F(CoreLifecycle, ANodeWithHeldOutputDoesNotRest) {
  have(record(1));
  const auto id = request(1);
  ready(1);
  writes(1);
  answers(1, id);
  idle(1, 1);
  EXPECT_EQ(state_of(1), NodeState::Active);
  commits();
  EXPECT_EQ(state_of(1), NodeState::Idle);
}

TEST_F(CoreLifecycle, AMessageForADrainingNodeWakesItOnceItIsReaped) {
  have(record(1));
  const auto worker = awake(1);
  passes(settings.idle_timeout);
  const auto id = request(1);
  EXPECT_EQ(launches.size(), 1u);
  stops(worker);
  ASSERT_EQ(launches.size(), 2u);
  ready(2);
  answers(2, id);
  EXPECT_EQ(value_of(id), "2");
}

TEST_F(CoreLifecycle, AProcessThatDoesNotStopIsKilled) {
  have(record(1));
  const auto worker = awake(1);
  passes(settings.idle_timeout + 2s);
  EXPECT_TRUE(is_killed(worker));
}

TEST_F(CoreLifecycle, TheDeathOfAWorkerIsToldToItsCallers) {
  have(record(1));
  const auto id = request(1);
  ready(1);
  dies(1);
  ASSERT_EQ(kind_of(id), "worker-died");
  EXPECT_NE(problem_of(id)->detail.find("SIGSEGV"), std::string::npos);
  EXPECT_EQ(problem_of(id)->retry_after_s, 1u);
  EXPECT_EQ(state_of(1), NodeState::Asleep);
  EXPECT_TRUE(events.back().starts_with("request-failed: worker-died: ")) << events.back();
}

TEST_F(CoreLifecycle, AMemoryLimitIsSaidToBeOne) {
  have(record(1));
  const auto id = request(1);
  ready(1);
  dies(1, {ExitKind::Status, 3, "it met the memory limit of its process"});
  EXPECT_EQ(kind_of(id), "memory-limit");
}

TEST_F(CoreLifecycle, MessagesNotYetDeliveredGoToTheNextProcess) {
  have(record(1));
  const auto id = request(1);
  dies(1);   // before Ready
  ASSERT_EQ(launches.size(), 2u);
  ready(2);
  answers(2, id);
  EXPECT_EQ(value_of(id), "2");
}

TEST_F(CoreLifecycle, ANodeThatCannotStartIsNotStartedForEver) {
  have(record(1));
  const auto id = request(1);
  dies(1);
  dies(2);
  dies(3);
  EXPECT_EQ(kind_of(id), "worker-died");
  EXPECT_EQ(launches.size(), 3u);
  EXPECT_EQ(state_of(1), NodeState::Asleep);
}

TEST_F(CoreLifecycle, AWorkerThatIsNotReadyInTimeIsKilled) {
  have(record(1));
  request(1);
  passes(settings.wake_timeout);
  EXPECT_TRUE(is_killed(1));
}

TEST_F(CoreLifecycle, ASilentActiveWorkerIsPinged) {
  have(record(1));
  request(1);
  ready(1);
  passes(1s);
  EXPECT_EQ(sent_to<wire::Ping>(1), 1u);
}

TEST_F(CoreLifecycle, AWorkerThatAnswersPingsLives) {
  have(record(1));
  request(1, Anonymous{});
  ready(1);
  for (int i = 0; i < 40; ++i) {
    passes(1s);
    says(1, wire::Pong{1});
  }
  EXPECT_FALSE(is_killed(1));
}

TEST_F(CoreLifecycle, AWorkerThatDoesNotAnswerAPingIsKilled) {
  have(record(1));
  const auto id = request(1);
  ready(1);
  passes(1s + settings.unresponsive_timeout);
  EXPECT_TRUE(is_killed(1));
  EXPECT_EQ(kind_of(id), "worker-unresponsive");
}

TEST_F(CoreLifecycle, SilenceThatIsOursIsNotHeldAgainstAWorker) {
  have(record(1));
  request(1);
  ready(1);
  held_up = true;
  passes(1s + 3 * settings.unresponsive_timeout);
  EXPECT_FALSE(is_killed(1));
  held_up = false;
  passes(settings.unresponsive_timeout);
  EXPECT_TRUE(is_killed(1));
}

TEST_F(CoreLifecycle, AnIdleWorkerIsNotPinged) {
  have(record(1));
  const auto worker = awake(1);
  passes(30s);
  EXPECT_EQ(sent_to<wire::Ping>(worker), 0u);
}

TEST_F(CoreLifecycle, AnIdleNodeCanBeToldToSleep) {
  have(record(1));
  const auto worker = awake(1);
  container().put_to_sleep(now, RequestId{900}, key(1));
  EXPECT_TRUE(is_done(900));
  EXPECT_EQ(sent_to<wire::Stop>(worker), 1u);
}

TEST_F(CoreLifecycle, ABusyNodeCannotBeToldToSleep) {
  have(record(1));
  request(1);
  ready(1);
  container().put_to_sleep(now, RequestId{900}, key(1));
  EXPECT_EQ(kind_of(900), "conflict");
}

TEST_F(CoreLifecycle, TheStatusMapShowsEveryState) {
  have(record(1));
  EXPECT_EQ(board.at(0).state, NodeState::Asleep);
  const auto worker = awake(1);
  EXPECT_EQ(board.at(0).state, NodeState::Idle);
  EXPECT_EQ(board.at(0).pid, static_cast<std::int32_t>(worker) + 1000);
  EXPECT_EQ(board.at(0).messages, 1u);
  EXPECT_EQ(board.at(0).awake_used, 1u);
}

TEST_F(CoreLifecycle, DescribingWakesNobody) {
  have(record(1));
  EXPECT_EQ(state_of(1), NodeState::Asleep);
  EXPECT_TRUE(launches.empty());
}

TEST_F(CoreLifecycle, DrainingTakesNoNewWork) {
  have(record(1));
  container().drain(now);
  EXPECT_EQ(kind_of(request(1)), "draining");
  EXPECT_TRUE(container().drained());
}

TEST_F(CoreLifecycle, DrainingLetsWhatRunsEnd) {
  have(record(1));
  const auto id = request(1);
  ready(1);
  container().drain(now);
  answers(1, id);
  EXPECT_EQ(value_of(id), "2");
  idle(1, 1);
  EXPECT_EQ(sent_to<wire::Stop>(1), 1u);
  stops(1);
  EXPECT_TRUE(container().drained());
}

TEST_F(CoreLifecycle, DrainingCutsOffWhatDoesNotEndInTime) {
  settings.unresponsive_timeout = 10min;
  have(record(1));
  const auto id = request(1);
  ready(1);
  container().drain(now);
  passes(settings.drain_timeout);
  EXPECT_EQ(kind_of(id), "worker-died");   // it may have done something
  EXPECT_TRUE(is_killed(1));
  dies(1);
  EXPECT_TRUE(container().drained());
}

}  // namespace
}  // namespace roost::core
