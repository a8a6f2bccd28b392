// SPDX-License-Identifier: MIT
// A worker that breaks the protocol is killed, and its callers are told.
#include "tests/unit/backend/core_fixture.h"

namespace roost::core {
namespace {

class CoreFrames : public CoreTest {
 protected:
  void SetUp() override {
    have(record(1));
    have(record(2));
    NodeRecord poor = record(3);
    poor.capabilities = 0;
    have(poor);
    mine = request(1);
    ready(1);
  }
  void expect_violation(const std::string& words) {
    EXPECT_TRUE(is_killed(1));
    ASSERT_EQ(kind_of(mine), "worker-died");
    EXPECT_NE(problem_of(mine)->detail.find(words), std::string::npos) << problem_of(mine)->detail;
  }
  std::uint64_t mine = 0;
};

TEST_F(CoreFrames, AnAnswerForSomeoneElsesRequestIsAViolation) {
  const auto other = request(2);
  ready(2);
  answers(1, other, "forged");
  expect_violation("does not have");
  answers(2, other, "true");
  EXPECT_EQ(value_of(other), "true");
}

TEST_F(CoreFrames, ASecondAnswerIsAViolation) {
  const auto another = request(1);
  answers(1, another);
  answers(1, another);
  expect_violation("does not have");
}

TEST_F(CoreFrames, WhatWasSentOnCannotBeAnswered) {
  const auto another = request(1);
  sends(1, another, 2);
  answers(1, another);
  expect_violation("does not have");
  EXPECT_EQ(kind_of(another), "(open)");
}

TEST_F(CoreFrames, AFrameBeforeReadyIsAViolation) {
  request(2);
  says(2, wire::Pong{});
  EXPECT_TRUE(is_killed(2));
}

TEST_F(CoreFrames, ASecondReadyIsAViolation) {
  says(1, wire::Ready{});
  expect_violation("second Ready");
}

TEST_F(CoreFrames, AnotherVersionIsAViolation) {
  request(2);
  says(2, wire::Ready{wire::kProtocolVersion + 1});
  EXPECT_TRUE(is_killed(2));
}

TEST_F(CoreFrames, ASpawnWithoutLeaveIsAViolation) {
  spawns(1, 50);
  expect_violation("without leave");
}

TEST_F(CoreFrames, ASpawnOfANodeThatExistsIsAViolation) {
  says(1, wire::Reserve{1});
  spawns(1, 2);
  expect_violation("exists");
}

TEST_F(CoreFrames, ASpawnOfADestroyedKeyIsAViolation) {
  container().load_tombstone(key(50));
  says(1, wire::Reserve{1});
  spawns(1, 50);
  expect_violation("existed");
}

TEST_F(CoreFrames, AReservationOutOfRangeIsAViolation) {
  says(1, wire::Reserve{4097});
  expect_violation("4097");
}

TEST_F(CoreFrames, AReadIdInUseIsAViolation) {
  const wire::Read read{5, wire::ReadKind::First, Bytes(wire::kTokenBytes, 't'), ""};
  says(1, read);
  says(1, read);
  expect_violation("read id");
}

TEST_F(CoreFrames, AShortTokenIsAViolation) {
  says(1, wire::Write{wire::WriteKind::Insert, "short", "k", "", ""});
  expect_violation("token");
}

TEST_F(CoreFrames, CountingMoreMessagesThanWereSentIsAViolation) {
  idle(1, 2);
  expect_violation("more messages");
}

TEST_F(CoreFrames, WorkAfterSayingIdleIsAViolation) {
  answers(1, mine);
  idle(1, 1);
  writes(1);
  EXPECT_TRUE(is_killed(1));
}

TEST_F(CoreFrames, SayingIdleTwiceIsNone) {
  answers(1, mine);
  idle(1, 1);
  idle(1, 1);
  EXPECT_FALSE(is_killed(1));
}

TEST_F(CoreFrames, ARequestThatWasGivenUpIsAnsweredWhenTheNodeRests) {
  idle(1, 1);
  EXPECT_EQ(kind_of(mine), "program-failed");
}

TEST_F(CoreFrames, EffectsThatTheSandboxForbidsAreViolations) {
  const wire::FromWorker forbidden[] = {
      wire::Write{wire::WriteKind::Insert, Bytes(wire::kTokenBytes, 't'), "k", "", ""},
      wire::Read{1, wire::ReadKind::First, Bytes(wire::kTokenBytes, 't'), ""},
      wire::Reserve{1},
      wire::Send{{}, settings.host, key(2), "c"},
  };
  for (const wire::FromWorker& frame : forbidden) {
    request(3);
    const std::uint64_t worker = launches.size();
    ready(worker);
    says(worker, frame);
    EXPECT_TRUE(is_killed(worker)) << frame.index();
    dies(worker);
  }
}

TEST_F(CoreFrames, AHopToADestroyedNodeFailsTheRequest) {
  container().load_tombstone(key(9));
  sends(1, mine, 9);
  EXPECT_EQ(kind_of(mine), "destroyed-node");
  EXPECT_NE(problem_of(mine)->detail.find(fingerprint_of(key(1))), std::string::npos);
  EXPECT_NE(problem_of(mine)->detail.find(fingerprint_of(key(9))), std::string::npos);
}

TEST_F(CoreFrames, AHopToAnotherContainerIsUnreachable) {
  says(1, wire::Send{origin(mine), "elsewhere:1", key(2), "c"});
  EXPECT_EQ(kind_of(mine), "unreachable");
}

TEST_F(CoreFrames, AHopToANodeThatDoesNotAcceptTheSenderStartsNothing) {
  NodeRecord closed = record(7, AccessKind::Only);
  have(closed);
  sends(1, mine, 7);
  EXPECT_EQ(kind_of(mine), "access-denied");
  EXPECT_EQ(launches.size(), 1u);
}

TEST_F(CoreFrames, AHopIsAnsweredByTheLastNode) {
  sends(1, mine, 2);
  ready(2);
  ASSERT_EQ(sent_to<wire::Run>(2), 1u);
  EXPECT_EQ(std::get<wire::Run>(sent.back().frame).sender, key(1));
  answers(2, mine, "there");
  EXPECT_EQ(value_of(mine), "there");
}

TEST_F(CoreFrames, WhatAKilledWorkerSaysIsIgnored) {
  says(1, wire::Ready{});
  const auto events_before = batches.size();
  writes(1);
  EXPECT_EQ(batches.size(), events_before);
}

}  // namespace
}  // namespace roost::core
