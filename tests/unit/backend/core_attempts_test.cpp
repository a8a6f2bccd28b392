// SPDX-License-Identifier: MIT
#include "tests/unit/backend/core_fixture.h"

namespace roost::core {
namespace {

// Node 1 runs a request from outside and attempts something at node 2.
class CoreAttempts : public CoreTest {
 protected:
  void SetUp() override {
    for (const std::uint8_t number : {1, 2, 3}) have(record(number));
    first = request(1);
    ready(1);
  }
  // The process asks for a request of its own; gives its number, 0 if it was refused.
  std::uint64_t attempts(std::uint64_t worker, std::uint64_t number, wire::Origin waits) {
    says(worker, wire::Attempt{number, waits});
    const auto* attempting = std::get_if<wire::Attempting>(&sent.back().frame);
    EXPECT_TRUE(attempting && attempting->attempt == number);
    return attempting ? attempting->request : 0;
  }
  static wire::Origin value_origin(std::uint64_t id, std::uint64_t trace = 1) { return {id, trace, wire::Format::Value}; }
  void goes(std::uint64_t worker, std::uint64_t id, std::uint8_t to) {
    says(worker, wire::Send{value_origin(id), settings.host, key(to), "computation"});
  }
  // Of node 1's first attempt, at node 2, which worker 2 has.
  std::uint64_t attempt_at_2() {
    const std::uint64_t id = attempts(1, 1, origin(first));
    goes(1, id, 2);
    ready(2);
    return id;
  }
  // What the process was told last.
  [[nodiscard]] const wire::Attempted& told(std::uint64_t worker) const {
    static const wire::Attempted nothing{0, false, {}, "nothing"};
    for (auto at = sent.rbegin(); at != sent.rend(); ++at)
      if (const auto* what = std::get_if<wire::Attempted>(&at->frame); what && at->worker == worker) return *what;
    return nothing;
  }
  std::uint64_t first = 0;
};

TEST_F(CoreAttempts, AValueGoesToWhoeverAsked) {
  const std::uint64_t id = attempt_at_2();
  says(2, wire::Return{value_origin(id), "value"});
  EXPECT_EQ(told(1), (wire::Attempted{1, true, "value", ""}));
  EXPECT_EQ(kind_of(first), "(open)") << "the request itself is not answered by it";
  answers(1, first);
  EXPECT_EQ(value_of(first), "2");
}

TEST_F(CoreAttempts, AFailureGoesThereWithItsPlace) {
  const std::uint64_t id = attempt_at_2();
  says(2, wire::Answer{value_origin(id), wire::Failure{wire::FailureKind::ProgramFailed, "out of plums", "pick", 0, 0, {}, {}, {"shop"}}});
  EXPECT_FALSE(told(1).ok);
  EXPECT_EQ(told(1).failure, "out of plums (at node " + fingerprint_of(key(2)) + ", in `pick`, called by `shop`)");
}

TEST_F(CoreAttempts, AValueForAProcessThatDoesNotTakeWhatComesToItIsAFailure) {
  const std::uint64_t id = attempt_at_2();
  unsent = settings.mailbox_bytes_max + 1;
  says(2, wire::Return{value_origin(id), "value"});
  EXPECT_FALSE(told(1).ok);
  EXPECT_NE(told(1).failure.find("mailbox_bytes_max"), std::string::npos) << told(1).failure;
}

TEST_F(CoreAttempts, AValueWaitsForTheWriteBeforeIt) {
  const std::uint64_t id = attempt_at_2();
  writes(2);
  says(2, wire::Return{value_origin(id), "value"});
  EXPECT_EQ(sent_to<wire::Attempted>(1), 0u);
  commits();
  EXPECT_EQ(told(1).value, "value");
}

TEST_F(CoreAttempts, AWriteThatCannotBeCommittedIsAFailure) {
  const std::uint64_t id = attempt_at_2();
  writes(2);
  says(2, wire::Return{value_origin(id), "value"});
  commits(false);
  EXPECT_NE(told(1).failure.find("could not be committed"), std::string::npos) << told(1).failure;
}

TEST_F(CoreAttempts, AProcessThatDiesIsAFailureLikeAnyOther) {
  attempt_at_2();
  dies(2);
  EXPECT_NE(told(1).failure.find("SIGSEGV"), std::string::npos) << told(1).failure;
}

TEST_F(CoreAttempts, ADestroyedNodeIsAFailureLikeAnyOther) {
  const std::uint64_t id = attempts(1, 1, origin(first));
  destroy(2);
  commits();
  goes(1, id, 2);
  EXPECT_NE(told(1).failure.find("was destroyed"), std::string::npos) << told(1).failure;
}

TEST_F(CoreAttempts, ANodeThatIsDestroyedMeanwhileIsAFailureToo) {
  attempt_at_2();
  destroy(2);
  dies(2, {ExitKind::Signal, 9, "killed"});
  commits();
  EXPECT_FALSE(told(1).ok);
  EXPECT_EQ(sent_to<wire::Attempted>(1), 1u);
}

TEST_F(CoreAttempts, AClosedListIsAFailureLikeAnyOther) {
  have(record(4, AccessKind::Only));
  const std::uint64_t id = attempts(1, 1, origin(first));
  goes(1, id, 4);
  EXPECT_NE(told(1).failure.find("those on its list"), std::string::npos) << told(1).failure;
  EXPECT_EQ(launches.size(), 1u);
}

TEST_F(CoreAttempts, AComputationThatEndsWithoutAValueIsAFailure) {
  attempt_at_2();
  idle(2, 1);
  EXPECT_NE(told(1).failure.find("without a value"), std::string::npos) << told(1).failure;
}

TEST_F(CoreAttempts, OneThatComesBackMayEndAtHome) {
  const std::uint64_t id = attempt_at_2();
  goes(2, id, 1);
  EXPECT_EQ(sent_to<wire::Run>(1), 1u);
  says(1, wire::Return{value_origin(id), "home"});
  EXPECT_EQ(told(1).value, "home");
}

TEST_F(CoreAttempts, NobodyIsToldWhenWhoeverAskedIsGone) {
  const std::uint64_t id = attempt_at_2();
  dies(1);
  EXPECT_EQ(kind_of(first), "worker-died");
  says(2, wire::Return{value_origin(id), "value"});
  EXPECT_EQ(sent_to<wire::Attempted>(1), 0u);
  EXPECT_FALSE(is_killed(2)) << "it could not know";
  idle(2, 1);
  EXPECT_EQ(state_of(2), NodeState::Idle);
  EXPECT_EQ(container().counts().requests, 0u);
}

TEST_F(CoreAttempts, NodesThatWaitForEachOtherInACircleAreRefused) {
  const std::uint64_t outer = attempt_at_2();                                // 1 waits for 2
  const std::uint64_t inner = attempts(2, 1, value_origin(outer));
  goes(2, inner, 3);                                                         // 2 waits for 3
  ready(3);
  goes(3, inner, 1);                                                         // which would be at 1, that waits for it
  const std::string one = fingerprint_of(key(1)), two = fingerprint_of(key(2));
  EXPECT_NE(told(2).failure.find(one + " → " + two + " → " + one), std::string::npos) << told(2).failure;
  EXPECT_EQ(sent_to<wire::Run>(1), 0u);
}

TEST_F(CoreAttempts, AComputationMayReturnToTheNodeThatAskedForIt) {
  const std::uint64_t outer = attempt_at_2();
  const std::uint64_t inner = attempts(2, 1, value_origin(outer));
  goes(2, inner, 3);
  ready(3);
  goes(3, inner, 2);   // 2 asked for it: it goes home
  EXPECT_EQ(sent_to<wire::Run>(2), 2u);
  says(2, wire::Return{value_origin(inner), "x"});
  EXPECT_EQ(told(2).value, "x");
}

TEST_F(CoreAttempts, ARowOfAttemptsIsBounded) {
  std::uint64_t id = attempts(1, 1, origin(first));
  for (std::uint64_t number = 2; number <= 300; ++number) id = attempts(1, number, value_origin(id));
  goes(1, id, 2);
  EXPECT_NE(told(1).failure.find("in a row"), std::string::npos) << told(1).failure;
}

TEST_F(CoreAttempts, AttemptsOfOneProcessAreBounded) {
  for (std::uint64_t number = 1; number <= 1024; ++number) ASSERT_NE(attempts(1, number, origin(first)), 0u);
  says(1, wire::Attempt{1025, origin(first)});
  const auto& refused = std::get<wire::Attempting>(sent.back().frame);
  EXPECT_EQ(refused.request, 0u);
  EXPECT_NE(refused.reason.find("1024 of 1024"), std::string::npos) << refused.reason;
}

TEST_F(CoreAttempts, TheyAreBoundedAndKeepNoRequestAway) {
  settings.requests_max = 2;
  settings.attempts_max = 3;
  container().change_settings(now, settings);
  for (std::uint64_t number = 1; number <= 3; ++number) EXPECT_NE(attempts(1, number, origin(first)), 0u);
  EXPECT_EQ(attempts(1, 4, origin(first)), 0u);
  EXPECT_NE(std::get<wire::Attempting>(sent.back().frame).reason.find("attempts_max"), std::string::npos);
  EXPECT_EQ(kind_of(request(2)), "(open)");
  EXPECT_EQ(kind_of(request(2)), "container-full");
  dies(1);   // its attempts end with it
  const std::uint64_t another = request(3);
  ready(3);
  for (std::uint64_t number = 1; number <= 3; ++number) EXPECT_NE(attempts(3, number, origin(another)), 0u);
}

TEST_F(CoreAttempts, AProblemBringsTheLinesThatWereAskedFor) {   // of debug
  const std::uint64_t asked = request(2, Operator{}, true);
  ready(2);
  says(2, wire::Log{asked, wire::LogLevel::Debug, "before: 1"});
  says(2, wire::Answer{origin(asked), wire::Failure{wire::FailureKind::ProgramFailed, "no", "", 0, 0, {}}});
  ASSERT_NE(problem_of(asked), nullptr);
  EXPECT_EQ(problem_of(asked)->debug, std::vector<std::string>{"before: 1"});
}

TEST_F(CoreAttempts, AProcessWaitsOnlyForWhatItHas) {
  says(1, wire::Attempt{1, origin(first + 77)});
  EXPECT_TRUE(is_killed(1));
}

TEST_F(CoreAttempts, ATextIsNoValueAndAValueNoText) {
  const std::uint64_t id = attempt_at_2();
  says(2, wire::Answer{origin(id), "2"});
  EXPECT_TRUE(is_killed(2));
  EXPECT_FALSE(told(1).ok);
  says(1, wire::Return{value_origin(first), "value"});
  EXPECT_TRUE(is_killed(1));
  EXPECT_EQ(kind_of(first), "worker-died");
}

TEST_F(CoreAttempts, HowAnAnswerIsWrittenIsNotTheSendersToChoose) {
  says(1, wire::Send{value_origin(first), settings.host, key(2), "computation"});   // the request wants text
  ready(2);
  const auto& run = std::get<wire::Run>(sent.back().frame);
  EXPECT_EQ(run.origin.format, wire::Format::Text);
}

}  // namespace
}  // namespace roost::core
