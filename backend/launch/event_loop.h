// SPDX-License-Identifier: MIT
#pragma once

// One epoll, one thread: the loop that roostd's core thread runs. Descriptors are watched, not owned: who adds one
// removes it before closing it. Within one run_once() a callback may add, modify and remove any descriptor, its own
// included; an event that was already fetched for a removed descriptor is dropped, even if the number is in use again.
//
// Thread: one, but for wake(), which any thread may call.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace roost::launch {

class EventLoop {
 public:
  using Callback = std::function<void(std::uint32_t events)>;   // events: EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR

  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Level-triggered. Requires: fd is open and not watched yet.
  void add(int fd, std::uint32_t events, Callback callback);
  // Requires: fd is watched. events 0: only EPOLLHUP and EPOLLERR are told.
  void modify(int fd, std::uint32_t events);
  // Requires: fd is watched and still open.
  void remove(int fd);

  // Waits for events, at most `timeout` (nullopt: without limit; 0: does not wait), and calls back for what is there.
  // Returns the number of callbacks called. A wake() makes it return.
  int run_once(std::optional<std::chrono::nanoseconds> timeout);

  // Makes the current run_once(), or else the next, return at once. Thread: any.
  void wake();

 private:
  struct Watch;
  std::vector<std::unique_ptr<Watch>> watches_;   // by descriptor
  std::vector<std::unique_ptr<Watch>> removed_;   // kept until the callbacks of this round are done
  std::uint32_t generation_ = 0;
  int epoll_ = -1;
  int wake_ = -1;
};

}  // namespace roost::launch
