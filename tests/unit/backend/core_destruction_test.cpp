// SPDX-License-Identifier: MIT
#include "tests/unit/backend/core_fixture.h"

namespace roost::core {
namespace {

class CoreDestruction : public CoreTest {
 protected:
  void SetUp() override {   // 1 > 2 > 3
    have(record(1));
    have(child(2, 1));
    have(child(3, 2));
  }
};

TEST_F(CoreDestruction, ADestroyedNodeTakesNoMessageFromThatMoment) {
  destroy(1);
  EXPECT_EQ(kind_of(request(1)), "destroyed-node");
  EXPECT_TRUE(launches.empty());
}

TEST_F(CoreDestruction, AllBelowGoWithIt) {
  destroy(1);
  EXPECT_EQ(kind_of(request(3)), "destroyed-node");
  EXPECT_EQ(std::get<NodeDestruction>(batches.at(0).entries.at(0)).nodes.size(), 3u);
}

TEST_F(CoreDestruction, ItIsAnsweredWhenItIsDurable) {
  const auto order = destroy(1);
  EXPECT_FALSE(is_answered(order));
  commits();
  EXPECT_TRUE(is_done(order));
  EXPECT_EQ(container().counts().nodes, 0u);
  EXPECT_TRUE(board.empty());
}

TEST_F(CoreDestruction, AfterwardsTheAddressSaysSo) {
  destroy(1);
  commits();
  EXPECT_EQ(kind_of(request(2)), "destroyed-node");
}

TEST_F(CoreDestruction, RunningProcessesAreKilledAndTheirCallersTold) {
  const auto id = request(3);
  ready(1);
  destroy(1);
  EXPECT_TRUE(is_killed(1));
  EXPECT_EQ(kind_of(id), "destroyed-node");
}

TEST_F(CoreDestruction, ThePlaceIsFreeOnceTheProcessIsReaped) {
  request(3);
  ready(1);
  destroy(1);
  commits();
  EXPECT_EQ(container().counts().nodes, 3u) << "a process of the subtree is still there";
  dies(1);
  EXPECT_EQ(container().counts().nodes, 0u);
}

TEST_F(CoreDestruction, IfItCannotBeStoredTheNodesLive) {
  const auto order = destroy(1);
  commits(false);
  EXPECT_EQ(kind_of(order), "storage-failed");
  EXPECT_EQ(state_of(1), NodeState::Asleep);
  const auto id = request(3);
  ready(1);
  answers(1, id);
  EXPECT_EQ(value_of(id), "2");
}

TEST_F(CoreDestruction, HeldOutputIsDropped) {
  const auto id = request(1);
  ready(1);
  writes(1);
  answers(1, id);
  destroy(1);
  EXPECT_EQ(kind_of(id), "destroyed-node");
}

TEST_F(CoreDestruction, AChildsOwnDestructionMayBeUnderWay) {
  const auto inner = destroy(2);
  const auto outer = destroy(1);
  commits();
  EXPECT_TRUE(is_done(inner));
  commits();
  EXPECT_TRUE(is_done(outer));
  EXPECT_EQ(container().counts().nodes, 0u);
}

TEST_F(CoreDestruction, TheOuterFailingDoesNotReviveWhatTheInnerDestroyed) {
  destroy(2);
  destroy(1);
  commits();
  commits(false);
  EXPECT_EQ(state_of(1), NodeState::Asleep);
  EXPECT_EQ(kind_of(request(3)), "destroyed-node");
  EXPECT_EQ(container().counts().nodes, 1u);
}

TEST_F(CoreDestruction, TheInnerFailingDoesNotReviveWhatTheOuterDestroys) {
  destroy(2);
  destroy(1);
  commits(false);
  EXPECT_EQ(kind_of(request(3)), "destroyed-node");
  commits();
  EXPECT_EQ(container().counts().nodes, 0u);
}

TEST_F(CoreDestruction, AChildWhoseCreationFailsMeanwhileIsGoneWithItsPlace) {
  request(1);
  ready(1);
  says(1, wire::Reserve{1});
  spawns(1, 50);
  destroy(1);
  commits(false);
  dies(1);
  commits();
  EXPECT_EQ(container().counts().nodes, 0u);
  EXPECT_EQ(kind_of(request(50)), "destroyed-node");
}

TEST_F(CoreDestruction, ItGivesBackTheBudget) {
  NodeRecord rich = record(10);
  rich.budget.nodes = 1;
  have(rich);
  have(child(11, 10));
  destroy(11);
  commits();
  request(10);
  ready(1);
  says(1, wire::Reserve{5});
  EXPECT_EQ(std::get<wire::Reserved>(sent.back().frame).granted, 1u);
}

}  // namespace
}  // namespace roost::core
