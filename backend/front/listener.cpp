// SPDX-License-Identifier: MIT
#include "backend/front/listener.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <vector>

#include "backend/front/fastcgi_records.h"
#include "backend/front/file_lock.h"
#include "backend/launch/descriptor.h"

namespace roost::front {
namespace {

using Clock = TimeLimit::Clock;
using launch::Descriptor;

constexpr int kBacklog = 4096;
// Connections aside at once. More are closed unheard: nginx never leaves one for long.
constexpr std::size_t kAsideMax = 1024;
// Between two looks at how long they have been there.
constexpr std::chrono::milliseconds kSweepPause{1'000};
// Given out between two looks into the kernel's queue.
constexpr int kGivenOutMax = 64;
constexpr int kEventsMax = 64;
// What is looked at of a request: nginx sends parameters of at most 32 KiB, and mostly of less than one.
constexpr std::size_t kPeekedBytes = 16u << 10;
// After an accept that failed because descriptors or memory ran out: until some are given back.
constexpr std::chrono::milliseconds kExhaustedPause{10};
constexpr mode_t kSocketMode = 0660;

[[noreturn]] void fail(const std::string& attempted) {
  throw std::runtime_error("cannot " + attempted + ": " + std::strerror(errno));
}

Descriptor listening_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw std::runtime_error("cannot listen on `" + path + "`: its name has " + std::to_string(path.size()) +
                             " bytes, and a socket's may have " + std::to_string(sizeof address.sun_path - 1));
  std::memcpy(address.sun_path, path.data(), path.size());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) fail("make a socket");
  unlink(path.c_str());   // left behind by one that was killed; the lock says that it does not run
  // The mode is set before bind() gives the socket its name, so that nobody else gets in between.
  if (fchmod(socket.get(), kSocketMode) != 0) fail("set the mode of a socket");
  const mode_t mask = umask(0777 & ~kSocketMode);
  const int bound = bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  umask(mask);
  if (bound != 0 || listen(socket.get(), kBacklog) != 0) fail("listen on `" + path + "`");
  return socket;
}

}  // namespace

void TimeLimit::sweep(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (connection_ < 0 || now <= until_) return;
  shutdown(connection_, SHUT_RDWR);
  connection_ = -1;
}

class Listener::Impl {
 public:
  Impl(const std::string& path, int sockets)
      : lock_(path + ".lock", "the socket `" + path + "`"), stop_(eventfd(0, EFD_CLOEXEC)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (!stop_ || !epoll_) fail("watch `" + path + "`");
    watch(stop_.get(), EPOLLIN);
    // The first is made last: who waits for it finds the others.
    for (int n = sockets; n >= 1; --n) {
      paths_.push_back(socket_path(path, n));
      sockets_.push_back(listening_socket(paths_.back()));
      watch(sockets_.back().get(), EPOLLIN);
    }
  }

  ~Impl() {
    for (const std::string& path : paths_) unlink(path.c_str());
    for (const int connection : taken_) close(connection);
    for (const auto& [connection, since] : aside_) close(connection);
  }

  Turn turn() { return Turn(turn_, std::defer_lock); }

  int next(Turn& turn) {
    if (!turn.owns_lock()) turn.lock();
    for (;;) {
      if (taken_.empty() || given_out_ >= kGivenOutMax) gather();
      if (taken_.empty()) {
        if (!stopped_) continue;
        turn.unlock();
        return -1;
      }
      const int connection = taken_.front();
      taken_.pop_front();
      const Look look = look_at(connection);
      if (look == Look::Part) put_aside(connection);
      if (look == Look::Gone) close(connection);
      if (look == Look::Part || look == Look::Gone) continue;
      ++given_out_;
      if (look == Look::Long) turn.unlock();
      return connection;
    }
  }

  void stop() {
    stopped_ = true;
    const std::uint64_t one = 1;
    if (write(stop_.get(), &one, sizeof one) != sizeof one) fail("wake a thread");
    for (const Descriptor& socket : sockets_) shutdown(socket.get(), SHUT_RDWR);   // every accept returns
  }

 private:
  enum class Look {
    Ready,   // it can be read to its end, or to an error, without waiting
    Long,    // it may have to be waited for, with a thread
    Part,    // it is to be waited for, without one
    Gone,    // there will never be a whole request
  };

  void watch(int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("watch a socket");
  }

  // Waits if nothing has been taken yet.
  void gather() {
    given_out_ = 0;
    std::array<epoll_event, kEventsMax> events;
    const auto wait = !taken_.empty() || stopped_ ? 0 : aside_.empty() ? -1 : static_cast<int>(kSweepPause.count());
    const int count = epoll_wait(epoll_.get(), events.data(), kEventsMax, wait);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (aside_.contains(fd)) look_again(fd);
      else if (fd != stop_.get()) accept_all(fd);
    }
    close_expired();
  }

  // Takes all that wait in the kernel, where no more than kBacklog can: nginx is refused beyond that, and tells its client.
  void accept_all(int socket) {
    while (!stopped_) {
      const int connection = accept4(socket, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection >= 0) {
        taken_.push_back(connection);
      } else if (errno == EAGAIN) {
        return;
      } else if (errno != EINTR && errno != ECONNABORTED) {
        return std::this_thread::sleep_for(kExhaustedPause);
      }
    }
  }

  static Look look_at(int connection) {
    std::array<char, kPeekedBytes> bytes;
    const ssize_t count = recv(connection, bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) return Look::Gone;
    const Extent extent = extent_of({bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))});
    if (extent == Extent::Whole) return Look::Ready;
    if (extent == Extent::Foreign) return Look::Gone;
    if (count == kPeekedBytes) return Look::Long;
    pollfd end{connection, POLLRDHUP, 0};
    return poll(&end, 1, 0) > 0 ? Look::Gone : Look::Part;
  }

  void put_aside(int connection) {
    if (aside_.size() >= kAsideMax) {
      close(connection);
      return;
    }
    aside_.emplace(connection, Clock::now());
    watch(connection, EPOLLIN | EPOLLRDHUP | EPOLLET);   // what it has sent already is told too, and looked at again
  }

  void look_again(int connection) {
    if (look_at(connection) == Look::Part) return;
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection, nullptr);
    aside_.erase(connection);
    taken_.push_back(connection);
  }

  void close_expired() {
    if (aside_.empty()) return;
    const auto now = Clock::now();
    std::erase_if(aside_, [now](const auto& one) {
      const bool expired = now - one.second > kPartMax;
      if (expired) close(one.first);   // which also takes it out of the epoll
      return expired;
    });
  }

  const FileLock lock_;
  const Descriptor stop_;      // readable: it is time to stop
  const Descriptor epoll_;     // of this, of the sockets, and of those aside
  std::vector<std::string> paths_;
  std::vector<Descriptor> sockets_;
  std::atomic<bool> stopped_{false};

  std::mutex turn_;            // of what follows
  std::deque<int> taken_;      // from the kernel, in this order
  std::unordered_map<int, Clock::time_point> aside_;   // since when
  int given_out_ = 0;          // since the last gather()
};

std::string socket_path(const std::string& path, int n) { return n == 1 ? path : path + "." + std::to_string(n); }

Listener::Listener(const std::string& path, int sockets) : impl_(std::make_unique<Impl>(path, sockets)) {}
Listener::~Listener() = default;
Listener::Turn Listener::turn() { return impl_->turn(); }
int Listener::next(Turn& turn) { return impl_->next(turn); }
void Listener::stop() { impl_->stop(); }

}  // namespace roost::front
