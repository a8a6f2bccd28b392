// SPDX-License-Identifier: MIT
#include "backend/launch/event_loop.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <thread>

namespace roost::launch {
namespace {

using namespace std::chrono_literals;

TEST(EventLoop, CallsBackForWhatIsReady) {
  EventLoop loop;
  const int fd = eventfd(1, EFD_CLOEXEC);
  int called = 0;
  loop.add(fd, EPOLLIN, [&](std::uint32_t events) { called += (events & EPOLLIN) != 0; });
  EXPECT_EQ(loop.run_once(0ns), 1);
  EXPECT_EQ(called, 1);
  loop.modify(fd, 0);
  EXPECT_EQ(loop.run_once(0ns), 0);
  loop.remove(fd);
  close(fd);
}

TEST(EventLoop, DropsEventsOfAWatchThatWasRemovedInTheSameRound) {
  EventLoop loop;
  int fds[2] = {eventfd(1, EFD_CLOEXEC), eventfd(1, EFD_CLOEXEC)};
  int called = 0;
  for (int i = 0; i < 2; ++i) {
    loop.add(fds[i], EPOLLIN, [&, i](std::uint32_t) {
      ++called;
      const int other = fds[1 - i];
      loop.remove(other);   // and the number is used again at once
      loop.add(other, EPOLLIN, [&](std::uint32_t) { ADD_FAILURE() << "told of an event before its watch"; });
      loop.modify(other, 0);
    });
  }
  loop.run_once(0ns);
  EXPECT_EQ(called, 1);
  for (const int fd : fds) {
    loop.remove(fd);
    close(fd);
  }
}

TEST(EventLoop, ACallbackMayRemoveItself) {
  EventLoop loop;
  const int fd = eventfd(1, EFD_CLOEXEC);
  std::string after(100, 'a');   // lives in the callback: must survive its own removal
  std::size_t seen = 0;
  loop.add(fd, EPOLLIN, [&loop, fd, after, &seen](std::uint32_t) {
    loop.remove(fd);
    seen = after.size();
  });
  loop.run_once(0ns);
  EXPECT_EQ(seen, 100u);
  EXPECT_EQ(loop.run_once(0ns), 0);
  close(fd);
}

TEST(EventLoop, WakeEndsAWaitFromAnotherThread) {
  EventLoop loop;
  std::thread other([&] { loop.wake(); });
  const auto before = std::chrono::steady_clock::now();
  loop.run_once(10s);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
  other.join();
}

TEST(EventLoop, WaitsNoLongerThanItsTimeout) {
  EventLoop loop;
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(loop.run_once(2ms), 0);
  EXPECT_GE(std::chrono::steady_clock::now() - before, 2ms);
}

}  // namespace
}  // namespace roost::launch
