// SPDX-License-Identifier: MIT
#pragma once

// What other threads want the core's thread to do, in the order in which they said so. The core's thread is woken only
// when it may be asleep: while it works it looks here by itself, and a system call for each request would cost more than the rest.
// Thread: post() by any; the others by the core's.

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "backend/launch/event_loop.h"

namespace roost::front {

class TaskQueue {
 public:
  using Task = std::function<void()>;
  // Requires: loop outlives it.
  explicit TaskQueue(launch::EventLoop& loop) : loop_(loop) {}

  void post(Task task) {
    bool asleep = false;
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
      asleep = std::exchange(asleep_, false);
    }
    if (asleep) loop_.wake();
  }

  // Before the loop waits. False: there is something to do, and it should not wait.
  [[nodiscard]] bool may_sleep() {
    const std::lock_guard lock(mutex_);
    asleep_ = tasks_.empty();
    return asleep_;
  }

  void run_all() {
    {
      const std::lock_guard lock(mutex_);
      asleep_ = false;
      running_.swap(tasks_);
    }
    for (Task& task : running_) task();
    running_.clear();
  }

 private:
  launch::EventLoop& loop_;
  std::mutex mutex_;
  bool asleep_ = false;
  std::vector<Task> tasks_;
  std::vector<Task> running_;   // the core's thread alone: keeps its memory from round to round
};

}  // namespace roost::front
