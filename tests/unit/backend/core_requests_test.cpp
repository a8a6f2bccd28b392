// SPDX-License-Identifier: MIT
#include "tests/unit/backend/core_fixture.h"

namespace roost::core {
namespace {

class CoreRequests : public CoreTest {};

TEST_F(CoreRequests, ARequestWakesItsNodeAndIsAnsweredWithItsValue) {
  have(record(1));
  const auto id = request(1);
  ASSERT_EQ(launches.size(), 1u);
  EXPECT_EQ(state_of(1), NodeState::Waking);
  ready(1);
  EXPECT_EQ(state_of(1), NodeState::Active);
  answers(1, id, "42");
  EXPECT_EQ(value_of(id), "42");
  idle(1, 1);
  EXPECT_EQ(state_of(1), NodeState::Idle);
}

TEST_F(CoreRequests, AnUnknownNodeIsSaidToBeUnknown) {
  EXPECT_EQ(kind_of(request(9)), "unknown-node");
}

TEST_F(CoreRequests, ATombstoneIsSaidToBeDestroyed) {
  container().load_tombstone(key(9));
  EXPECT_EQ(kind_of(request(9)), "destroyed-node");
}

TEST_F(CoreRequests, AnAnonymousSenderStartsNothingWhereOnlyNodesMaySpeak) {
  have(record(1, AccessKind::Container));
  EXPECT_EQ(kind_of(request(1)), "access-denied");
  EXPECT_TRUE(launches.empty());
}

TEST_F(CoreRequests, ANodeOfTheContainerMaySpeakWhereNodesMay) {
  have(record(1, AccessKind::Container));
  have(record(2));
  request(1, key(2));
  EXPECT_EQ(launches.size(), 1u);
}

TEST_F(CoreRequests, AKeyThatIsNoNodeHereMayNotSpeakWhereNodesMay) {
  have(record(1, AccessKind::Container));
  EXPECT_EQ(kind_of(request(1, key(99))), "access-denied");
}

TEST_F(CoreRequests, TheParentMayAlwaysSpeakToItsChild) {
  have(record(1));
  NodeRecord closed = child(2, 1);
  closed.access.kind = AccessKind::Only;
  have(closed);
  EXPECT_EQ(kind_of(request(2, key(3))), "access-denied");
  EXPECT_EQ(kind_of(request(2, key(1))), "(open)");
}

TEST_F(CoreRequests, OnlyThoseOnTheListMaySpeak) {
  NodeRecord listed = record(1, AccessKind::Only);
  listed.access.only = {key(5)};
  have(listed);
  EXPECT_EQ(kind_of(request(1, key(6))), "access-denied");
  EXPECT_EQ(kind_of(request(1, key(5))), "(open)");
}

TEST_F(CoreRequests, TheOperatorMaySpeakToAny) {
  have(record(1, AccessKind::Only));
  EXPECT_EQ(kind_of(request(1, Operator{})), "(open)");
}

TEST_F(CoreRequests, OneRequestTooManyIsRefusedWithTheSettingsName) {
  settings.requests_max = 1;
  have(record(1));
  request(1);
  const auto refused = request(1);
  ASSERT_EQ(kind_of(refused), "container-full");
  EXPECT_EQ(problem_of(refused)->setting, "requests_max");
  EXPECT_GT(problem_of(refused)->retry_after_s, 0u);
}

TEST_F(CoreRequests, AFullMailboxIsSaidToBeFull) {
  settings.mailbox_max = 2;
  have(record(1));
  request(1);
  request(1);
  const auto refused = request(1);
  ASSERT_EQ(kind_of(refused), "mailbox-full");
  EXPECT_EQ(problem_of(refused)->value, "2");
  EXPECT_EQ(problem_of(refused)->setting, "mailbox_max");
}

TEST_F(CoreRequests, DeliveredRequestsCountUntilTheyAreAnswered) {
  settings.mailbox_max = 1;
  have(record(1));
  const auto first = request(1);
  ready(1);
  EXPECT_EQ(kind_of(request(1)), "mailbox-full");
  answers(1, first);
  EXPECT_EQ(kind_of(request(1)), "(open)");
}

TEST_F(CoreRequests, BytesThatAWorkerDoesNotTakeFillItsMailbox) {
  have(record(1));
  const auto worker = awake(1);
  unsent = settings.mailbox_bytes_max;
  const auto refused = request(1);
  ASSERT_EQ(kind_of(refused), "mailbox-full");
  EXPECT_EQ(problem_of(refused)->setting, "mailbox_bytes_max");
  EXPECT_EQ(sent_to<wire::Eval>(worker), 1u);
}

TEST_F(CoreRequests, ATimeLimitSaysWhereTheTimeWent) {
  settings.unresponsive_timeout = 10min;
  have(record(1));
  const auto id = request(1);
  ready(1);
  passes(settings.request_timeout);
  ASSERT_EQ(kind_of(id), "time-limit");
  EXPECT_NE(problem_of(id)->detail.find("running on node"), std::string::npos);
  EXPECT_EQ(problem_of(id)->setting, "request_timeout_ms");
}

TEST_F(CoreRequests, AShorterWaitIsKept) {
  have(record(1));
  const auto id = request(1, Anonymous{}, false, 100ms);
  passes(99ms);
  EXPECT_EQ(kind_of(id), "(open)");
  passes(1ms);
  EXPECT_EQ(kind_of(id), "time-limit");
}

TEST_F(CoreRequests, AnAnswerThatComesTooLateIsNoViolation) {
  have(record(1));
  const auto id = request(1, Anonymous{}, false, 100ms);
  ready(1);
  passes(200ms);
  answers(1, id);
  EXPECT_EQ(kind_of(id), "time-limit");
  EXPECT_FALSE(is_killed(1));
}

TEST_F(CoreRequests, AProgramWhoseRequestIsOverIsNotRun) {
  have(record(1));
  request(1, Anonymous{}, false, 100ms);
  passes(200ms);
  ready(1);
  EXPECT_EQ(sent_to<wire::Eval>(1), 0u);
  EXPECT_EQ(state_of(1), NodeState::Idle);
}

TEST_F(CoreRequests, TimingsSayHowLongEachPartTook) {
  have(record(1));
  const auto id = request(1);
  passes(20ms);
  ready(1);
  writes(1);
  passes(300ms);
  answers(1, id);
  passes(50ms);
  commits();
  ASSERT_EQ(value_of(id), "2");
  EXPECT_EQ(replies.at(id).timings.wake, 20ms);
  EXPECT_EQ(replies.at(id).timings.eval, 300ms);
  EXPECT_EQ(replies.at(id).timings.commit, 50ms);
}

TEST_F(CoreRequests, DebugLinesComeBackIfTheyWereAskedFor) {
  have(record(1));
  const auto id = request(1, Anonymous{}, true);
  ready(1);
  says(1, wire::Log{id, wire::LogLevel::Debug, "here"});
  answers(1, id);
  EXPECT_EQ(std::get<Value>(replies.at(id).content).debug, std::vector<std::string>{"here"});
}

TEST_F(CoreRequests, ANodeThatHasNothingToDoWithARequestCannotAddDebugLines) {
  have(record(1));
  have(record(2));
  const auto id = request(1, Anonymous{}, true);
  request(2);
  ready(1);
  ready(2);
  says(2, wire::Log{id, wire::LogLevel::Debug, "forged"});
  answers(1, id);
  EXPECT_TRUE(std::get<Value>(replies.at(id).content).debug.empty());
}

TEST_F(CoreRequests, ALongLineIsCutInTheLogAndForTheAnswer) {
  have(record(1));
  const auto id = request(1, Anonymous{}, true);
  ready(1);
  says(1, wire::Log{id, wire::LogLevel::Warning, std::string(wire::kFrameBytesMax - 100, 'x')});
  EXPECT_LT(events.back().size(), wire::kLogLineBytesMax + 20);
  says(1, wire::Log{id, wire::LogLevel::Debug, std::string(wire::kLogLineBytesMax, 'x')});
  EXPECT_EQ(events.back(), "debug: " + std::string(wire::kLogLineBytesMax, 'x'));
}

TEST_F(CoreRequests, DebugLinesAreBounded) {
  have(record(1));
  const auto id = request(1, Anonymous{}, true);
  ready(1);
  for (int i = 0; i < 1500; ++i) says(1, wire::Log{id, wire::LogLevel::Debug, "line"});
  answers(1, id);
  const auto& lines = std::get<Value>(replies.at(id).content).debug;
  EXPECT_EQ(lines.size(), 1001u);
  EXPECT_NE(lines.back().find("left out"), std::string::npos);
}

TEST_F(CoreRequests, AFailureOfTheProgramNamesTheNodeItHappenedAt) {
  have(record(1));
  const auto id = request(1);
  ready(1);
  says(1, wire::Answer{origin(id), wire::Failure{wire::FailureKind::UnboundNames, "two names", "", 0, 0, {"a", "b"}}});
  ASSERT_EQ(kind_of(id), "unbound-names");
  EXPECT_EQ(problem_of(id)->node, key(1));
  EXPECT_EQ(problem_of(id)->names.size(), 2u);
}

TEST(CoreProblems, EveryKindHasANameOfItsOwn) {
  std::map<std::string, int> names;
  for (std::size_t kind = 0; kind < kProblemKinds; ++kind) {
    const ProblemTraits& traits = traits_of(static_cast<ProblemKind>(kind));
    EXPECT_EQ(++names[traits.name], 1) << traits.name;
    EXPECT_GE(traits.status, 400);
    EXPECT_LT(traits.status, 600);
  }
}

}  // namespace
}  // namespace roost::core
