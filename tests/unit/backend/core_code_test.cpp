// SPDX-License-Identifier: MIT
// Definitions: their gate, their room in the code store, and when they are published.

#include "tests/unit/backend/core_fixture.h"

namespace roost::core {
namespace {

class CoreCode : public CoreTest {
 protected:
  void SetUp() override {
    have(record(1));
    have(record(2));
    first = request(1);
    ready(1);
  }
  std::uint64_t first = 0;
};

TEST_F(CoreCode, ADefinitionIsPublishedWhenItIsCommitted) {
  defines(1, 5);
  EXPECT_TRUE(code.empty());
  ASSERT_EQ(batches.size(), 1u);
  const auto& entry = std::get<Definition>(batches[0].entries.at(0));
  EXPECT_EQ(entry.hash, hash(5));
  EXPECT_EQ(*entry.bytes, Bytes(10, 5));
  commits();
  EXPECT_EQ(code.at(hash(5)), Bytes(10, 5));
  EXPECT_EQ(code_reserved, 0u);
}

TEST_F(CoreCode, WhatFollowsADefinitionWaitsForIt) {
  defines(1, 5);
  sends(1, first, 2);
  says(1, wire::Fetch{5, "http://example.org/"});
  EXPECT_EQ(launches.size(), 1u);
  EXPECT_TRUE(fetches.empty());
  commits();
  EXPECT_EQ(launches.size(), 2u);
  EXPECT_EQ(fetches.size(), 1u);
}

TEST_F(CoreCode, ADefinitionThatIsThereCostsNothing) {
  code[hash(5)] = Bytes(10, 5);
  defines(1, 5);
  answers(1, first);
  EXPECT_EQ(value_of(first), "2");
  EXPECT_TRUE(batches.empty());
  EXPECT_EQ(code_reserved, 0u);
}

TEST_F(CoreCode, TwoMayDefineTheSameAtOnce) {
  const auto second = request(2);
  ready(2);
  defines(1, 5);
  defines(2, 5);
  answers(2, second);
  EXPECT_EQ(code_reserved, 20u);
  EXPECT_EQ(kind_of(second), "(open)");
  commits();
  EXPECT_EQ(value_of(second), "2") << "what it defined is committed by now";
  EXPECT_EQ(batches.size(), 1u);
  EXPECT_EQ(code_reserved, 0u);
  EXPECT_EQ(code.size(), 1u);
  EXPECT_EQ(code_bytes, 10u);
}

TEST_F(CoreCode, WhatAnotherDefinedMeanwhileStaysAsItIs) {
  const auto second = request(2);
  ready(2);
  defines(1, 5, 100);
  defines(2, 5, 4000);   // the same, with longer names
  writes(2);
  answers(2, second);
  commits();
  ASSERT_EQ(batches.size(), 2u);
  ASSERT_EQ(batches[1].entries.size(), 1u) << "the table would keep more than the store counts";
  EXPECT_TRUE(std::holds_alternative<StateWrite>(batches[1].entries[0]));
  EXPECT_EQ(kind_of(second), "(open)");
  EXPECT_EQ(code_reserved, 0u);
  commits();
  EXPECT_EQ(value_of(second), "2");
  EXPECT_EQ(code_bytes, 100u);
}

TEST_F(CoreCode, WithoutMemoryTheMachineIsToBlameAndNotTheSetting) {
  shared_memory_full = true;
  defines(1, 5);
  EXPECT_TRUE(is_killed(1));
  ASSERT_EQ(kind_of(first), "container-full");
  EXPECT_EQ(problem_of(first)->setting, "");
  EXPECT_NE(problem_of(first)->detail.find("/dev/shm"), std::string::npos) << problem_of(first)->detail;
}

TEST_F(CoreCode, AFullStoreEndsTheProcess) {
  settings.code_bytes_max = 15;
  container().change_settings(now, settings);
  defines(1, 5);
  defines(1, 6);
  EXPECT_TRUE(is_killed(1));
  ASSERT_EQ(kind_of(first), "container-full");
  EXPECT_EQ(problem_of(first)->setting, "code_bytes_max");
  EXPECT_EQ(problem_of(first)->limit, "15");
  EXPECT_EQ(problem_of(first)->value, "20");
  commits();
  EXPECT_EQ(code.size(), 1u);
}

TEST_F(CoreCode, AFullJournalTakesNoRoom) {
  settings.journal_bytes_max = 1000;
  container().change_settings(now, settings);
  defines(1, 5, 2000);
  EXPECT_TRUE(is_killed(1));
  EXPECT_EQ(problem_of(first)->setting, "journal_bytes_max");
  EXPECT_EQ(code_reserved, 0u);
}

TEST_F(CoreCode, AFailedBatchGivesUpItsRoom) {
  defines(1, 5);
  commits(false);
  EXPECT_TRUE(is_killed(1));
  EXPECT_TRUE(code.empty());
  EXPECT_EQ(code_reserved, 0u);
}

TEST_F(CoreCode, ADefinitionAfterAFailedBatchGivesUpItsRoomToo) {
  writes(1);
  defines(1, 5);
  EXPECT_EQ(code_reserved, 10u);
  commits(false);
  EXPECT_EQ(batches.size(), 1u);
  EXPECT_EQ(code_reserved, 0u);
}

TEST_F(CoreCode, AFailedBatchSparesWhatOthersDefine) {
  request(2);
  ready(2);
  defines(1, 5);
  defines(2, 6);
  commits(false);
  commits();
  EXPECT_EQ(code.size(), 1u);
  EXPECT_TRUE(code.contains(hash(6)));
  EXPECT_EQ(code_reserved, 0u);
}

TEST_F(CoreCode, WhatAProcessDefinedBeforeItDiedIsCommitted) {
  writes(1);
  defines(1, 5);
  dies(1);
  commits();
  commits();
  EXPECT_TRUE(code.contains(hash(5)));
}

TEST_F(CoreCode, ANodeAtRestDefinesNothing) {
  answers(1, first);
  idle(1, 1);
  defines(1, 5);
  EXPECT_TRUE(is_killed(1));
  EXPECT_TRUE(batches.empty());
}

}  // namespace
}  // namespace roost::core
