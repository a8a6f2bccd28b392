// SPDX-License-Identifier: MIT
#include "backend/launch/timer.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "worker/wire/check.h"

namespace roost::launch {

Timer::Timer(EventLoop& loop, std::function<void()> callback)
    : loop_(loop), fd_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), "timerfd_create");
  loop_.add(fd_.get(), EPOLLIN, [this, callback = std::move(callback)](std::uint32_t) {
    std::uint64_t expirations;
    (void)!read(fd_.get(), &expirations, sizeof expirations);   // not ready any more
    callback();
  });
}

Timer::~Timer() { loop_.remove(fd_.get()); }

void Timer::set(std::chrono::nanoseconds pause) {
  const auto wait = std::max<std::int64_t>(pause.count(), 1);   // 0 would disarm it
  const itimerspec when{{0, 0}, {static_cast<time_t>(wait / 1'000'000'000), static_cast<long>(wait % 1'000'000'000)}};
  CHECK(timerfd_settime(fd_.get(), 0, &when, nullptr) == 0);
}

}  // namespace roost::launch
