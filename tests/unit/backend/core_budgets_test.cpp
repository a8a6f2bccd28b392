// SPDX-License-Identifier: MIT
#include "backend/core/wait_queue.h"
#include "tests/unit/backend/core_fixture.h"

namespace roost::core {
namespace {

class CoreBudgets : public CoreTest {
 protected:
  void have_family(Budget budget) {   // 1 is the parent of 2, 3 and 4
    NodeRecord parent = record(1);
    parent.budget = budget;
    have(parent);
    for (std::uint8_t number : {2, 3, 4}) have(child(number, 1));
  }
};

TEST_F(CoreBudgets, ABudgetOfAwakeNodesIsKeptForTheWholeSubtree) {
  have_family({.nodes = {}, .awake = 2, .memory_bytes = {}});
  request(2);
  request(3);
  const auto refused = request(4);
  EXPECT_EQ(launches.size(), 2u);
  ASSERT_EQ(kind_of(refused), "budget-exhausted");
  EXPECT_EQ(problem_of(refused)->limit, "2");
  EXPECT_NE(problem_of(refused)->detail.find(fingerprint_of(key(1))), std::string::npos);
}

TEST_F(CoreBudgets, ABudgetOfMemoryIsKept) {
  have_family({.nodes = {}, .awake = {}, .memory_bytes = settings.worker_memory_bytes});
  request(2);
  const auto refused = request(3);
  ASSERT_EQ(kind_of(refused), "budget-exhausted");
  EXPECT_EQ(problem_of(refused)->setting, "budget.memory_bytes");
}

TEST_F(CoreBudgets, AnIdleNodeMakesRoomForAnother) {
  have_family({.nodes = {}, .awake = 1, .memory_bytes = {}});
  const auto idle_one = awake(2);
  const auto id = request(3);
  EXPECT_EQ(sent_to<wire::Stop>(idle_one), 1u);
  EXPECT_EQ(launches.size(), 1u) << "the place is free only when its process was reaped";
  stops(idle_one);
  ASSERT_EQ(launches.size(), 2u);
  ready(2);
  answers(2, id);
  EXPECT_EQ(value_of(id), "2");
}

TEST_F(CoreBudgets, TheLeastRecentlyUsedMakesRoomFirst) {
  settings.awake_max = 2;
  have(record(1));
  have(record(2));
  have(record(3));
  const auto older = awake(1);
  passes(1s);
  const auto newer = awake(2);
  request(3);
  EXPECT_EQ(sent_to<wire::Stop>(older), 1u);
  EXPECT_EQ(sent_to<wire::Stop>(newer), 0u);
}

TEST_F(CoreBudgets, OneThatCountsAgainstAnotherBudgetKeepsItsPlace) {
  have_family({.nodes = {}, .awake = 1, .memory_bytes = {}});
  have(record(9));
  const auto stranger = awake(9);
  request(2);
  EXPECT_EQ(kind_of(request(3)), "budget-exhausted");
  EXPECT_EQ(sent_to<wire::Stop>(stranger), 0u);
}

TEST_F(CoreBudgets, TheContainersOwnLimitIsSaidToBeTheContainers) {
  settings.awake_max = 1;
  have(record(1));
  have(record(2));
  request(1);
  const auto refused = request(2);
  ASSERT_EQ(kind_of(refused), "container-full");
  const std::string& detail = problem_of(refused)->detail;
  EXPECT_EQ(detail.find("(1 of 1,"), detail.rfind("(1 of 1,")) << "said twice: " << detail;
  EXPECT_EQ(problem_of(refused)->setting, "awake_max");
}

TEST_F(CoreBudgets, ReservationsNeverExceedABudget) {
  have_family({.nodes = 5, .awake = {}, .memory_bytes = {}});
  request(1);
  ready(1);
  says(1, wire::Reserve{10});
  ASSERT_EQ(sent_to<wire::Reserved>(1), 1u);
  EXPECT_EQ(std::get<wire::Reserved>(sent.back().frame).granted, 2u);
  says(1, wire::Reserve{1});
  EXPECT_EQ(std::get<wire::Reserved>(sent.back().frame).granted, 0u);
  EXPECT_NE(std::get<wire::Reserved>(sent.back().frame).reason.find("budget.nodes"), std::string::npos);
}

TEST_F(CoreBudgets, WhatIsAskedForAheadLeavesMostToOthers) {
  have_family({.nodes = 43, .awake = {}, .memory_bytes = {}});   // 3 of them are there
  request(2);
  ready(1);
  request(3);
  ready(2);
  const auto granted = [this](std::uint64_t worker, std::uint64_t count) {
    says(worker, wire::Reserve{count});
    return std::get<wire::Reserved>(sent.back().frame).granted;
  };
  EXPECT_EQ(granted(1, 15), 15u);
  EXPECT_EQ(granted(1, 16), 6u);    // 25 are left, and it needs none yet
  EXPECT_EQ(granted(2, 19), 19u);
  EXPECT_EQ(granted(1, 16), 0u);
  EXPECT_FALSE(is_killed(1));
}

TEST_F(CoreBudgets, LeaveThatWasNotUsedIsGivenBackWhenTheNodeRests) {
  have_family({.nodes = 5, .awake = {}, .memory_bytes = {}});
  const auto id = request(1);
  ready(1);
  says(1, wire::Reserve{2});
  answers(1, id);
  EXPECT_EQ(board.at(0).nodes_used, 5u);
  idle(1, 1);
  EXPECT_EQ(board.at(0).nodes_used, 3u);
}

TEST_F(CoreBudgets, LeaveThatWasNotUsedIsGivenBackWhenTheProcessDies) {
  have_family({.nodes = 5, .awake = {}, .memory_bytes = {}});
  request(1);
  ready(1);
  says(1, wire::Reserve{2});
  dies(1);
  EXPECT_EQ(board.at(0).nodes_used, 3u);
}

TEST_F(CoreBudgets, ATableOfNodesMaxTakesNoMore) {
  settings.nodes_max = 1;
  have(record(1));
  EXPECT_FALSE(container().load(record(2)));
  container().create(now, RequestId{900}, record(2));
  EXPECT_EQ(kind_of(900), "container-full");
}

TEST(WaitQueues, LinesOfDifferentBudgetsAreServedInTurn) {
  WaitQueue queue;
  const int noisy = 0, quiet = 0;
  std::map<std::uint32_t, std::pair<const void*, WaitQueue::Place>> places;
  for (std::uint32_t node : {1, 2, 3}) places[node] = {&noisy, queue.push(&noisy, node)};
  places[9] = {&quiet, queue.push(&quiet, 9)};
  std::vector<std::uint32_t> served;
  while (!queue.empty()) {
    served.push_back(queue.front());
    const auto& [budget, place] = places.at(served.back());
    queue.remove(budget, place);
  }
  EXPECT_EQ(served, (std::vector<std::uint32_t>{1, 9, 2, 3}));
}

TEST_F(CoreBudgets, AFloodBelowOneBudgetDelaysAnotherByOneTurn) {
  settings.awake_max = 3;
  have_family({});
  have(record(9));
  std::vector<std::uint64_t> idle_ones;
  for (std::uint8_t number : {21, 22, 23}) {
    have(record(number));
    idle_ones.push_back(awake(number));
  }
  request(2);
  request(3);
  request(9);   // came last, of another budget
  stops(idle_ones[0]);
  stops(idle_ones[1]);
  ASSERT_EQ(launches.size(), 5u);
  EXPECT_EQ(launches[3].node, key(2));
  EXPECT_EQ(launches[4].node, key(9));
}

}  // namespace
}  // namespace roost::core
