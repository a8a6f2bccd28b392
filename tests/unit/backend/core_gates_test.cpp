// SPDX-License-Identifier: MIT
#include "tests/unit/backend/core_fixture.h"

namespace roost::core {
namespace {

class CoreGates : public CoreTest {
 protected:
  void SetUp() override {
    have(record(1));
    have(record(2));
    first = request(1);
    ready(1);
  }
  std::uint64_t first = 0;
};

TEST_F(CoreGates, AnAnswerWaitsForTheWriteBeforeIt) {
  writes(1);
  answers(1, first);
  EXPECT_EQ(kind_of(first), "(open)");
  commits();
  EXPECT_EQ(value_of(first), "2");
}

TEST_F(CoreGates, AnAnswerWithoutAWriteDoesNotWait) {
  answers(1, first);
  EXPECT_EQ(value_of(first), "2");
  EXPECT_TRUE(batches.empty());
}

TEST_F(CoreGates, AComputationWaitsForTheWriteBeforeIt) {
  writes(1);
  sends(1, first, 2);
  EXPECT_EQ(launches.size(), 1u);
  commits();
  EXPECT_EQ(launches.size(), 2u);
}

TEST_F(CoreGates, AReadWaitsForTheWriteBeforeIt) {
  writes(1);
  says(1, wire::Read{5, wire::ReadKind::First, Bytes(wire::kTokenBytes, 't'), ""});
  EXPECT_TRUE(state_reads.empty());
  commits();
  ASSERT_EQ(state_reads.size(), 1u);
  container().read_done(now, state_reads[0].id, std::vector<wire::Entry>{{"h", "k", "v"}});
  ASSERT_EQ(sent_to<wire::ReadResult>(1), 1u);
  EXPECT_EQ(std::get<wire::ReadResult>(sent.back().frame).read, 5u);
}

TEST_F(CoreGates, AFetchWaitsForTheWriteBeforeIt) {
  writes(1);
  says(1, wire::Fetch{5, "http://example.org/"});
  EXPECT_TRUE(fetches.empty());
  commits();
  ASSERT_EQ(fetches.size(), 1u);
  EXPECT_EQ(fetches[0].url, "http://example.org/");
  container().fetch_done(now, fetches[0].id, std::string("jam"));
  ASSERT_EQ(sent_to<wire::Fetched>(1), 1u);
  EXPECT_EQ(std::get<wire::Fetched>(sent.back().frame), (wire::Fetched{5, true, "jam"}));
  container().fetch_done(now, fetches[0].id, std::string("again"));
  EXPECT_EQ(sent_to<wire::Fetched>(1), 1u);
}

TEST_F(CoreGates, AFetchThatFailedSaysWhy) {
  says(1, wire::Fetch{5, "http://example.org/"});
  ASSERT_EQ(fetches.size(), 1u);
  container().fetch_done(now, fetches[0].id, Refused{std::string("no such host")});
  EXPECT_EQ(std::get<wire::Fetched>(sent.back().frame), (wire::Fetched{5, false, "no such host"}));
}

TEST_F(CoreGates, ReadsAndFetchesShareTheirNumbers) {
  says(1, wire::Read{5, wire::ReadKind::First, Bytes(wire::kTokenBytes, 't'), ""});
  says(1, wire::Fetch{5, "http://example.org/"});
  EXPECT_TRUE(is_killed(1));
  EXPECT_TRUE(fetches.empty());
}

TEST_F(CoreGates, FewReadsOfOneProcessAreCarriedOutAtOnce) {
  for (std::uint64_t read = 1; read <= 10; ++read) says(1, wire::Read{read, wire::ReadKind::First, Bytes(wire::kTokenBytes, 't'), ""});
  EXPECT_EQ(state_reads.size(), 4u);
  for (std::size_t done = 0; done < state_reads.size(); ++done) container().read_done(now, state_reads[done].id, std::vector<wire::Entry>{});
  ASSERT_EQ(state_reads.size(), 10u);
  for (std::uint64_t read = 1; read <= 10; ++read) EXPECT_EQ(state_reads[read - 1].read.read, read);
  EXPECT_EQ(sent_to<wire::ReadResult>(1), 10u);
}

TEST_F(CoreGates, FewFetchesOfOneProcessAreCarriedOutAtOnceAndHoldUpNoRead) {
  for (std::uint64_t read = 1; read <= 10; ++read) says(1, wire::Fetch{read, "http://example.org/"});
  EXPECT_EQ(fetches.size(), 8u);
  says(1, wire::Read{11, wire::ReadKind::First, Bytes(wire::kTokenBytes, 't'), ""});
  EXPECT_EQ(state_reads.size(), 1u);
  container().fetch_done(now, fetches[0].id, std::string("jam"));
  EXPECT_EQ(fetches.size(), 9u);
}

TEST_F(CoreGates, FetchesAreForgottenWhenTheirProcessEnds) {
  says(1, wire::Fetch{5, "http://example.org/"});
  dies(1);
  ASSERT_EQ(forgotten, std::vector<PublicKey>{key(1)});
  container().fetch_done(now, fetches[0].id, Refused{std::string("nobody waits for it any more")});
  const auto second = request(2);
  ready(2);
  answers(2, second);
  dies(2);
  EXPECT_EQ(forgotten.size(), 1u) << "it asked for none";
}

TEST_F(CoreGates, WhoDoesNotTakeItsAnswersGetsNoMoreUntilItDoes) {
  unsent = settings.mailbox_bytes_max + 1;
  says(1, wire::Read{1, wire::ReadKind::First, Bytes(wire::kTokenBytes, 't'), ""});
  says(1, wire::Fetch{2, "http://example.org/"});
  EXPECT_TRUE(state_reads.empty() && fetches.empty());
  unsent = 0;
  container().worker_took(now, WorkerId{1});
  EXPECT_TRUE(state_reads.size() == 1 && fetches.size() == 1);
}

TEST_F(CoreGates, QuestionsThatWaitAreBoundedInBytes) {
  for (std::uint64_t read = 1; read <= 8 + 4; ++read) says(1, wire::Fetch{read, std::string(15u << 20, 'u')});
  EXPECT_FALSE(is_killed(1));
  says(1, wire::Fetch{13, std::string(15u << 20, 'u')});
  EXPECT_TRUE(is_killed(1));
}

TEST_F(CoreGates, WhoAsksForLeaveAndNeverTakesItIsEnded) {
  unsent = settings.mailbox_bytes_max + 13 * wire::kFrameBytesMax;   // as much as answers may come to
  says(1, wire::Reserve{1});
  EXPECT_FALSE(is_killed(1));
  ++unsent;
  says(1, wire::Reserve{1});
  EXPECT_TRUE(is_killed(1));
  EXPECT_EQ(sent_to<wire::Reserved>(1), 1u);
  EXPECT_EQ(kind_of(first), "worker-unresponsive");
}

TEST_F(CoreGates, WhatGathersWhileOneBatchIsUnderWayIsTheNext) {
  writes(1, "a");
  writes(1, "b");
  writes(1, "c");
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].id, BatchId{8});
  EXPECT_EQ(batches[0].entries.size(), 1u);
  commits();
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[1].id, BatchId{9});
  EXPECT_EQ(batches[1].entries.size(), 2u);
}

TEST_F(CoreGates, ABatchIsNotLargerThanItsLimit) {
  settings.journal_batch_max = 2;
  container().change_settings(now, settings);
  for (int i = 0; i < 6; ++i) writes(1);
  commits();
  EXPECT_EQ(batches.back().entries.size(), 2u);
}

TEST_F(CoreGates, ABatchIsBoundedInBytesToo) {
  settings.journal_bytes_max = std::uint64_t{1} << 30;
  container().change_settings(now, settings);
  for (int i = 0; i < 11; ++i) writes(1, std::string(15u << 17, 'v'));
  std::vector<std::size_t> sizes;
  for (std::size_t done = 0; done < batches.size(); ++done) {
    sizes.push_back(batches[done].entries.size());
    commits();
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 4, 4, 2}));
}

TEST_F(CoreGates, WhoFillsTheJournalIsEndedAndNotWhoeverWritesNext) {
  settings.journal_bytes_max = 8000;
  container().change_settings(now, settings);
  const auto other = request(2);
  ready(2);
  for (int i = 0; i < 4; ++i) writes(1, std::string(1000, 'v'));   // of which one is under way
  EXPECT_FALSE(is_killed(1));
  writes(2, std::string(1000, 'v'));
  EXPECT_FALSE(is_killed(2)) << "it has little";
  writes(1);
  EXPECT_TRUE(is_killed(1)) << "the last quarter is for others";
  EXPECT_EQ(kind_of(first), "storage-failed");
  answers(2, other);
  commits();
  commits();
  EXPECT_EQ(value_of(other), "2");
}

TEST_F(CoreGates, WhatIsCommittedCountsNoLonger) {
  settings.journal_bytes_max = 8000;
  container().change_settings(now, settings);
  for (int i = 0; i < 20; ++i) {
    writes(1, std::string(4000, 'v'));
    commits(true);
  }
  EXPECT_FALSE(is_killed(1));
}

TEST_F(CoreGates, EverythingThatANodeSaysIsCountedWhileItWaits) {
  const Bytes large(15u << 20, 'x');
  const std::vector<wire::Failure> failures{{wire::FailureKind::ProgramFailed, "r", "", 0, 0, {large}},
                                            {wire::FailureKind::ProgramFailed, "r", large, 0, 0, {}},
                                            {wire::FailureKind::ProgramFailed, "r", "", 0, 0, {}, large},
                                            {wire::FailureKind::ProgramFailed, "r", "", 0, 0, {}, "", {large}}};
  std::vector<std::uint64_t> requests;
  for (int i = 0; i < 6; ++i) requests.push_back(request(1));
  writes(1);
  for (std::size_t i = 0; i < failures.size(); ++i) says(1, wire::Answer{origin(requests[i]), failures[i]});
  EXPECT_FALSE(is_killed(1));
  says(1, wire::Send{origin(0), large, key(2), "c"});
  EXPECT_TRUE(is_killed(1));
}

TEST_F(CoreGates, AnotherNodesOutputDoesNotWait) {
  writes(1);
  const auto id = request(2);
  ready(2);
  answers(2, id);
  EXPECT_EQ(value_of(id), "2");
}

TEST_F(CoreGates, AFailedBatchEndsItsWriters) {
  writes(1);
  answers(1, first);
  commits(false);
  EXPECT_TRUE(is_killed(1));
  ASSERT_EQ(kind_of(first), "storage-failed");
  EXPECT_NE(problem_of(first)->detail.find("no space"), std::string::npos);
}

TEST_F(CoreGates, WhatTheDatabaseSaidOfAFailedBatchIsForTheLogAlone) {
  writes(1);
  answers(1, first);
  commits(false);
  EXPECT_EQ(problem_of(first)->detail.find("the table's name"), std::string::npos);
  EXPECT_EQ(std::ranges::count(events, "commit-failed: 1 entries: no space: the table's name"), 1);
}

TEST_F(CoreGates, AFailedBatchTakesItsWritersLaterEntriesWithIt) {
  writes(1, "a");
  writes(1, "b");
  commits(false);
  EXPECT_EQ(batches.size(), 1u) << "b rests on a, and must not be committed";
}

TEST_F(CoreGates, AFailedBatchSparesOthersEntries) {
  request(2);
  ready(2);
  writes(1, "a");
  writes(2, "b");
  commits(false);
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[1].id, batches[0].id) << "the position was not reached";
  EXPECT_FALSE(is_killed(2));
}

TEST_F(CoreGates, AfterAFailedBatchTheNodeIsUsable) {
  writes(1);
  commits(false);
  dies(1);
  const auto id = request(1);
  ready(2);
  answers(2, id);
  EXPECT_EQ(value_of(id), "2");
}

TEST_F(CoreGates, WhatAProcessSaidBeforeItDiedIsLetOut) {
  writes(1);
  answers(1, first);
  dies(1);
  EXPECT_EQ(kind_of(first), "(open)");
  commits();
  EXPECT_EQ(value_of(first), "2");
}

TEST_F(CoreGates, TooManyBytesInTheJournalEndTheWriter) {
  settings.journal_bytes_max = 1000;
  container().change_settings(now, settings);
  writes(1, std::string(2000, 'x'));
  EXPECT_TRUE(is_killed(1));
  ASSERT_EQ(kind_of(first), "storage-failed");
  EXPECT_EQ(problem_of(first)->setting, "journal_bytes_max");
}

TEST_F(CoreGates, AReadThatFailedIsToldToTheWorker) {
  says(1, wire::Read{5, wire::ReadKind::First, Bytes(wire::kTokenBytes, 't'), ""});
  container().read_done(now, state_reads.at(0).id, Refused{std::string("the database is gone")});
  EXPECT_FALSE(std::get<wire::ReadResult>(sent.back().frame).ok);
}

TEST_F(CoreGates, ASpawnedNodeIsAChildWithItsParentsAccess) {
  says(1, wire::Reserve{1});
  spawns(1, 50);
  ASSERT_EQ(batches.size(), 1u);
  const auto& made = std::get<NodeCreation>(batches[0].entries.at(0)).record;
  EXPECT_EQ(made.key, key(50));
  EXPECT_EQ(made.parent, key(1));
  EXPECT_EQ(made.lifetime, Lifetime::Linked);
  EXPECT_EQ(made.access.kind, AccessKind::Anyone);
  EXPECT_EQ(made.sealed_key, "sealed:" + Bytes(32, 's'));
}

TEST_F(CoreGates, ASpawnedNodeCanBeSpokenToOnceItIsDurable) {
  says(1, wire::Reserve{1});
  spawns(1, 50);
  EXPECT_EQ(kind_of(request(50)), "unknown-node");
  sends(1, first, 50);
  EXPECT_EQ(launches.size(), 1u);
  commits();
  ASSERT_EQ(launches.size(), 2u);
  EXPECT_EQ(launches[1].node, key(50));
}

TEST_F(CoreGates, AChildWhoseCreationFailedIsNotThere) {
  says(1, wire::Reserve{1});
  spawns(1, 50);
  commits(false);
  EXPECT_EQ(kind_of(request(50)), "unknown-node");
  EXPECT_EQ(container().counts().nodes, 2u);
  EXPECT_EQ(board.size(), 2u);
}

TEST_F(CoreGates, ACreationIsAnsweredWhenItIsDurable) {
  container().create(now, RequestId{900}, record(60));
  EXPECT_FALSE(is_answered(900));
  commits();
  EXPECT_TRUE(is_done(900));
}

}  // namespace
}  // namespace roost::core
