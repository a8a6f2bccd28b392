// SPDX-License-Identifier: MIT
#pragma once

// One alarm in an event loop, on the monotonic clock. Setting it again replaces what was set. Thread: the loop's.

#include <functional>

#include "backend/launch/descriptor.h"
#include "backend/launch/event_loop.h"

namespace roost::launch {

class Timer {
 public:
  // Throws std::system_error. Requires: loop outlives it.
  Timer(EventLoop& loop, std::function<void()> callback);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Calls back once, after `pause`; at once, but from within the loop, if it is not positive.
  void set(std::chrono::nanoseconds pause);

 private:
  EventLoop& loop_;
  Descriptor fd_;
};

}  // namespace roost::launch
