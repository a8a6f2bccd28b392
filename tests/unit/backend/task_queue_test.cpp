// SPDX-License-Identifier: MIT
#include "backend/front/task_queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace roost::front {
namespace {

TEST(TaskQueue, TasksRunInTheOrderTheyWerePosted) {
  launch::EventLoop loop;
  TaskQueue queue(loop);
  std::vector<int> done;
  for (int i = 0; i < 3; ++i) queue.post([&done, i] { done.push_back(i); });
  queue.run_all();
  EXPECT_EQ(done, (std::vector<int>{0, 1, 2}));
}

TEST(TaskQueue, ATaskPostedByATaskRunsInTheNextRound) {
  launch::EventLoop loop;
  TaskQueue queue(loop);
  int runs = 0;
  queue.post([&] {
    ++runs;
    queue.post([&runs] { ++runs; });
  });
  queue.run_all();
  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(queue.may_sleep());
  queue.run_all();
  EXPECT_EQ(runs, 2);
  EXPECT_TRUE(queue.may_sleep());
}

// Every task is run although the loop sleeps without a limit: a wake that got lost would hang this test.
TEST(TaskQueue, ASleepingLoopIsWokenForEveryTask) {
  launch::EventLoop loop;
  TaskQueue queue(loop);
  constexpr int kTasks = 20'000;
  int runs = 0;
  std::thread poster([&] {
    for (int i = 0; i < kTasks; ++i) queue.post([&runs] { ++runs; });
  });
  while (runs < kTasks) {
    if (queue.may_sleep()) loop.run_once(std::nullopt);
    queue.run_all();
  }
  poster.join();
  EXPECT_EQ(runs, kTasks);
}

}  // namespace
}  // namespace roost::front
