// SPDX-License-Identifier: MIT
#include "backend/launch/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "worker/wire/check.h"

namespace roost::launch {
namespace {

constexpr int kEventsPerRound = 256;   // fetched at once; what is left comes in the next round
constexpr std::uint64_t kWakeKey = ~std::uint64_t{0};

[[noreturn]] void throw_error(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

struct EventLoop::Watch {
  std::uint32_t generation;   // tells an event of this watch from one of an earlier watch of the same number
  Callback callback;
};

EventLoop::EventLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (epoll_ < 0 || wake_ < 0) throw_error("making the event loop");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeKey;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) throw_error("making the event loop");
}

EventLoop::~EventLoop() {
  close(wake_);
  close(epoll_);
}

void EventLoop::add(int fd, std::uint32_t events, Callback callback) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= watches_.size()) watches_.resize(index + 1);
  CHECK(watches_[index] == nullptr);
  epoll_event event{};
  event.events = events;
  event.data.u64 = std::uint64_t{++generation_} << 32 | static_cast<std::uint32_t>(fd);
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) throw_error("watching a descriptor");
  watches_[index] = std::make_unique<Watch>(Watch{generation_, std::move(callback)});
}

void EventLoop::modify(int fd, std::uint32_t events) {
  const auto index = static_cast<std::size_t>(fd);
  CHECK(index < watches_.size() && watches_[index] != nullptr);
  epoll_event event{};
  event.events = events;
  event.data.u64 = std::uint64_t{watches_[index]->generation} << 32 | static_cast<std::uint32_t>(fd);
  if (epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) != 0) throw_error("watching a descriptor");
}

void EventLoop::remove(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  CHECK(index < watches_.size() && watches_[index] != nullptr);
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  removed_.push_back(std::move(watches_[index]));   // its callback may be what runs now
}

int EventLoop::run_once(std::optional<std::chrono::nanoseconds> timeout) {
  std::array<epoll_event, kEventsPerRound> events;
  timespec limit{};
  if (timeout) {
    const auto wait = std::max(*timeout, std::chrono::nanoseconds(0)).count();
    limit = {static_cast<time_t>(wait / 1'000'000'000), static_cast<long>(wait % 1'000'000'000)};
  }
  const int count = epoll_pwait2(epoll_, events.data(), kEventsPerRound, timeout ? &limit : nullptr, nullptr);
  if (count < 0 && errno != EINTR) throw_error("waiting for events");

  int called = 0;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t key = events[static_cast<std::size_t>(i)].data.u64;
    if (key == kWakeKey) {
      std::uint64_t ignored;
      (void)!read(wake_, &ignored, sizeof ignored);
      continue;
    }
    Watch* const watch = watches_[key & 0xffffffff].get();
    if (watch == nullptr || watch->generation != key >> 32) continue;   // removed by an earlier callback
    watch->callback(events[static_cast<std::size_t>(i)].events);
    ++called;
  }
  removed_.clear();
  return called;
}

void EventLoop::wake() {
  const std::uint64_t one = 1;
  (void)!write(wake_, &one, sizeof one);   // fails only if the count is full: then it is awake
}

}  // namespace roost::launch
